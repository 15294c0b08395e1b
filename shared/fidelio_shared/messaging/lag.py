"""Where topics end and how far groups have come, asked without joining a group."""

import asyncio
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from fidelio_shared.messaging.connection import make_admin, make_observer
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.settings import KafkaSettings

Offsets = Mapping[TopicPartition, int]


class OffsetReader:
    """Two connections, opened at the first question and again after a failure; one question at a time."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._consumer: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._lock = asyncio.Lock()

    async def ends(self, topics: Iterable[str]) -> Offsets:
        return await self._ask_consumer(topics, "end_offsets")

    async def starts(self, topics: Iterable[str]) -> Offsets:
        return await self._ask_consumer(topics, "beginning_offsets")

    async def committed(self, group: str) -> Offsets:
        async with self._lock:
            try:
                admin = await self._admin_running()
                found = await admin.list_consumer_group_offsets(group)
            except (KafkaError, TimeoutError) as error:
                await self.close()
                raise Unavailable("kafka") from error
        return {partition: each.offset for partition, each in found.items() if each.offset >= 0}

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        admin, self._admin = self._admin, None
        if consumer is not None:
            await consumer.stop()
        if admin is not None:
            await admin.close()

    async def _ask_consumer(self, topics: Iterable[str], question: str) -> Offsets:
        async with self._lock:
            try:
                consumer = await self._consumer_running()
                partitions = [each for topic in topics for each in await self._of(consumer, topic)]
                offsets: dict[TopicPartition, int] = await getattr(consumer, question)(partitions)
            except (KafkaError, TimeoutError) as error:
                await self.close()
                raise Unavailable("kafka") from error
        return offsets

    async def _consumer_running(self) -> AIOKafkaConsumer:
        """Kept before it is started, so that one that does not start is closed, too."""
        if self._consumer is None:
            self._consumer = make_observer(self._kafka)
            await self._consumer.start()
        return self._consumer

    async def _admin_running(self) -> AIOKafkaAdminClient:
        if self._admin is None:
            self._admin = make_admin(self._kafka)
            await self._admin.start()
        return self._admin

    async def _of(self, consumer: AIOKafkaConsumer, topic: str) -> tuple[TopicPartition, ...]:
        """By the client's metadata, which is refreshed: a channel's topic may be given more partitions."""
        numbers = await consumer._client._wait_on_metadata(topic)
        return tuple(TopicPartition(topic, each) for each in sorted(numbers))


def lag(ends: Offsets, committed: Offsets, starts: Offsets) -> int:
    """Records not yet committed; what retention deleted is not counted."""
    return sum(max(0, end - max(committed.get(each, 0), starts.get(each, 0))) for each, end in ends.items())
