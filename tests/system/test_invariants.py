"""The checks of the guarantees notice what they are there for: each is shown something broken."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedMongo
from fidelio_profile.adapters.timeline_documents import timeline_document
from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.state import join_all, lift
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import STATE_VERSION
from fidelio_shared.contracts.scoring import Membership, ScoringCause, SegmentChanged
from fidelio_shared.storage.mongo import Database, connect
from support.interactions import a_profile_id, an_interaction, recorded
from support.invariants import (
    PROFILES,
    application_violations,
    conflict_violations,
    dead_letter_violations,
    numbering_violations,
    outcome_violations,
    refold_violations,
    refusal_violations,
)
from support.topics import Record

ANN, BOB = a_profile_id("ann"), a_profile_id("bob")
FIRST, SECOND = an_interaction(1), an_interaction(2)
OTHER_SAYING = FIRST.model_copy(update={"digest": "1:other"})
BROKEN_AT = ("channels.web", 3, 17)
BROKEN = {BROKEN_AT: "not_json"}


def revisions_of_ann(*numbers: int) -> list[Record]:
    """Each revision's value is its number, in this order on the topic."""
    return [
        Record(0, offset, ANN.encode(), orjson.dumps({"revision": each}), (), 0) for offset, each in enumerate(numbers)
    ]


def a_dead_letter(reason: str = "not_json", *, ce_id: str = "one", value: bytes = b"", **named: object) -> Record:
    told = {"topic": BROKEN_AT[0], "partition": BROKEN_AT[1], "offset": BROKEN_AT[2], "reason": reason} | named
    headers = [("ce_id", ce_id.encode()), *((f"fidelio-{name}", str(said).encode()) for name, said in told.items())]
    return Record(0, 0, None, value, tuple(headers), 0)


def a_conflict(said: Interaction, reason: str = "conflict") -> Record:
    return a_dead_letter(reason, value=encode(said), topic="interactions")


def a_segment_change(sequence: int) -> SegmentChanged:
    return SegmentChanged(
        profile=ANN,
        epoch=1,
        sequence=sequence,
        revision=sequence,
        at=FIRST.received_at,
        cause=ScoringCause(kind="interaction", id=FIRST.id, type=FIRST.type, at=FIRST.occurred_at),
        definition="lifecycle-1",
        entered=("new",),
        exited=(),
        memberships=(Membership(segment="new", since=FIRST.occurred_at),),
    )


@pytest.fixture
async def database(mongod: Mongod | NamedMongo) -> AsyncIterator[Database]:
    """Ann said two things, and her profile counts both."""
    database = connect(mongod.uri, "invariants")
    await database.client.drop_database(database.name)
    await database.timeline.insert_many([timeline_document(recorded(each, ANN)) for each in (FIRST, SECOND)])
    await database.profiles.insert_one(a_profile_document([FIRST, SECOND]))
    yield database
    await database.client.drop_database(database.name)
    await database.client.close()


def a_profile_document(folded: Iterable[Interaction]) -> Mapping[str, Any]:
    state = join_all(lift(each) for each in folded)
    return {"_id": bytes.fromhex(ANN), "revision": 2, "state_version": STATE_VERSION, "state": state_document(state)}


def test_every_number_once_and_the_highest_last_is_well() -> None:
    assert numbering_violations(revisions_of_ann(1, 2, 3, 2, 3), PROFILES, {ANN: 3}) == []


def test_a_missing_revision_is_noticed() -> None:
    assert numbering_violations(revisions_of_ann(1, 3), PROFILES, {ANN: 3}) == [
        f"profiles {ANN}: numbers [2] are missing"
    ]


def test_two_values_of_one_revision_are_noticed() -> None:
    records = revisions_of_ann(1, 2, 2)
    records[1] = replace(records[1], value=b'{"revision":2,"other":true}')

    assert numbering_violations(records, PROFILES, {ANN: 2}) == [f"profiles {ANN}: number 2 has two different values"]


def test_an_old_revision_at_the_end_is_noticed() -> None:
    assert numbering_violations(revisions_of_ann(1, 2, 3, 2), PROFILES, {ANN: 3}) == [
        f"profiles {ANN}: the last record has number 2 of 3"
    ]


def test_what_was_published_and_not_stored_is_noticed() -> None:
    assert numbering_violations(revisions_of_ann(1, 2), PROFILES, {ANN: 1}) == [
        f"profiles {ANN}: published up to 2, stored 1"
    ]


def test_what_was_stored_and_not_published_is_noticed() -> None:
    assert numbering_violations(revisions_of_ann(1), PROFILES, {ANN: 1, BOB: 1}) == [
        f"profiles {BOB}: stored and never published"
    ]


def test_a_broken_record_that_is_one_dead_letter_however_often_it_is_written_is_well() -> None:
    assert refusal_violations([a_dead_letter(), a_dead_letter()], BROKEN) == []


def test_a_broken_record_that_is_no_dead_letter_is_noticed() -> None:
    assert refusal_violations([], BROKEN) == [f"{BROKEN_AT} is no dead letter, and is broken: not_json"]


def test_a_good_record_that_is_a_dead_letter_is_noticed() -> None:
    assert refusal_violations([a_dead_letter()], {}) == [f"{BROKEN_AT} is a dead letter, and is not broken"]


def test_a_dead_letter_of_another_reason_is_noticed() -> None:
    assert refusal_violations([a_dead_letter("bug")], BROKEN) == [
        f"{BROKEN_AT} is broken, not_json, and became [('bug', 'one')]"
    ]


def test_a_dead_letter_doubled_under_another_id_is_noticed() -> None:
    doubled = [a_dead_letter(), a_dead_letter(ce_id="two")]

    assert refusal_violations(doubled, BROKEN) == [
        f"{BROKEN_AT} is broken, not_json, and became [('not_json', 'one'), ('not_json', 'two')]"
    ]
    assert dead_letter_violations(doubled, {"not_json": 1}) == [
        "dead letters {'not_json': 2}, expected {'not_json': 1}"
    ]


async def test_a_timeline_and_a_profile_that_counts_it_are_well(database: Database) -> None:
    assert await application_violations(database, [FIRST.id, SECOND.id]) == []
    assert await refold_violations(database) == []


async def test_a_lost_interaction_is_noticed(database: Database) -> None:
    assert await application_violations(database, [FIRST.id, SECOND.id, an_interaction(3).id]) == [
        "1 accepted interactions were lost"
    ]


async def test_an_interaction_that_nobody_sent_is_noticed(database: Database) -> None:
    assert await application_violations(database, [FIRST.id]) == ["1 interactions were applied that nobody sent"]


async def test_an_interaction_that_is_counted_twice_is_noticed(database: Database) -> None:
    await database.profiles.replace_one({}, a_profile_document([FIRST, SECOND, SECOND]))

    assert await application_violations(database, [FIRST.id, SECOND.id]) == [
        f"profile {ANN} counts 3 of 2 interactions",
        "profiles count 3 of 2 interactions",
    ]
    assert f"profile {ANN} differs at /interactions" in await refold_violations(database)


async def test_a_member_is_counted_by_whom_it_became_part_of_and_by_nobody_else(database: Database) -> None:
    await database.timeline.update_one({}, {"$set": {"profile": bytes.fromhex(BOB)}})
    stub = {"_id": bytes.fromhex(BOB), "revision": 2, "state": None, "merged_into": bytes.fromhex(ANN)}
    await database.profiles.insert_one(stub)
    lonely = await application_violations(database, [FIRST.id, SECOND.id])
    await database.profiles.update_one({"_id": bytes.fromhex(ANN)}, {"$set": {"members": [bytes.fromhex(BOB)]}})
    assert lonely == [f"profile {ANN} counts 2 of 1 interactions"]
    assert await application_violations(database, [FIRST.id, SECOND.id]) == []


async def test_one_saying_applied_and_the_other_refused_is_well(database: Database) -> None:
    refused = [a_conflict(OTHER_SAYING), a_conflict(OTHER_SAYING), a_dead_letter()]

    assert await conflict_violations(database, refused, [FIRST.id]) == []


async def test_a_saying_that_is_neither_applied_nor_refused_is_noticed(database: Database) -> None:
    assert await conflict_violations(database, [], [FIRST.id]) == [
        f"{FIRST.id}: one saying was applied, and 0 others refused"
    ]


async def test_a_saying_that_is_applied_and_refused_is_noticed(database: Database) -> None:
    assert await conflict_violations(database, [a_conflict(FIRST)], [FIRST.id]) == [
        f"{FIRST.id}: one saying was applied, and 0 others refused"
    ]


async def test_a_refusal_behind_the_door_that_nobody_provoked_is_noticed(database: Database) -> None:
    refused = [a_conflict(SECOND), a_conflict(OTHER_SAYING, reason="bug"), a_conflict(OTHER_SAYING)]

    assert await conflict_violations(database, refused, [FIRST.id]) == [
        "('interactions', 3, 17) is a dead letter: conflict",
        "('interactions', 3, 17) is a dead letter: bug",
    ]


async def test_outcomes_that_are_not_the_latest_are_noticed(database: Database) -> None:
    published = [Record(0, sequence, ANN.encode(), encode(a_segment_change(sequence)), (), 0) for sequence in (1, 2)]
    await database.outcomes.insert_one(
        {"_id": bytes.fromhex(ANN), "segments": a_segment_change(1).model_dump(mode="json")}
    )

    assert await outcome_violations(database, published[:1], SegmentChanged) == []
    assert await outcome_violations(database, published, SegmentChanged) == [
        "outcomes have other segments of 1 profiles"
    ]
    assert await outcome_violations(database, [], SegmentChanged) == ["outcomes have other segments of 1 profiles"]
