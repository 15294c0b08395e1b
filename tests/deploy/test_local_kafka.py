import asyncio
import uuid

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.provision import NamedKafka
from fidelio_deploy.topics import create_topics
from fidelio_shared.contracts.topics import Topic


async def produce(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=5_000_000) as producer:
        await producer.send_and_wait(topic, value)


async def consume(bootstrap: str, topic: str) -> bytes:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        return (await asyncio.wait_for(consumer.getone(), 30)).value or b""


def a_topic(bootstrap: str, **config: str) -> str:
    name = f"test-{uuid.uuid4()}"
    create_topics(bootstrap, [Topic(name, 1, keyed=True, config=config)])
    return name


def test_kafka_keeps_what_is_produced(kafka: Kafka) -> None:
    topic = a_topic(kafka.bootstrap)

    asyncio.run(produce(kafka.bootstrap, topic, b"Leonore"))

    assert asyncio.run(consume(kafka.bootstrap, topic)) == b"Leonore"


def test_kafka_takes_a_record_of_four_megabytes_where_the_topic_allows_it(kafka: Kafka) -> None:
    topic = a_topic(kafka.bootstrap, **{"max.message.bytes": str(4 * 1024 * 1024)})
    record = b"x" * (4 * 1024 * 1024 - 1024)

    asyncio.run(produce(kafka.bootstrap, topic, record))

    assert asyncio.run(consume(kafka.bootstrap, topic)) == record


def test_a_killed_kafka_comes_back_on_its_port_with_its_data(kafka: Kafka | NamedKafka) -> None:
    if isinstance(kafka, NamedKafka):
        pytest.skip("FIDELIO_KAFKA names a Kafka that is not ours to kill")
    topic, bootstrap, pid = a_topic(kafka.bootstrap), kafka.bootstrap, kafka.pid
    asyncio.run(produce(bootstrap, topic, b"Leonore"))

    kafka.kill()
    kafka.restart()

    assert (kafka.bootstrap, kafka.pid != pid) == (bootstrap, True)
    assert asyncio.run(consume(bootstrap, topic)) == b"Leonore"
