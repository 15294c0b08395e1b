"""A raw record as the broker keeps it, and its content as JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from pydantic import JsonValue

from fidelio_ingest.domain.bounds import MAX_BYTES, check_bounds
from fidelio_shared.messaging.errors import Rejected

_STRUCTURED = "application/cloudevents+json"
_OWN = ("application/json", "application/vnd.fidelio.interaction+json", "")
_ENVELOPE = {"id": "id", "source": "source", "type": "type", "time": "occurred_at"}
_REQUIRED = ("id", "source", "type")
_MANY_DIGITS = re.compile(rb"[0-9]{19}")
_BEYOND_THE_PARSER = ("depth limit exceeded", "number is infinity")
"""JSON, but not to be represented: orjson tells it by words alone."""

Content = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class RawRecord:
    """`headers` lower-case; None where the bytes are not UTF-8. `appended_at`: by the broker's clock.

    `first_appended_at` is earlier where the record was a dead letter and is replayed.
    """

    channel: str
    headers: Mapping[str, str | None]
    body: bytes | None
    appended_at: datetime
    first_appended_at: datetime


def read_content(raw: RawRecord) -> Content:
    """CloudEvents 1.0 in both modes and Fidelio's own JSON, as one flat mapping.

    The content type decides, as the specification says: a structured event may carry `ce_` headers, too.
    """
    if raw.body is None:
        raise Rejected("tombstone", "the record has no value; send the interaction as its value")
    if len(raw.body) > MAX_BYTES:
        raise Rejected("too_large", f"the record has more than {MAX_BYTES} bytes; send large attachments elsewhere")
    content_type = _header(raw, "content-type").split(";")[0].strip().lower()
    if content_type.startswith("application/cloudevents"):
        if content_type != _STRUCTURED:
            raise Rejected("unknown_content_type", f"only {_STRUCTURED} is read; send one event a record")
        return _from_structured(_parse(raw.body))
    if "ce_specversion" in raw.headers:
        return _from_binary(raw, content_type)
    if content_type not in _OWN:
        raise Rejected("unknown_content_type", "the content type is not JSON; send application/json or a CloudEvent")
    return _parse(raw.body)


def _from_structured(event: Content) -> Content:
    if event.get("specversion") != "1.0":
        raise Rejected("schema", "specversion is not 1.0; send a CloudEvent of version 1.0")
    if "data_base64" in event:
        raise Rejected("schema", "data_base64 is not read; send JSON in data")
    return _joined({name: event.get(attribute) for attribute, name in _ENVELOPE.items()}, event.get("data"))


def _from_binary(raw: RawRecord, content_type: str) -> Content:
    if _header(raw, "ce_specversion") != "1.0":
        raise Rejected("schema", "ce_specversion is not 1.0; send a CloudEvent of version 1.0")
    if content_type not in _OWN:
        raise Rejected("unknown_content_type", "the event's data is not JSON; send it as application/json")
    attributes: dict[str, JsonValue] = {
        name: _header(raw, f"ce_{attribute}") or None for attribute, name in _ENVELOPE.items()
    }
    check_bounds(attributes)
    return _joined(attributes, dict(_parse(raw.body or b"")))


def _joined(attributes: Content, data: JsonValue) -> Content:
    """The event's attributes win; what its data says under the same names is kept among the remaining data."""
    if not isinstance(data, dict):
        raise Rejected("schema", "the event's data is not a JSON object; send one with identifiers")
    said = {name: value for name, value in attributes.items() if value is not None}
    if not said.keys() >= set(_REQUIRED):
        raise Rejected("schema", "the event lacks one of " + ", ".join(_REQUIRED) + "; a CloudEvent has them all")
    other = {name: data[name] for name in said.keys() & data.keys() if data[name] != said[name]}
    remaining = data.get("data", {})
    if other and isinstance(remaining, dict):
        said["data"] = {**other, **remaining}
    return {**data, **said}


def _header(raw: RawRecord, name: str) -> str:
    value = raw.headers.get(name, "")
    if value is None:
        raise Rejected("bad_header", f"header {name} is not UTF-8; send it as text")
    return value


def _parse(body: bytes) -> Content:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _unreadable(error) from error
    if not isinstance(parsed, dict):
        raise Rejected("schema", "the value is not a JSON object; send one interaction a record")
    check_bounds(parsed)
    if _MANY_DIGITS.search(body):
        check_bounds(json.loads(body))
    return parsed


def _unreadable(error: orjson.JSONDecodeError) -> Rejected:
    place = f"line {error.lineno}, column {error.colno}"
    if any(words in error.msg for words in _BEYOND_THE_PARSER):
        return Rejected("beyond_limits", f"nested too deep or a number too large at {place}; send less of it")
    return Rejected("not_json", f"not JSON at {place}; send UTF-8 JSON")
