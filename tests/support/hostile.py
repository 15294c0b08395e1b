"""Records that nobody should send, and the one reason for which each of them must be refused.

Every one holds CANARY where a person's data would be: no text that Fidelio writes about a record may repeat it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from support.hostile_bodies import beyond_limits, no_object, not_json
from support.hostile_fields import nobody, wrong_clocks, wrong_fields, wrong_values
from support.submissions import CANARY, a_telling_submission, an_identifier, as_json

CLOUDEVENT = "application/cloudevents+json"
LARGEST_BY_DEFAULT = 1_048_376
"""What a topic takes with Kafka's own max.message.bytes, as one record without key and headers."""

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Hostile:
    name: str
    reason: str
    value: bytes | None
    headers: Headers = ()
    channel: str = "store"


def hostile_records() -> tuple[Hostile, ...]:
    return (
        *_bodies("not_json", not_json()),
        *_bodies("beyond_limits", beyond_limits()),
        *_bodies("schema", no_object()),
        *_submissions("schema", wrong_fields()),
        *_submissions("schema", wrong_values()),
        *_submissions("time_out_of_range", wrong_clocks()),
        *_submissions("unidentifiable", nobody()),
        *_envelopes(),
        *_content_types(),
        *_not_permitted(),
        Hostile("a tombstone", "tombstone", None),
        Hostile("a record of one byte too many", "too_large", _of_size(256 * 1024 + 1)),
        Hostile("the largest record that a broker takes by default", "too_large", _of_size(LARGEST_BY_DEFAULT)),
    )


def _bodies(reason: str, bodies: dict[str, bytes]) -> Iterator[Hostile]:
    for name, body in bodies.items():
        yield Hostile(name, reason, body)


def _submissions(reason: str, changes: dict[str, dict[str, object]]) -> Iterator[Hostile]:
    for name, named in changes.items():
        yield Hostile(name, reason, as_json(a_telling_submission(**named)))


def _binary(**attributes: bytes | None) -> Headers:
    plain: dict[str, bytes | None] = {"specversion": b"1.0", "id": b"e1", "source": b"shop", "type": b"order.placed"}
    told = {**plain, **attributes}
    return tuple((f"ce_{name}", value) for name, value in told.items() if value != b"left out")


def _envelopes() -> Iterator[Hostile]:
    data = {"identifiers": [an_identifier("email", CANARY)], "id": "order-7", "source": "x", "type": "order.placed"}
    structured = {"specversion": "1.0", "id": "e1", "source": "shop", "type": "order.placed", "data": data}
    broken = {
        "a structured event without specversion": {"specversion": ...},
        "a structured event of version 0.3": {"specversion": "0.3"},
        "a structured event of version 1.0, a number": {"specversion": 1.0},
        "a structured event in Base64": {"data_base64": "e30="},
        "a structured event without data": {"data": ...},
        "a structured event whose data is a list": {"data": [CANARY]},
        "a structured event whose data is a text": {"data": as_json(data).decode()},
        "a structured event without id": {"id": ...},
        "a structured event with an empty id": {"id": ""},
        "a structured event without type": {"type": ...},
        "a structured event whose id is a number": {"id": 5},
    }
    for name, change in broken.items():
        event = {key: value for key, value in {**structured, **change}.items() if value is not ...}
        yield Hostile(name, "schema", as_json(event), (("content-type", CLOUDEVENT.encode()),))
    yield Hostile("a structured event that is a list", "schema", b"[]", (("content-type", CLOUDEVENT.encode()),))
    body, canary = as_json(data), CANARY.encode()
    for name, headers in {
        "a binary event without id": _binary(id=b"left out"),
        "a binary event whose id is null": _binary(id=None),
        "a binary event with an empty id": _binary(id=b""),
        "a binary event without source": _binary(source=b"left out"),
        "a binary event without type": _binary(type=b"left out"),
        "a binary event of version 0.3": _binary(specversion=b"0.3"),
        "a binary event whose version is null": _binary(specversion=None),
        "a binary event whose time is words": _binary(time=canary),
    }.items():
        yield Hostile(name, "schema", body, headers)
    for name, headers in {
        "a binary event whose id is not UTF-8": _binary(id=canary + b"\xff"),
        "a binary event whose source is not UTF-8": _binary(source=canary + b"\xc3"),
        "a binary event whose version is not UTF-8": _binary(specversion=b"\xfe1.0"),
        "a content type that is not UTF-8": (("content-type", canary + b"\xff"),),
        "a replay's time that is words": (("fidelio-first-appended", canary),),
        "a replay's time of 5,000 digits": (("fidelio-first-appended", b"9" * 5000),),
    }.items():
        yield Hostile(name, "bad_header", body, headers)
    yield Hostile("a binary event with NUL in its id", "beyond_limits", body, _binary(id=canary + b"\x00"))
    yield Hostile("a binary event whose data is a list", "schema", as_json([data]), _binary())
    yield Hostile("a binary event with no bytes of data", "not_json", b"", _binary())
    yield Hostile("a binary event without data", "tombstone", None, _binary())


def _content_types() -> Iterator[Hostile]:
    body = as_json(a_telling_submission())
    for content_type in (
        "text/plain",
        "application/xml",
        "avro/binary",
        "application/x-protobuf",
        "application/cloudevents",
        "application/cloudevents-batch+json",
        "application/cloudevents+avro",
        "json",
    ):
        yield Hostile(f"content type {content_type}", "unknown_content_type", body, _typed(content_type))
    typed = (*_binary(), *_typed("text/xml"))
    yield Hostile("a binary event of XML", "unknown_content_type", body, typed)


def _typed(content_type: str) -> Headers:
    return (("content-type", content_type.encode()),)


def _not_permitted() -> Iterator[Hostile]:
    for channel, interaction_type in (
        ("store", "erasure.requested"),
        ("web", "erasure.requested"),
        ("billing", "consent.changed"),
        ("store", "ticket.opened"),
        ("survey", "order.placed"),
        ("store", "orders.placed"),
        ("store", "fidelio.internal"),
    ):
        body = as_json(a_telling_submission(type=interaction_type))
        yield Hostile(f"{interaction_type} from {channel}", "not_permitted", body, channel=channel)


def _of_size(count: int) -> bytes:
    plain = len(as_json(a_telling_submission(account_id="")))
    return as_json(a_telling_submission(account_id="x" * (count - plain)))
