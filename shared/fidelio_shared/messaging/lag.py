"""Where topics end and how far groups have come, asked without joining a group."""

from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from fidelio_shared.messaging.connection import make_admin, make_observer
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.settings import KafkaSettings

Offsets = Mapping[TopicPartition, int]


class OffsetReader:
    """Two connections, opened at the first question and again after a failure."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._consumer: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._partitions: dict[str, tuple[TopicPartition, ...]] = {}

    async def ends(self, topics: Iterable[str]) -> Offsets:
        return await self._ask_consumer(topics, "end_offsets")

    async def starts(self, topics: Iterable[str]) -> Offsets:
        return await self._ask_consumer(topics, "beginning_offsets")

    async def committed(self, group: str) -> Offsets:
        try:
            if self._admin is None:
                admin = make_admin(self._kafka)
                await admin.start()
                self._admin = admin
            found = await self._admin.list_consumer_group_offsets(group)
        except (KafkaError, TimeoutError) as error:
            await self.close()
            raise Unavailable("kafka") from error
        return {partition: each.offset for partition, each in found.items() if each.offset >= 0}

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        admin, self._admin = self._admin, None
        self._partitions.clear()
        if consumer is not None:
            await consumer.stop()
        if admin is not None:
            await admin.close()

    async def _ask_consumer(self, topics: Iterable[str], question: str) -> Offsets:
        try:
            if self._consumer is None:
                consumer = make_observer(self._kafka)
                await consumer.start()
                self._consumer = consumer
            partitions = [each for topic in topics for each in await self._of(self._consumer, topic)]
            offsets: dict[TopicPartition, int] = await getattr(self._consumer, question)(partitions)
        except (KafkaError, TimeoutError) as error:
            await self.close()
            raise Unavailable("kafka") from error
        return offsets

    async def _of(self, consumer: AIOKafkaConsumer, topic: str) -> tuple[TopicPartition, ...]:
        if topic not in self._partitions:
            counts = await consumer._client._wait_on_metadata(topic)
            self._partitions[topic] = tuple(TopicPartition(topic, each) for each in sorted(counts))
        return self._partitions[topic]


def lag(ends: Offsets, committed: Offsets, starts: Offsets) -> int:
    """Records not yet committed; what retention deleted is not counted."""
    return sum(max(0, end - max(committed.get(each, 0), starts.get(each, 0))) for each, end in ends.items())
