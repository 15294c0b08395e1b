"""The latest scores, segments and notifications beside the profile, however they come in. On a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import orjson
import pytest
from pymongo import UpdateOne

from fidelio_deploy.mongo import Mongod
from fidelio_profile.adapters.mongo_outcomes import MongoOutcomeStore
from fidelio_profile.domain.outcomes import Outcome
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.notify import NotificationChanged, Step
from fidelio_shared.contracts.scoring import ScoreChanged
from fidelio_shared.storage.mongo import Database, connect
from support.interactions import NOON, a_profile_id
from support.outcomes import ANN, STEPS, a_notification, a_score, a_segment_change, kept_of, some_outcomes

SEEDS = range(12)


@pytest.fixture
async def other(strict_mongod: Mongod, database: Database) -> AsyncIterator[MongoOutcomeStore]:
    """The other process, with a connection of its own."""
    connection = connect(strict_mongod.uri, database.name)
    yield MongoOutcomeStore(connection)
    await connection.client.close()


@dataclass(frozen=True)
class ArrivalOrderStore(MongoOutcomeStore):
    """Keeps what came last."""

    async def save(self, outcomes: Iterable[Outcome]) -> None:
        await self.database.outcomes.bulk_write([_as_it_comes(each) for each in outcomes])


def _as_it_comes(outcome: Outcome) -> UpdateOne:
    key, entry = {"_id": bytes.fromhex(outcome.profile)}, orjson.loads(encode(outcome))
    if isinstance(outcome, NotificationChanged):
        pushed = {"$each": [entry], "$position": 0, "$slice": 20}
        return UpdateOne(key, {"$push": {"notifications": pushed}}, upsert=True)
    name = "scores" if isinstance(outcome, ScoreChanged) else "segments"
    return UpdateOne(key, {"$set": {name: entry}}, upsert=True)


async def stored(database: Database) -> dict[bytes, Mapping[str, Any]]:
    return {each.pop("_id"): each for each in await database.outcomes.find({}).to_list()}


async def stored_of_ann(database: Database) -> Mapping[str, Any]:
    return (await stored(database))[bytes.fromhex(ANN)]


def parts(outcomes: Sequence[Outcome], random: Random) -> Iterable[Sequence[Outcome]]:
    while outcomes:
        size = random.randint(1, 40)
        yield outcomes[:size]
        outcomes = outcomes[size:]


async def told_in_parts(store: MongoOutcomeStore, seed: int) -> list[Outcome]:
    random = Random(seed)
    outcomes = some_outcomes(random)
    for part in parts(outcomes, random):
        await store.save(part)
    return outcomes


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_the_order_the_copies_and_the_batches_the_latest_is_kept(seed: int, database: Database) -> None:
    outcomes = await told_in_parts(MongoOutcomeStore(database), seed)
    assert await stored(database) == kept_of(outcomes)


async def test_keeping_what_came_last_would_be_noticed(database: Database) -> None:
    outcomes = await told_in_parts(ArrivalOrderStore(database), SEEDS[0])
    assert await stored(database) != kept_of(outcomes)


@pytest.mark.parametrize("earlier", STEPS[:-1])
async def test_an_earlier_step_that_comes_late_does_not_undo_a_later_one(earlier: Step, database: Database) -> None:
    store = MongoOutcomeStore(database)
    await store.save([a_notification(1, "sent", minutes_later=5)])
    await store.save([a_notification(1, earlier, minutes_later=9)])
    assert [each["step"] for each in (await stored_of_ann(database))["notifications"]] == ["sent"]


async def test_a_step_that_comes_late_leaves_its_decision_in_its_place(database: Database) -> None:
    store = MongoOutcomeStore(database)
    await store.save([a_notification(number) for number in range(1, 31)])
    await store.save([a_notification(15, "sent"), a_notification(5, "sent")])
    kept = [(each["reason"]["sequence"], each["step"]) for each in (await stored_of_ann(database))["notifications"]]
    assert kept == [(number, "sent" if number == 15 else "decided") for number in range(30, 10, -1)]


async def test_a_new_epoch_counts_more_than_any_number_of_the_old_one(database: Database) -> None:
    store = MongoOutcomeStore(database)
    await store.save([a_score(1, epoch=2), a_segment_change(1, epoch=2)])
    await store.save([a_score(900, epoch=1), a_segment_change(900, epoch=1)])
    kept = await stored_of_ann(database)
    assert {name: (kept[name]["epoch"], kept[name]["sequence"]) for name in ("scores", "segments")} == {
        "scores": (2, 1),
        "segments": (2, 1),
    }


async def test_what_is_kept_is_canonical(database: Database) -> None:
    score = a_score(at=NOON + timedelta(milliseconds=120))
    await MongoOutcomeStore(database).save([score, a_segment_change(), a_notification()])
    kept = await stored_of_ann(database)
    assert kept["scores"]["at"] == "2026-03-01T12:00:00.120Z"
    assert kept["segments"]["cause"]["at"] == "2026-03-01T12:00:00.000Z"
    assert kept["notifications"][0]["reason"]["at"] == "2026-03-01T13:00:00.000Z"
    assert encode(kept["scores"]) == encode(score)


async def test_words_that_mongodb_would_take_for_its_own_are_kept_as_they_are(database: Database) -> None:
    score = a_score().model_copy(update={"model": "$sequence"})
    notification = a_notification().model_copy(update={"playbook": "$$ROOT", "message_id": "$notifications"})
    await MongoOutcomeStore(database).save([score, notification])
    kept = await stored_of_ann(database)
    assert (kept["scores"]["model"], kept["notifications"][0]["playbook"]) == ("$sequence", "$$ROOT")


async def test_two_processes_that_meet_the_same_new_people_at_once_keep_the_latest(
    database: Database, other: MongoOutcomeStore
) -> None:
    store, outcomes = MongoOutcomeStore(database), list[Outcome]()
    for turn in range(10):
        people = [a_profile_id(f"{turn} {number}") for number in range(40)]
        earlier = [a_score(1, profile=each) for each in people]
        later = [a_notification(1, profile=each) for each in reversed(people)]
        later += [a_score(2, profile=each) for each in people]
        await asyncio.gather(store.save(earlier), other.save(later))
        outcomes += [*earlier, *later]
    assert await stored(database) == kept_of(outcomes)
