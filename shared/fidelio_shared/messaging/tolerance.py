"""FastStream's own parser decodes headers as UTF-8 and skips, committed, what it cannot; here nothing is decoded."""

from collections.abc import Awaitable, Callable
from typing import cast

from aiokafka import AIOKafkaConsumer
from faststream.kafka.message import FAKE_CONSUMER, KafkaAckableMessage

from fidelio_shared.messaging.records import Incoming

Fetched = tuple[Incoming, ...]
Parser = Callable[[Fetched], Awaitable[KafkaAckableMessage]]


def parse_nothing(consumer: Callable[[], AIOKafkaConsumer | None]) -> Parser:
    async def parse(records: Fetched) -> KafkaAckableMessage:
        return KafkaAckableMessage(
            raw_message=records, body=b"", headers={}, batch_headers=[], consumer=consumer() or FAKE_CONSUMER
        )

    return parse


async def decode_nothing(message: KafkaAckableMessage) -> Fetched:
    return cast(Fetched, message.raw_message)
