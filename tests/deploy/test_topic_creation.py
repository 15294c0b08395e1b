import asyncio
import uuid
from dataclasses import replace

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from fidelio_deploy.errors import StackError, TopicMismatch
from fidelio_deploy.kafka import Kafka
from fidelio_deploy.ports import free_port
from fidelio_deploy.topics import create_topics, kafka_settings
from fidelio_shared.contracts.topics import Topic
from fidelio_shared.messaging.connection import make_admin
from fidelio_shared.messaging.settings import KafkaSettings


def a_table() -> tuple[Topic, ...]:
    word = uuid.uuid4()
    return (
        Topic(f"profiles-{word}", None, keyed=True, config={"cleanup.policy": "compact"}),
        Topic(f"raw-{word}", 2, keyed=False),
    )


async def partition_counts(bootstrap: str, names: list[str]) -> dict[str, int]:
    admin = make_admin(KafkaSettings(bootstrap_servers=bootstrap))
    await admin.start()
    try:
        return {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics(names)}
    finally:
        await admin.close()


async def config_of(bootstrap: str, name: str) -> dict[str, str]:
    admin = make_admin(KafkaSettings(bootstrap_servers=bootstrap))
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
        return {entry[0]: entry[1] for entry in answer.resources[0][4]}
    finally:
        await admin.close()


def test_missing_topics_are_created_as_declared(kafka: Kafka) -> None:
    table = a_table()

    created = create_topics(kafka.bootstrap, table, partitions=3)

    names = [topic.name for topic in table]
    assert list(created) == names
    assert asyncio.run(partition_counts(kafka.bootstrap, names)) == {names[0]: 3, names[1]: 2}
    config = asyncio.run(config_of(kafka.bootstrap, names[0]))
    assert (config["cleanup.policy"], config["min.insync.replicas"]) == ("compact", "1")


def test_creating_the_same_table_again_changes_nothing(kafka: Kafka) -> None:
    table = a_table()
    create_topics(kafka.bootstrap, table)

    assert create_topics(kafka.bootstrap, table) == ()


def test_another_partition_count_of_a_keyed_topic_is_refused_before_anything_is_created(kafka: Kafka) -> None:
    keyed, unkeyed = a_table()
    create_topics(kafka.bootstrap, [keyed], partitions=3)

    with pytest.raises(TopicMismatch) as refusal:
        create_topics(kafka.bootstrap, [unkeyed, keyed], partitions=4)

    assert (refusal.value.topic, refusal.value.found, refusal.value.wanted) == (keyed.name, 3, 4)
    assert create_topics(kafka.bootstrap, [unkeyed]) == (unkeyed.name,)


def test_another_partition_count_of_an_unkeyed_topic_is_left_as_it_is(kafka: Kafka) -> None:
    _, unkeyed = a_table()
    create_topics(kafka.bootstrap, [unkeyed])

    assert create_topics(kafka.bootstrap, [replace(unkeyed, partitions=5)]) == ()


def test_a_setting_that_kafka_does_not_know_is_reported_with_its_topic(kafka: Kafka) -> None:
    table = [Topic(f"odd-{uuid.uuid4()}", 1, keyed=True, config={"cleanup.policy": "sweep"})]

    with pytest.raises(StackError, match=r"refused to create topic odd-.*cleanup\.policy"):
        create_topics(kafka.bootstrap, table)


def test_a_kafka_that_does_not_answer_is_named() -> None:
    nobody = f"127.0.0.1:{free_port()}"

    with pytest.raises(StackError, match=f"Kafka at {nobody} does not answer"):
        create_topics(nobody, a_table())


def test_the_connection_is_read_from_the_variables_of_the_services() -> None:
    environ = {
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": "broker:9093",
        "FIDELIO_KAFKA__SECURITY_PROTOCOL": "SSL",
        "HOME": "/",
    }

    assert kafka_settings(environ) == KafkaSettings(bootstrap_servers="broker:9093", security_protocol="SSL")


def test_a_connection_variable_with_a_wrong_value_is_named() -> None:
    with pytest.raises(StackError, match="FIDELIO_KAFKA__SECURITY_PROTOCOL: Input should be"):
        kafka_settings({"FIDELIO_KAFKA__SECURITY_PROTOCOL": "TLS"})
