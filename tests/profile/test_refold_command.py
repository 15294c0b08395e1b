"""`fidelio-profile refold` on a real database and a real Kafka: at its rate, until nothing older is left."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedKafka
from fidelio_deploy.topics import create_topics
from fidelio_profile.refolding import refold
from fidelio_profile.settings import ProfileSettings
from fidelio_shared.contracts.profile import STATE_VERSION
from fidelio_shared.contracts.topics import TIMELINE
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import Database
from support.interactions import an_order, customer
from support.profile_steps import StepBench, a_fold, live
from support.topics import Record, read_topic

PEOPLE = 7
OLDER = {"state_version": STATE_VERSION - 1}


@pytest.fixture
def bootstrap(kafka: Kafka | NamedKafka) -> str:
    create_topics(kafka.bootstrap, [TIMELINE])
    return kafka.bootstrap


@pytest.fixture
def settings(strict_mongod: Mongod, database: Database, bootstrap: str) -> ProfileSettings:
    kafka = KafkaSettings(bootstrap_servers=bootstrap)
    return ProfileSettings(mongo_uri=SecretStr(strict_mongod.uri), profile_database=database.name, kafka=kafka)


async def folded_by_an_older_version(database: Database) -> None:
    await live(database, *(an_order(number, identifiers=[customer(str(number))]) for number in range(PEOPLE)))
    await database.profiles.update_many({}, {"$set": OLDER})


async def asked_for(bootstrap: str) -> set[Record]:
    return set(await read_topic(bootstrap, TIMELINE.name))


async def fold_what_comes(fold: StepBench, bootstrap: str, before: set[Record]) -> None:
    """As the fold of a running Fidelio would, until everybody was asked for."""
    folded = before
    async with asyncio.timeout(60):
        while len(folded) < len(before) + PEOPLE:
            records = await asked_for(bootstrap) - folded
            if records:
                await fold.settle(*(each.value or b"" for each in records))
            folded = folded | records


async def versions(database: Database) -> list[int]:
    return [each["state_version"] for each in await database.profiles.find({}, {"state_version": 1}).to_list()]


async def test_everybody_is_asked_for_once_at_the_rate_and_brought_up_to_date(
    settings: ProfileSettings, database: Database, bootstrap: str
) -> None:
    await folded_by_an_older_version(database)
    before, started = await asked_for(bootstrap), time.monotonic()
    fold = a_fold(database)
    fold.next_offset = 1_000
    command = asyncio.create_task(refold(settings, rate=3))
    await fold_what_comes(fold, bootstrap, before)
    assert await command == 0
    assert time.monotonic() - started >= PEOPLE // 3
    asked = await asked_for(bootstrap) - before
    assert sorted(each.key or b"" for each in asked) == sorted(each["profile"].encode() for each in fold.snapshots())
    assert await versions(database) == [STATE_VERSION] * PEOPLE


async def test_where_nothing_is_older_nothing_is_asked_for(
    settings: ProfileSettings, database: Database, bootstrap: str
) -> None:
    await live(database, an_order(1))
    before = await asked_for(bootstrap)
    assert await refold(settings, rate=200) == 0
    assert await asked_for(bootstrap) == before


async def test_what_became_part_of_another_person_is_not_asked_for(
    settings: ProfileSettings, database: Database, bootstrap: str
) -> None:
    await folded_by_an_older_version(database)
    await database.profiles.update_many({}, {"$set": {"state": None, "merged_into": bytes(16)}})
    before = await asked_for(bootstrap)
    assert await refold(settings, rate=200) == 0
    assert await asked_for(bootstrap) == before


def test_the_command_says_what_it_does_and_how_fast() -> None:
    command = (str(Path(sys.executable).with_name("fidelio-profile")), "refold", "--help")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "--rate" in done.stdout
    assert "200" in done.stdout
