"""What MongoDB or the limits refuse: one record where it is the record's fault, the whole process where it is not."""

from collections.abc import Mapping
from typing import Any

import pytest

from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.profile import InteractionRecorded
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.mongo import Database
from support.interactions import a_profile_id, an_interaction, recorded
from support.profile_steps import StepBench, a_fold

ANN, BOB = a_profile_id("ann"), a_profile_id("bob")
REFUSALS: Mapping[str, Mapping[str, Any]] = {
    "timeline": {"type": {"$ne": "order.placed"}},
    "profiles": {"revision": {"$lt": 2}},
    "offsets": {"version": {"$lt": 2}},
}


def told(*records: InteractionRecorded) -> list[bytes]:
    """Not by the canonical encoder, which has no word for some of it either."""
    return [each.model_dump_json().encode() for each in records]


async def seen(database: Database) -> set[str]:
    return {each["_id"].hex() for each in await database.timeline.find({}, {"_id": 1}).to_list()}


async def revisions(database: Database) -> dict[str, int]:
    return {each["_id"].hex(): each["revision"] for each in await database.profiles.find({}).to_list()}


@pytest.mark.parametrize("collection", REFUSALS)
async def test_what_the_database_refuses_after_publishing_halts_and_is_published_again_afterwards(
    collection: str, database: Database
) -> None:
    first = told(recorded(an_interaction(1)))
    second = told(recorded(an_interaction(2, type="order.placed")), recorded(an_interaction(3)))
    fold = a_fold(database)
    await fold.settle(*first)
    await database.command("collMod", collection, validator=REFUSALS[collection])

    with pytest.raises(Halted, match="MongoDB refused with code"):
        await fold.settle(*second)

    assert (len(fold.halts), fold.stored_offset, fold.dead_letters()) == (1, 1, {})
    assert await seen(database) == {an_interaction(1).id}
    assert [each["revision"] for each in fold.snapshots()] == [1, 2, 3]

    await database.command("collMod", collection, validator={})
    restarted = a_fold(database)
    restarted.next_offset = 1
    await restarted.settle(*second)
    assert restarted.published("profiles") == fold.published("profiles")[1:]
    assert (restarted.stored_offset, restarted.dead_letters()) == (3, {})
    assert await seen(database) == {an_interaction(each).id for each in (1, 2, 3)}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**30])
async def test_a_number_that_cannot_be_stored_is_refused_before_anything_is_published(
    number: int, database: Database
) -> None:
    fold = a_fold(database)
    broken = recorded(an_interaction(2, traits={"points": number}), ANN)
    await fold.settle(*told(recorded(an_interaction(1), ANN), broken, recorded(an_interaction(3), BOB)))
    await assert_only_its_neighbours_passed(fold, database)


async def assert_only_its_neighbours_passed(fold: StepBench, database: Database) -> None:
    assert fold.dead_letters() == {1: "beyond_limits"}
    assert [(each["profile"], each["revision"]) for each in fold.snapshots()] == [(ANN, 1), (BOB, 1)]
    assert await seen(database) == {an_interaction(1).id, an_interaction(3).id}
    assert await revisions(database) == {ANN: 1, BOB: 1}
    assert (fold.stored_offset, fold.halts) == (3, [])


async def test_the_largest_number_that_can_be_stored_comes_back_as_it_was(database: Database) -> None:
    fold = a_fold(database)
    await fold.settle(*told(recorded(an_interaction(1, traits={"points": 2**63 - 1}), ANN)))
    await fold.settle(*told(recorded(an_interaction(2), ANN)))
    first, second = fold.snapshots()
    assert second["state"]["traits"] == first["state"]["traits"]
    assert b"9223372036854775807" in encode(second["state"])
