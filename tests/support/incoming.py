"""A record on a channel as Kafka would hand it to ingest."""

from fidelio_shared.messaging.records import Headers
from support.settling import ARecord
from support.submissions import APPENDED_AT

NOON_MS = int(APPENDED_AT.timestamp() * 1000)


def a_record(
    value: bytes | None, *, topic: str = "channels.store", timestamp: int = NOON_MS, headers: Headers = ()
) -> ARecord:
    return ARecord(value, topic=topic, timestamp=timestamp, headers=headers)
