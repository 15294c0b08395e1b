"""Timelines too long to be read at once are folded page by page, on a real MongoDB."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from fidelio_profile.adapters.timeline_documents import timeline_document
from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.fold import RETENTION
from fidelio_profile.domain.people import identifier_hash
from fidelio_profile.domain.state import join_all, lift
from fidelio_profile.repairs import refold_request
from fidelio_profile.verifying import differences
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.contracts.profile import AbsorbRequested, Apart, EraseRequested, RetireRequested, SplitRequested
from fidelio_shared.storage.mongo import Database
from support.interactions import NOON, a_profile_id, a_refold, an_interaction, an_order, customer, email, recorded
from support.profile_steps import StepBench, a_fold

ANN, BOB, EVE = a_profile_id("ann"), a_profile_id("bob"), a_profile_id("eve")
OWN, TAKEN = customer("ann"), email("bob@example.org")
SPLIT = SplitRequested(
    profile=ANN, id=hash16("test", "split"), into=BOB, identifiers=(TAKEN,), remaining=(OWN,), at=NOON
)


def hours_ago(number: int) -> datetime:
    return NOON - timedelta(hours=number)


def said(count: int, identifier: Identifier = OWN, since: int = 0) -> list[Interaction]:
    return [
        an_order(number, identifiers=[identifier], occurred_at=hours_ago(number % 500))
        for number in range(since, since + count)
    ]


async def profile(database: Database, of: ProfileId = ANN) -> dict[str, Any]:
    return await database.profiles.find_one({"_id": bytes.fromhex(of)}) or {}


async def told(fold: StepBench, *interactions: Interaction, by: ProfileId = ANN) -> None:
    await fold.settle(*(encode(recorded(each, by)) for each in interactions))


async def tamper(database: Database, count: int = 99) -> None:
    await database.profiles.update_one({"_id": bytes.fromhex(ANN)}, {"$set": {"state.interactions": count}})


def state_of(*interactions: Interaction) -> dict[str, Any]:
    return state_document(join_all(map(lift, interactions)))


@pytest.mark.parametrize("most_at_once", [1, 2, 3, 7])
async def test_a_long_timeline_is_folded_again_to_what_it_would_be_at_once(
    most_at_once: int, database: Database
) -> None:
    fold = a_fold(database, most_at_once)
    await told(fold, *said(8))
    await tamper(database)
    await fold.settle_to_rest(encode(a_refold()))
    found = await profile(database)
    assert differences(found["state"], state_of(*said(8))) == []
    assert "refolding" not in found
    pages = -(-8 // most_at_once)
    assert [each.get("is_refolding", False) for each in fold.snapshots()[8:]] == [*[True] * pages, False]
    assert [each["state"]["interactions"] for each in fold.snapshots()[8:]] == [*[99] * pages, 8]


async def test_a_timeline_that_is_longer_than_its_profile_says_is_folded_page_by_page_as_well(
    database: Database,
) -> None:
    fold = a_fold(database, 1)
    await told(fold, *said(8))
    await tamper(database, 1)
    await fold.settle_to_rest(encode(a_refold()))
    assert [each.get("is_refolding", False) for each in fold.snapshots()[8:]] == [*[True] * 8, False]
    assert differences((await profile(database))["state"], state_of(*said(8))) == []


async def test_more_than_was_told_of_by_a_split_is_taken_page_by_page_as_well(database: Database) -> None:
    fold = a_fold(database, 1)
    await told(fold, *said(6, TAKEN))
    key = identifier_hash(f"{TAKEN.kind}:{TAKEN.value}")
    brought = AbsorbRequested(
        profile=BOB,
        absorbed=ANN,
        id=hash16("test", "brought"),
        is_split=True,
        at=NOON,
        apart=(Apart(key=key, profile=BOB, at=NOON),),
    )
    await fold.settle_to_rest(encode(brought))
    assert differences((await profile(database, BOB))["state"], state_of(*said(6, TAKEN))) == []
    assert await database.timeline.count_documents({"profile": bytes.fromhex(BOB), "kind": "interaction"}) == 6


@pytest.mark.parametrize("hours", [-1, 3, 1_000], ids=["latest", "among others", "oldest"])
@pytest.mark.parametrize("pages", range(4))
async def test_what_comes_while_a_long_timeline_is_folded_again_counts_once(
    pages: int, hours: int, database: Database
) -> None:
    fold, late = a_fold(database, 2), an_order(90, occurred_at=hours_ago(hours))
    await told(fold, *said(6))
    await tamper(database)
    await fold.settle(encode(a_refold()))
    for _ in range(pages):
        await fold.settle(fold.published(fold.topic)[-1])
    await told(fold, late)
    await told(fold, late)
    await fold.settle_to_rest(fold.published(fold.topic)[-1])
    assert differences((await profile(database))["state"], state_of(*said(6), late)) == []


async def test_a_page_that_comes_again_changes_nothing_and_one_that_is_lost_is_asked_for_again(
    database: Database,
) -> None:
    fold = a_fold(database, 2)
    await told(fold, *said(6))
    await tamper(database)
    await fold.settle(encode(a_refold()))
    first = fold.published(fold.topic)[-1]
    await fold.settle(first, first)
    await fold.settle(first)
    assert len(fold.published(fold.topic)) == 2
    await fold.settle_to_rest(encode(a_refold(2)))
    assert differences((await profile(database))["state"], state_of(*said(6))) == []


async def test_a_split_of_a_long_timeline_gives_each_what_is_theirs_while_more_comes(database: Database) -> None:
    fold = a_fold(database, 2)
    own, taken, later = said(7), said(5, TAKEN, since=20), said(2, TAKEN, since=40)
    await told(fold, *own, *taken)
    await fold.settle(encode(SPLIT))
    during = await profile(database)
    assert (during["state"]["identifiers"], "refolding" in during) == ([OWN.model_dump()], True)
    await fold.settle_to_rest(
        *fold.published(fold.topic), *(encode(recorded(each, who)) for each, who in zip(later, (ANN, BOB), strict=True))
    )
    assert differences((await profile(database))["state"], state_of(*own)) == []
    assert differences((await profile(database, BOB))["state"], state_of(*taken, *later)) == []
    assert await database.timeline.count_documents({"profile": bytes.fromhex(BOB), "kind": "interaction"}) == 7


async def test_who_becomes_part_of_another_meanwhile_is_folded_again_there(database: Database) -> None:
    fold = a_fold(database, 4)
    await told(fold, *said(6))
    await told(fold, *said(2, since=50), by=EVE)
    await tamper(database)
    await fold.settle(encode(a_refold()))
    retire = RetireRequested(profile=ANN, into=EVE, id=hash16("test", "merge"), at=NOON)
    await fold.settle_to_rest(encode(retire))
    assert differences((await profile(database, EVE))["state"], state_of(*said(6), *said(2, since=50))) == []
    assert (await profile(database))["merged_into"] == bytes.fromhex(EVE)


async def test_what_a_long_split_brings_to_somebody_who_was_erased_is_kept_by_nobody(database: Database) -> None:
    fold = a_fold(database, 2)
    await told(fold, *said(3), *said(5, TAKEN, since=20))
    await fold.settle(encode(EraseRequested(profile=BOB, id=hash16("test", "erase"), at=NOON)))
    await fold.settle_to_rest(encode(SPLIT))
    left = await database.timeline.find({"kind": "interaction"}).hint("_id_").to_list()
    assert {each["anchor"] for each in left} == {"customer_id:ann"}
    assert differences((await profile(database))["state"], state_of(*said(3))) == []


async def test_nothing_leaves_a_timeline_while_it_is_folded_again(database: Database) -> None:
    fold = a_fold(database, 2)
    await told(fold, *said(4))
    await fold.settle(encode(a_refold()))
    before = await profile(database)
    aged = NOON + timedelta(days=9_000)
    await fold.settle(encode(refold_request(ANN, reason=RETENTION, cause="today", at=aged)))
    assert await profile(database) == before


async def inserted(database: Database, interactions: Sequence[Interaction]) -> None:
    documents = [timeline_document(recorded(each, ANN)) for each in interactions]
    await database.timeline.insert_many(documents, ordered=False)


@pytest.mark.long
async def test_twenty_five_thousand_interactions_are_folded_again_and_split(database: Database) -> None:
    fold = a_fold(database)
    own, taken = said(10_000), said(15_000, TAKEN, since=30_000)
    await told(fold, an_interaction(99_999))
    await inserted(database, [*own, *taken])
    await tamper(database, 1_000_000)
    await fold.settle_to_rest(encode(a_refold()))
    whole = state_of(an_interaction(99_999), *own, *taken)
    assert differences((await profile(database))["state"], whole) == []
    await fold.settle_to_rest(encode(SPLIT))
    assert differences((await profile(database))["state"], state_of(an_interaction(99_999), *own)) == []
    assert differences((await profile(database, BOB))["state"], state_of(*taken)) == []
    assert fold.dead_letters() == {}
