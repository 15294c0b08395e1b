"""A record that can never work, kept as it came, with where it was and why, and read back from there."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from fidelio_shared.contracts.canonical import LAST_MILLISECOND, Instant, from_milliseconds
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.operations import ORIGINAL_HEADER, DeadLetterHeaders
from fidelio_shared.contracts.topics import DEAD_LETTERS
from fidelio_shared.messaging.batch import Refusal
from fidelio_shared.messaging.records import Headers, Incoming, Outgoing

DEAD_LETTER_TYPE = "fidelio.dead-letter"
_LARGEST_VALUE_BYTES = 3 * 1024 * 1024
_KEPT_BYTES = 64 * 1024
_KEPT_HEADERS = 64
_KEPT_NAME_CHARACTERS = 128
_KEPT_HEADER_BYTES = 8 * 1024
_KEPT_ERROR_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`at`: when it was written. `headers` are the original record's, `value` its bytes, None for a tombstone."""

    at: Instant
    about: DeadLetterHeaders
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def position(self) -> str:
        return f"{self.about.topic}/{self.about.partition}/{self.about.offset}"

    @property
    def is_cut(self) -> bool:
        about = self.about
        return (about.cut_from_bytes, about.key_cut_from_bytes, about.headers_cut_from) != (None, None, None)


def dead_letters(refusals: Iterable[Refusal], *, service: str) -> list[Outgoing]:
    return [_dead_letter(refusal, service) for refusal in refusals]


def read_dead_letter(record: Incoming) -> DeadLetter | None:
    """None for what is no dead letter, or none by its contract."""
    told = {name: value.decode(errors="replace") for name, value in record.headers if value is not None}
    if told.get("ce_type") != DEAD_LETTER_TYPE:
        return None
    try:
        about = DeadLetterHeaders.model_validate(told)
    except ValidationError:
        return None
    own = [(name, value) for name, value in record.headers if name.startswith(ORIGINAL_HEADER)]
    return DeadLetter(
        at=_instant(record.timestamp),
        about=about,
        key=record.key,
        value=None if about.is_tombstone else record.value,
        headers=tuple((name.removeprefix(ORIGINAL_HEADER), value) for name, value in own),
    )


def _dead_letter(refusal: Refusal, service: str) -> Outgoing:
    about = _about(refusal)
    record, value = refusal.record, refusal.record.value or b""
    own = [
        (f"{ORIGINAL_HEADER}{name[:_KEPT_NAME_CHARACTERS]}", content and content[:_KEPT_HEADER_BYTES])
        for name, content in record.headers[:_KEPT_HEADERS]
    ]
    told = about.model_dump(mode="json", exclude_none=True)
    return Outgoing(
        DEAD_LETTERS.name,
        record.key if about.key_cut_from_bytes is None else (record.key or b"")[:_KEPT_BYTES],
        value if about.cut_from_bytes is None else value[:_KEPT_BYTES],
        (
            ("content-type", b"application/octet-stream"),
            ("ce_specversion", b"1.0"),
            ("ce_type", DEAD_LETTER_TYPE.encode()),
            ("ce_source", f"fidelio/{service}".encode()),
            ("ce_time", _instant(record.timestamp).encode()),
            ("traceparent", f"00-{about.ce_id}-{about.ce_id[:16]}-01".encode()),
            *((name, _text(content).encode()) for name, content in told.items()),
            *own,
        ),
    )


def _about(refusal: Refusal) -> DeadLetterHeaders:
    record, rejected = refusal.record, refusal.rejected
    value, key = record.value or b"", record.key or b""
    is_large = len(value) > _LARGEST_VALUE_BYTES
    return DeadLetterHeaders(
        ce_id=record_id(DEAD_LETTERS.name, record.topic, record.partition, record.offset, rejected.reason),
        reason=rejected.reason,
        error=str(rejected)[:_KEPT_ERROR_CHARACTERS],
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        is_tombstone=record.value is None,
        sha256=hashlib.sha256(value).hexdigest() if is_large else None,
        cut_from_bytes=len(value) if is_large else None,
        key_cut_from_bytes=len(key) if len(key) > _KEPT_BYTES else None,
        headers_cut_from=len(record.headers) if _are_cut(record.headers) else None,
    )


def _are_cut(headers: Headers) -> bool:
    return len(headers) > _KEPT_HEADERS or any(
        len(name) > _KEPT_NAME_CHARACTERS or len(content or b"") > _KEPT_HEADER_BYTES for name, content in headers
    )


def _instant(milliseconds: int) -> Instant:
    """A record's timestamp may be any number where the topic lets its producers set it."""
    return from_milliseconds(min(max(milliseconds, 0), LAST_MILLISECOND))


def _text(content: str | int | bool) -> str:
    return str(content).lower() if isinstance(content, bool) else str(content)
