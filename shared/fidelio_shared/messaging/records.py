"""A record on its way in, a record on its way out, and the CloudEvents headers between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aiokafka import TopicPartition

from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ids import RecordId

Headers = Sequence[tuple[str, bytes | None]]


class Incoming(Protocol):
    """A record as aiokafka hands it over: raw bytes, nothing parsed. `timestamp` in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Outgoing:
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


def make_record(
    topic: str, key: str, value: bytes | None, *, ce_id: RecordId, ce_type: str, source: str, at: Instant, trace: str
) -> Outgoing:
    """A record in CloudEvents 1.0 binary mode. `trace` is the causing interaction's id: the trace is the customer's
    event, so that a repetition has the same headers, too."""
    headers = (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", ce_id.encode()),
        ("ce_type", ce_type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", at.encode()),
        ("traceparent", f"00-{trace}-{ce_id[:16]}-01".encode()),
    )
    return Outgoing(topic, key.encode(), value, headers)


def header_text(record: Incoming, name: str) -> str | None:
    """The last header of that name as text; what is not UTF-8 is shown with replacement characters, never raised."""
    found: bytes | None = None
    for key, value in record.headers or ():
        if key.lower() == name:
            found = value
    return found.decode(errors="replace") if found is not None else None


def partition_of(record: Incoming) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)
