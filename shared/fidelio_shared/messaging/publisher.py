"""Hands whole batches to Kafka and returns when every broker in sync has them."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from fidelio_shared.messaging.connection import delivery_timeout_ms, make_producer
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.messaging.settings import KafkaSettings

_CLOSE_SECONDS = 2.0


class Publisher:
    """Keeps the order per key. After a failure the producer is made anew: aiokafka's idempotent one cannot go on."""

    def __init__(self, kafka: KafkaSettings, *, ordinal: int | None) -> None:
        self._kafka = kafka
        self._ordinal = ordinal
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        await self._running()

    async def stop(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await producer.stop()

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        """Raises Unavailable where not all were acknowledged; some may have been, so publish the same bytes again."""
        ready = list(records)
        if not ready:
            return
        producer = await self._running()
        try:
            async with asyncio.timeout(delivery_timeout_ms(self._ordinal) / 1000):
                await _send(producer, ready)
        except (KafkaError, TimeoutError) as error:
            await self._discard(producer)
            raise Unavailable("kafka") from error

    async def _running(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = make_producer(self._kafka, ordinal=self._ordinal)
                try:
                    await producer.start()
                except KafkaError as error:
                    await producer.stop()
                    raise Unavailable("kafka") from error
                self._producer = producer
            return self._producer

    async def _discard(self, producer: AIOKafkaProducer) -> None:
        """Unless another step's failure has replaced it already. What waits in it must not arrive after all, which
        `stop` alone would see to."""
        if self._producer is producer:
            self._producer = None
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(producer._sender.close(), timeout=_CLOSE_SECONDS)  # noqa: SLF001
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(producer.stop(), timeout=_CLOSE_SECONDS)


async def _send(producer: AIOKafkaProducer, records: list[Outgoing]) -> None:
    counts = {topic: len(await producer.partitions_for(topic)) for topic in {each.topic for each in records}}
    routed: dict[tuple[str, int], list[Outgoing]] = {}
    for record in records:
        partition = partition_of_key(record.key or b"", counts[record.topic])
        routed.setdefault((record.topic, partition), []).append(record)
    outcomes = await asyncio.gather(
        *(_send_partition(producer, topic, partition, group) for (topic, partition), group in routed.items()),
        return_exceptions=True,
    )
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def partition_of_key(key: bytes, count: int) -> int:
    """Of a topic with so many partitions: the one that Java's default partitioner chooses."""
    return _hash_of(key) % count


@lru_cache(maxsize=16_384)  # aiokafka's is Python, 5 us a key; the keys of a batch and its neighbours repeat
def _hash_of(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


async def _send_partition(producer: AIOKafkaProducer, topic: str, partition: int, records: list[Outgoing]) -> None:
    """One builder per 128 KiB: an append costs a third of what a send of each record does."""
    acknowledgements: list[asyncio.Future[Any]] = []
    builder = producer.create_batch()
    for record in records:
        if builder.append(key=record.key, value=record.value, timestamp=None, headers=list(record.headers)) is None:
            builder.close()
            acknowledgements.append(await producer.send_batch(builder, topic, partition=partition))
            builder = producer.create_batch()
            builder.append(key=record.key, value=record.value, timestamp=None, headers=list(record.headers))
    builder.close()
    acknowledgements.append(await producer.send_batch(builder, topic, partition=partition))
    await asyncio.gather(*acknowledgements)
