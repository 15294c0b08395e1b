"""Raw records onto their channels' topics, no faster than a given rate."""

import asyncio
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from fidelio_shared.contracts.topics import channel_topic
from support.traffic import Raw

_EVERY_SECONDS = 0.05
_PATIENCE_MS = 600_000


async def publish_at(bootstrap: str, raws: Sequence[Raw], *, per_second: float) -> None:
    """Every record is there once when this returns, whatever happened to Kafka meanwhile."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, request_timeout_ms=_PATIENCE_MS
    )
    await producer.start()
    started, sent = time.monotonic(), []
    try:
        while len(sent) < len(raws):
            await asyncio.sleep(_EVERY_SECONDS)
            due = min(len(raws), 1 + int((time.monotonic() - started) * per_second))
            for raw in raws[len(sent) : due]:
                topic = channel_topic(raw.channel)
                sent.append(await producer.send(topic, key=raw.key, value=raw.value, partition=raw.partition))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
