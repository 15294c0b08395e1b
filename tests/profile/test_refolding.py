"""A request to fold a profile again, through the handler, on a real MongoDB."""

from typing import Any

import pytest

from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.state import join_all, lift
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.storage.mongo import Database
from support.interactions import NOON, a_profile_id, a_refold, an_interaction, an_order, recorded
from support.profile_steps import a_fold

ANN, BOB = a_profile_id("ann"), a_profile_id("bob")
KEY = {"_id": bytes.fromhex(ANN)}
VISIT, ORDER, LATER = recorded(an_interaction(1)), recorded(an_order(2)), recorded(an_order(3, value="5.00"))
REFOLD = a_refold()


def folded(*interactions: Interaction) -> dict[str, Any]:
    return state_document(join_all(lift(each) for each in interactions))


async def tamper(database: Database) -> None:
    await database.profiles.update_one(KEY, {"$set": {"state.interactions": 99}})


async def test_a_profile_that_was_tampered_with_is_made_anew_and_says_why(database: Database) -> None:
    fold = a_fold(database)
    await fold.settle(encode(VISIT), encode(ORDER))
    await tamper(database)
    await fold.settle(encode(REFOLD))
    assert fold.snapshots()[-1] == {
        "profile": ANN,
        "epoch": 7,
        "revision": 3,
        "state_version": 2,
        "merged_into": None,
        "members": [],
        "erased_at": None,
        "cause": {
            "kind": "refold",
            "id": REFOLD.id,
            "type": "profile.refolded",
            "channel": "operations",
            "occurred_at": instant(NOON),
            "received_at": instant(NOON),
            "historical": True,
        },
        "state": folded(VISIT.interaction, ORDER.interaction),
    }
    assert await database.profiles.find_one(KEY, {"_id": 0, "revision": 1, "state": 1}) == {
        "revision": 3,
        "state": folded(VISIT.interaction, ORDER.interaction),
    }


async def test_a_repeated_request_has_no_effect(database: Database) -> None:
    fold = a_fold(database)
    await fold.settle(encode(VISIT), encode(REFOLD), encode(REFOLD))
    await fold.settle(encode(REFOLD))
    assert [(each["revision"], each["cause"]["kind"]) for each in fold.snapshots()] == [
        (1, "interaction"),
        (2, "refold"),
    ]


@pytest.mark.parametrize("place", range(4))
async def test_a_request_within_a_batch_counts_what_stands_before_it(place: int, database: Database) -> None:
    fold = a_fold(database)
    await fold.settle(encode(VISIT))
    await tamper(database)
    batch = [encode(VISIT), encode(ORDER), encode(LATER)]
    batch.insert(place, encode(REFOLD))
    await fold.settle(*batch)
    whole = folded(VISIT.interaction, ORDER.interaction, LATER.interaction)
    assert (fold.snapshots()[-1]["revision"], fold.snapshots()[-1]["state"]) == (4, whole)
    assert fold.dead_letters() == {}


@pytest.mark.parametrize("cause", ["an unknown profile", "a profile without a timeline"])
async def test_where_there_is_nothing_to_fold_nothing_changes(cause: str, database: Database) -> None:
    fold = a_fold(database)
    await fold.settle(encode(VISIT))
    if cause == "a profile without a timeline":
        await database.timeline.delete_many({})
    await fold.settle(encode(a_refold(profile=BOB if cause == "an unknown profile" else ANN)), encode(ORDER))
    assert [(each["profile"], each["revision"]) for each in fold.snapshots()] == [(ANN, 1), (ANN, 2)]
    assert (fold.dead_letters(), fold.stored_offset) == ({}, 3)
