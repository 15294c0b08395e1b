"""Puts records on `channels.*`: as fast as they are taken, or at a steady rate."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice

from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.messaging.settings import KafkaSettings

AT_ONCE = 2_000
TICK_SECONDS = 0.01


async def send_all(kafka: KafkaSettings, records: Iterator[Outgoing]) -> None:
    """All of them are acknowledged."""
    async with _publisher(kafka) as publisher:
        while chunk := list(islice(records, AT_ONCE)):
            await publisher.publish_all(chunk)


async def send_steadily(kafka: KafkaSettings, records: Iterator[Outgoing], *, rate: float) -> None:
    """All of them are acknowledged; `rate` a second."""
    sent, started = 0, time.monotonic()
    async with _publisher(kafka) as publisher:
        while chunk := list(islice(records, _due(started, rate) - sent)):
            await publisher.publish_all(chunk)
            sent += len(chunk)
            await asyncio.sleep(TICK_SECONDS)


def _due(started: float, rate: float) -> int:
    return 1 + int((time.monotonic() - started) * rate)


@asynccontextmanager
async def _publisher(kafka: KafkaSettings) -> AsyncIterator[Publisher]:
    publisher = Publisher(kafka, ordinal=None)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()
