"""Topics as declared: what is missing is created, what matches is left, a keyed topic is never altered."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from pydantic import ValidationError

from fidelio_deploy.errors import StackError, TopicMismatch
from fidelio_shared.contracts.topics import Topic
from fidelio_shared.messaging.connection import make_admin
from fidelio_shared.messaging.settings import KafkaSettings

PREFIX = "FIDELIO_KAFKA__"
POLL_SECONDS = 0.05
LED_WITHIN_SECONDS = 30


def create_topics(
    bootstrap: str, table: Iterable[Topic], *, partitions: int = 12, replication: int = 1, min_isr: int = 1
) -> tuple[str, ...]:
    """As `ensure_topics`, for callers without an event loop and a Kafka without credentials."""
    kafka = KafkaSettings(bootstrap_servers=bootstrap)
    return asyncio.run(ensure_topics(kafka, table, partitions=partitions, replication=replication, min_isr=min_isr))


async def ensure_topics(
    kafka: KafkaSettings, table: Iterable[Topic], *, partitions: int, replication: int, min_isr: int
) -> tuple[str, ...]:
    """Every topic of the table exists and has leaders; returns the names of those that had to be created.

    Raises TopicMismatch before anything is created if a keyed topic has another partition count than wanted.
    """
    wanted = {topic.name: topic for topic in table}
    admin = make_admin(kafka)
    try:
        await admin.start()
        found = await _partition_counts(admin)
        for name in wanted.keys() & found.keys():
            _refuse_mismatch(wanted[name], found=found[name], wanted=wanted[name].partitions or partitions)
        missing = tuple(name for name in wanted if name not in found)
        await _create(admin, [_new(wanted[name], partitions, replication, min_isr) for name in missing])
        await asyncio.wait_for(_until_led(admin, wanted.keys()), LED_WITHIN_SECONDS)
        return missing
    except (KafkaError, TimeoutError) as error:
        raise StackError(f"Kafka at {kafka.bootstrap_servers} does not answer ({error!r}); is it running?") from error
    finally:
        await admin.close()


def kafka_settings(environ: Mapping[str, str]) -> KafkaSettings:
    """How to reach Kafka, from the variables that the services read: FIDELIO_KAFKA__BOOTSTRAP_SERVERS and so on."""
    named = {name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
    try:
        return KafkaSettings.model_validate(named)
    except ValidationError as error:
        faults = (f"{PREFIX}{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
        raise StackError("; ".join(faults)) from error


def _refuse_mismatch(topic: Topic, *, found: int, wanted: int) -> None:
    if topic.keyed and found != wanted:
        raise TopicMismatch(topic.name, found=found, wanted=wanted)


def _new(topic: Topic, partitions: int, replication: int, min_isr: int) -> NewTopic:
    config = {**topic.config, "min.insync.replicas": str(min_isr)}
    return NewTopic(topic.name, topic.partitions or partitions, replication, topic_configs=config)


async def _create(admin: AIOKafkaAdminClient, topics: list[NewTopic]) -> None:
    if not topics:
        return
    answer = await admin.create_topics(topics)
    for name, code, message in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise StackError(f"Kafka refused to create topic {name}: {message or for_code(code).__name__}")


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _until_led(admin: AIOKafkaAdminClient, names: Iterable[str]) -> None:
    waiting = set(names)
    while waiting := waiting - {topic["topic"] for topic in await admin.describe_topics() if _is_led(topic)}:
        await asyncio.sleep(POLL_SECONDS)


def _is_led(topic: dict[str, Any]) -> bool:
    return bool(topic["partitions"]) and all(partition["leader"] >= 0 for partition in topic["partitions"])
