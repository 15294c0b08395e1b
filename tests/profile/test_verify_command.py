"""`fidelio-profile verify` on a real database: clean, tampered with, repaired, and under traffic."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedKafka
from fidelio_deploy.topics import create_topics
from fidelio_profile.settings import ProfileSettings
from fidelio_profile.verifying import verify
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import profile_id
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.topics import TIMELINE
from fidelio_shared.storage.mongo import Database, connect
from support.interactions import a_refold, an_interaction, an_order, customer
from support.profile_steps import a_fold, live
from support.topics import read_topic

Done = subprocess.CompletedProcess[str]
SECRET = "a secret hobby"
TAMPERED = profile_id(an_interaction(1, identifiers=[customer("1")]).id)


def people() -> list[Interaction]:
    return [an_order(number, identifiers=[customer(str(number % 7))], traits={"hobby": SECRET}) for number in range(30)]


@pytest.fixture
def settings(strict_mongod: Mongod, database: Database) -> ProfileSettings:
    return ProfileSettings(mongo_uri=SecretStr(strict_mongod.uri), profile_database=database.name)


def run_verify(settings: ProfileSettings, *options: str, kafka: str = "127.0.0.1:1") -> Done:
    command = (str(Path(sys.executable).with_name("fidelio-profile")), "verify", *options)
    told = {
        "FIDELIO_MONGO_URI": settings.mongo_uri.get_secret_value(),
        "FIDELIO_PROFILE_DATABASE": settings.profile_database,
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": kafka,
    }
    return subprocess.run(command, env=os.environ | told, capture_output=True, text=True, timeout=120, check=False)


async def tamper(database: Database) -> None:
    changed = await database.profiles.update_one({"_id": bytes.fromhex(TAMPERED)}, {"$inc": {"state.interactions": 1}})
    assert changed.modified_count == 1


async def test_profiles_that_equal_their_timelines_are_well(settings: ProfileSettings, database: Database) -> None:
    await live(database, *people())
    done = await asyncio.to_thread(run_verify, settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert "profiles that differ from their timeline: 0" in done.stdout


async def test_an_empty_database_is_well(settings: ProfileSettings) -> None:
    assert (await asyncio.to_thread(run_verify, settings)).returncode == 0


async def test_a_profile_that_was_tampered_with_is_named_without_its_values(
    settings: ProfileSettings, database: Database
) -> None:
    await live(database, *people())
    await tamper(database)
    await database.profiles.update_one({"_id": bytes.fromhex(TAMPERED)}, {"$set": {"state.traits.0.value": "forged"}})
    done = await asyncio.to_thread(run_verify, settings)
    assert done.returncode == 1
    assert f"differs: {TAMPERED} at /interactions, /traits/0/value" in done.stdout
    assert "profiles that differ from their timeline: 1" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert "forged" not in done.stdout + done.stderr


async def test_a_profile_that_has_lost_its_timeline_differs(settings: ProfileSettings, database: Database) -> None:
    await live(database, *people())
    await database.timeline.delete_many({"profile": bytes.fromhex(TAMPERED)})
    assert (await asyncio.to_thread(run_verify, settings)).returncode == 1


@pytest.fixture
def bootstrap(kafka: Kafka | NamedKafka) -> str:
    create_topics(kafka.bootstrap, [TIMELINE])
    return kafka.bootstrap


async def test_a_repair_asks_for_a_refold_and_everything_is_well_after_it(
    settings: ProfileSettings, database: Database, bootstrap: str
) -> None:
    await live(database, *people())
    await tamper(database)
    before = {(each.partition, each.offset) for each in await read_topic(bootstrap, TIMELINE.name)}
    done = await asyncio.to_thread(run_verify, settings, "--repair", kafka=bootstrap)
    assert (done.returncode, "refold records published: 1" in done.stdout) == (1, True)
    asked = [each for each in await read_topic(bootstrap, TIMELINE.name) if (each.partition, each.offset) not in before]
    assert [each.key for each in asked] == [TAMPERED.encode()]
    fold = a_fold(database)
    fold.next_offset = 1_000
    await fold.settle(*(each.value or b"" for each in asked))
    assert (await asyncio.to_thread(run_verify, settings)).returncode == 0


async def test_who_is_just_being_folded_anew_is_not_compared_and_a_repair_makes_it_go_on(
    settings: ProfileSettings, database: Database, bootstrap: str
) -> None:
    await live(database, *people())
    await tamper(database)
    fold = a_fold(database, most_at_once=2)
    fold.next_offset = 1_000
    await fold.settle(encode(a_refold(profile=TAMPERED)))
    before = {(each.partition, each.offset) for each in await read_topic(bootstrap, TIMELINE.name)}
    done = await asyncio.to_thread(run_verify, settings, "--repair", kafka=bootstrap)
    assert "profiles that are just being folded anew, and not compared: 1" in done.stdout
    assert (done.returncode, "refold records published: 1" in done.stdout) == (0, True)
    asked = [each for each in await read_topic(bootstrap, TIMELINE.name) if (each.partition, each.offset) not in before]
    await fold.settle_to_rest(*(each.value or b"" for each in asked))
    done = await asyncio.to_thread(run_verify, settings)
    assert "profiles that are just being folded anew, and not compared: 0" in done.stdout
    assert done.returncode == 0


async def test_what_is_folded_meanwhile_makes_no_difference(
    strict_mongod: Mongod, settings: ProfileSettings, database: Database
) -> None:
    """Each page is one instant of the database, whatever is stored between its questions."""
    connection, chance, done = connect(strict_mongod.uri, database.name), Random(7), asyncio.Event()
    await live(database, *people())

    async def traffic() -> int:
        number = 1_000
        while not done.is_set():
            who = [customer(str(chance.randrange(20)))]
            await live(connection, *(an_order(number + each, identifiers=who) for each in range(5)))
            number += 5
        return number - 1_000

    told = asyncio.create_task(traffic())
    found = [await verify(settings, repair=False) for _ in range(10)]
    done.set()
    assert await told > 0
    assert found == [0] * 10
    await connection.client.close()
