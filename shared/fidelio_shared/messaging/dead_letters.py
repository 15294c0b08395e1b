"""A record that can never work, kept as it came, with where it was and why."""

import hashlib
from collections.abc import Iterable

from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.topics import DEAD_LETTERS
from fidelio_shared.messaging.batch import Refusal
from fidelio_shared.messaging.records import Outgoing

_LARGEST_VALUE_BYTES = 3 * 1024 * 1024
_KEPT_OF_LARGER_BYTES = 64 * 1024
_KEPT_HEADERS = 64
_KEPT_HEADER_BYTES = 8 * 1024


def dead_letters(refusals: Iterable[Refusal], *, service: str) -> list[Outgoing]:
    return [_dead_letter(refusal, service) for refusal in refusals]


def _dead_letter(refusal: Refusal, service: str) -> Outgoing:
    record, rejected = refusal.record, refusal.rejected
    ce_id = record_id(DEAD_LETTERS.name, record.topic, record.partition, record.offset, rejected.reason)
    value = record.value or b""
    headers: list[tuple[str, bytes]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", ce_id.encode()),
        ("ce_type", b"fidelio.dead-letter"),
        ("ce_source", f"fidelio/{service}".encode()),
        ("fidelio-reason", rejected.reason.encode()),
        ("fidelio-error", str(rejected).encode()[:1024]),
        ("fidelio-topic", record.topic.encode()),
        ("fidelio-partition", str(record.partition).encode()),
        ("fidelio-offset", str(record.offset).encode()),
        ("fidelio-timestamp", str(record.timestamp).encode()),
        ("fidelio-is-tombstone", b"true" if record.value is None else b"false"),
    ]
    if len(value) > _LARGEST_VALUE_BYTES:
        headers.append(("fidelio-sha256", hashlib.sha256(value).hexdigest().encode()))
        headers.append(("fidelio-cut-from-bytes", str(len(value)).encode()))
        value = value[:_KEPT_OF_LARGER_BYTES]
    headers += [
        (f"original-{name}"[:128], (content or b"")[:_KEPT_HEADER_BYTES])
        for name, content in tuple(record.headers or ())[:_KEPT_HEADERS]
    ]
    return Outgoing(DEAD_LETTERS.name, record.key, value, tuple(headers))
