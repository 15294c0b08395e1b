"""What an older version folded keeps its version until it is folded anew, also while both are at work."""

from fidelio_profile.adapters.mongo_versions import MongoVersions, Older
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.profile import STATE_VERSION
from fidelio_shared.storage.mongo import Database
from support.interactions import NOON, a_profile_id, a_refold, an_interaction, an_order, recorded
from support.profile_steps import a_fold

ANN, BOB = a_profile_id("ann"), a_profile_id("bob")
KEY = {"_id": bytes.fromhex(ANN)}


async def folded_by_version_1(database: Database) -> None:
    fold = a_fold(database)
    await fold.settle(encode(recorded(an_order(1), ANN)), encode(recorded(an_order(2), BOB)))
    newer = ("recent", "returned", "refunded", "ratings", "tickets", "subscriptions", "preferred")
    await database.profiles.update_one(
        KEY, {"$set": {"state_version": 1}, "$unset": {f"state.{each}": "" for each in newer}}
    )


async def version(database: Database) -> int:
    return (await database.profiles.find_one(KEY) or {})["state_version"]


async def test_what_is_folded_onto_it_leaves_it_the_older_version(database: Database) -> None:
    await folded_by_version_1(database)
    fold = a_fold(database)
    fold.next_offset = 2
    await fold.settle(encode(recorded(an_interaction(3), ANN)))
    assert (await version(database), fold.snapshots()[-1]["state_version"]) == (1, 1)


async def test_a_refold_brings_it_up_to_date(database: Database) -> None:
    await folded_by_version_1(database)
    fold = a_fold(database)
    fold.next_offset = 2
    await fold.settle(encode(a_refold(profile=ANN)))
    assert await version(database) == STATE_VERSION
    assert fold.snapshots()[-1]["state"]["recent"] != []
    assert await MongoVersions(database).count_older() == 0


async def test_only_those_of_an_older_version_are_asked_for(database: Database) -> None:
    await folded_by_version_1(database)
    found = [page async for page in MongoVersions(database).older(page=10)]
    assert found == [[Older(ANN, 1, NOON)]]
    assert await MongoVersions(database).count_older() == 1
