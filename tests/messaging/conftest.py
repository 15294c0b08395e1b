import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.provision import NamedKafka
from fidelio_deploy.topics import ensure_topics
from fidelio_shared.contracts.topics import Topic
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.settings import KafkaSettings


@pytest.fixture
def settings(kafka: Kafka | NamedKafka) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=kafka.bootstrap)


@pytest.fixture
async def publisher(settings: KafkaSettings) -> AsyncIterator[Publisher]:
    publisher = Publisher(settings, ordinal=None)
    yield publisher
    await publisher.stop()


@pytest.fixture
def a_topic(settings: KafkaSettings) -> Callable[[int], Awaitable[str]]:
    """A new topic with so many partitions; its name."""

    async def make(partitions: int) -> str:
        topic = Topic(f"test-{uuid.uuid4()}", partitions, keyed=True)
        await ensure_topics(settings, [topic], partitions=partitions, replication=1, min_isr=1)
        return topic.name

    return make
