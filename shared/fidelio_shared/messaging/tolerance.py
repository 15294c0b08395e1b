"""FastStream's own parser decodes headers as UTF-8 and skips, committed, what it cannot; Fidelio decodes nothing here."""

from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer
from faststream.kafka.message import FAKE_CONSUMER, KafkaAckableMessage

from fidelio_shared.messaging.records import Incoming

Fetched = tuple[Incoming, ...]


def parse_nothing(consumer: Callable[[], AIOKafkaConsumer | None]) -> Callable[[Fetched], Awaitable[KafkaAckableMessage]]:
    async def parse(records: Fetched) -> KafkaAckableMessage:
        return KafkaAckableMessage(
            raw_message=records, body=b"", headers={}, batch_headers=[], consumer=consumer() or FAKE_CONSUMER
        )

    return parse


async def decode_nothing(message: KafkaAckableMessage) -> Fetched:
    raw = message.raw_message
    return raw if isinstance(raw, tuple) else (raw,)
