"""The processes of all services as an operator sees them: waiting for Kafka, at work, and told to end."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.ports import free_port
from fidelio_deploy.provision import NamedMongo
from fidelio_deploy.services import SERVICES
from fidelio_shared.contracts.topics import DEAD_LETTERS
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.messaging.settings import KafkaSettings
from support import service_story
from support.service_story import ServiceStory
from support.talking import log_lines
from support.topics import read_topic

ALL = [service.name for service in SERVICES]


@dataclass(frozen=True)
class Told:
    story: ServiceStory
    kafka: Kafka
    logs: Path


@pytest.fixture(scope="module")
def told(mongod: Mongod | NamedMongo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder, kafka_folder, port = tmp_path_factory.mktemp("services"), tmp_path_factory.mktemp("kafka"), free_port()
    story = service_story.start_services(folder, kafka=f"127.0.0.1:{port}", mongo=mongod.uri)
    kafka: Kafka | None = None
    try:
        waiting = dict.fromkeys(ALL, (200, 503, ("kafka",)))
        story.without_kafka = story.look_until(lambda seen: seen == waiting)
        kafka = service_story.kafka_at_last(kafka_folder, port)
        story.with_kafka = story.look_until(lambda seen: all(ready == 200 for _, ready, _ in seen.values()))
        story.members = asyncio.run(service_story.members(kafka.bootstrap))
        story.end_all()
        story.members_afterwards = asyncio.run(service_story.members(kafka.bootstrap))
        yield Told(story, kafka, folder)
    finally:
        for child in story.children.values():
            child.kill()
        if kafka is not None:
            kafka.stop()


def test_without_kafka_at_their_start_processes_live_and_wait_for_it(told: Told) -> None:
    assert told.story.without_kafka == dict.fromkeys(ALL, (200, 503, ("kafka",)))


def test_they_work_as_soon_as_kafka_is_there(told: Told) -> None:
    assert told.story.with_kafka == dict.fromkeys(ALL, (200, 200, ()))
    assert told.story.members.keys() == set(service_story.GROUPS)


def test_told_to_end_they_do_so_within_ten_seconds_and_without_complaint(told: Told) -> None:
    assert told.story.exit_codes == dict.fromkeys(ALL, 0)
    assert told.story.seconds_to_end < 10


def test_a_process_that_ended_keeps_its_place_in_its_group(told: Told) -> None:
    """Else its partitions would move, and move again when it is back."""
    for group, ids in told.story.members.items():
        assert [each.startswith(f"{group.removesuffix('.v1')}-0-") for each in ids] == [True], ids
    assert told.story.members_afterwards == told.story.members


def test_their_logs_are_json_and_tell_once_what_is_waited_for(told: Told) -> None:
    for name in ALL:
        waits = [each for each in log_lines(told.logs / f"{name}.log") if each["event"] == "waiting_for_dependency"]
        assert [each["dependency"] for each in waits] == ["kafka"]


async def test_a_publisher_says_that_kafka_is_down_and_goes_on_when_it_is_back(told: Told) -> None:
    """On the Kafka that the services have left; nothing said in between arrives later."""
    publisher = Publisher(KafkaSettings(bootstrap_servers=told.kafka.bootstrap), ordinal=None)

    async def publish(value: bytes) -> None:
        await publisher.publish_all([Outgoing(DEAD_LETTERS.name, b"key", value, ())])

    try:
        await publish(b"before")
        told.kafka.kill()
        with pytest.raises(Unavailable, match="kafka"):
            await publish(b"while connected")
        with pytest.raises(Unavailable, match="kafka"):
            await publish(b"while connecting")
        told.kafka.restart()
        await publish(b"after")
    finally:
        await publisher.stop()

    found = await read_topic(told.kafka.bootstrap, DEAD_LETTERS.name)
    assert [each.value for each in found] == [b"before", b"after"]
