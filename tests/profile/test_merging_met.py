"""Profiles of before merging become whole, and those that had met become one."""

from pathlib import Path

from fidelio_profile.adapters.mongo_met import MongoMet
from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_profile.merging_met import _merge, _pairs
from fidelio_shared.contracts.identity import read_identity_rules
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.profile import RetireRequested
from fidelio_shared.storage.mongo import Database
from support.profile_steps import RecordingPublisher

ANN, ANN_AGAIN, OTHER = (ProfileId(hash16("test", name)) for name in ("ann", "ann again", "other"))
NO_FILE: Path | None = None


async def before_merging(database: Database) -> None:
    """As a version wrote it that only noted who had met: heads without their identifiers."""
    for number, (profile, met) in enumerate(((ANN, [ANN_AGAIN, OTHER]), (ANN_AGAIN, [ANN]), (OTHER, [ANN]))):
        await database.heads.insert_one(
            {
                "_id": bytes.fromhex(profile),
                "created_at": f"2026-03-01T12:00:0{number}.000Z",
                "merged_into": None,
                "is_identified": True,
                "met": [bytes.fromhex(each) for each in met],
                "version": 1,
            }
        )
    for key, profile in (("customer_id:1", ANN), ("email:ann@example.org", ANN_AGAIN), ("customer_id:2", OTHER)):
        await database.identities.insert_one({"_id": key, "profile": bytes.fromhex(profile)})


async def merge_all(database: Database, publisher: RecordingPublisher) -> list[bool]:
    met, requests = MongoMet(database), MongoRequestStore(database, publisher)
    await met.complete_heads()
    rules = read_identity_rules(NO_FILE)
    pairs = [pair async for page in met.heads() for pair in _pairs(page)]
    return [await _merge(requests, pair, rules) for pair in pairs]


async def test_who_had_met_is_merged_within_the_rules(database: Database) -> None:
    await before_merging(database)
    publisher = RecordingPublisher()
    assert sorted(await merge_all(database, publisher)) == [False, True]
    heads = {each["_id"].hex(): each for each in await database.heads.find({}).to_list()}
    assert heads[ANN]["keys"] == ["customer_id:1", "email:ann@example.org"]
    assert heads[ANN_AGAIN]["merged_into"] == bytes.fromhex(ANN)
    assert heads[OTHER]["merged_into"] is None
    assert (await database.identities.find_one({"_id": "email:ann@example.org"}))["profile"] == bytes.fromhex(ANN)
    retired = [RetireRequested.model_validate_json(each.value) for each in publisher.records if b"retire" in each.value]
    assert [(each.profile, each.into) for each in retired] == [(ANN_AGAIN, ANN)]


async def test_repeating_it_merges_nobody_else(database: Database) -> None:
    await before_merging(database)
    await merge_all(database, RecordingPublisher())
    before = await database.heads.find({}).to_list()
    await merge_all(database, RecordingPublisher())
    assert await database.heads.find({}).to_list() == before
