"""Where topics end, asked of a real broker."""

import asyncio
import time

from aiokafka import TopicPartition
from aiokafka.admin import NewPartitions

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.provision import NamedKafka
from fidelio_deploy.topics import ensure_topics
from fidelio_shared.contracts.topics import Topic
from fidelio_shared.messaging.connection import make_admin
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.settings import KafkaSettings

SOON_SECONDS = 15.0


async def test_partitions_that_a_topic_is_given_later_are_seen(kafka: Kafka | NamedKafka) -> None:
    settings, topic = KafkaSettings(bootstrap_servers=kafka.bootstrap), "channels.grows"
    await ensure_topics(settings, [Topic(topic, 1, keyed=False)], partitions=1, replication=1, min_isr=1)
    offsets = OffsetReader(settings)
    assert await offsets.ends([topic]) == {TopicPartition(topic, 0): 0}
    await grow(settings, topic, to=3)
    deadline = time.monotonic() + SOON_SECONDS
    while len(await offsets.ends([topic])) < 3:
        assert time.monotonic() < deadline, "the new partitions are not seen"
        await asyncio.sleep(0.1)
    await offsets.close()


async def grow(settings: KafkaSettings, topic: str, *, to: int) -> None:
    admin = make_admin(settings)
    await admin.start()
    await admin.create_partitions({topic: NewPartitions(total_count=to)})
    await admin.close()
