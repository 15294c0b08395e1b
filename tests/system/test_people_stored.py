"""The checks of who is who notice what they are there for: each is shown something broken."""

from dataclasses import replace

import orjson
import pytest

from fidelio_profile.domain.people import Head
from fidelio_profile.domain.profile import Profile
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import ProfileId
from support.interactions import NOON, a_profile_id, an_interaction, customer, email
from support.people_stored import PeopleStored, agreement_violations, evidence_violations, last_record_violations
from support.topics import Record

ANN, BOB, EVE = a_profile_id("ann"), a_profile_id("bob"), a_profile_id("eve")
AT = instant(NOON)
MAIL = email("ann@example.org")
SAID = [
    an_interaction(1, identifiers=[customer("ann")]),
    an_interaction(2, identifiers=[MAIL]),
    an_interaction(3, identifiers=[customer("ann"), MAIL]),
    an_interaction(4, identifiers=[customer("eve")]),
]
KEYS = frozenset({"customer_id:ann", "email:ann@example.org"})
WELL = PeopleStored(
    owners={**dict.fromkeys(KEYS, ANN), "customer_id:eve": EVE},
    heads={
        ANN: Head(ANN, AT, 3, KEYS, absorbed=frozenset({BOB})),
        BOB: Head(BOB, AT, 2, merged_into=ANN),
        EVE: Head(EVE, AT, 1, frozenset({"customer_id:eve"})),
    },
    profiles={
        ANN: Profile(ANN, 3, None, members=(BOB,)),
        BOB: Profile(BOB, 2, None, merged_into=ANN),
        EVE: Profile(EVE, 1, None),
    },
    places=dict(zip([each.id for each in SAID], (ANN, BOB, ANN, EVE), strict=True)),
)


def a_snapshot(profile: str, merged_into: str | None) -> Record:
    return Record(0, 0, profile.encode(), orjson.dumps({"merged_into": merged_into}), (), 0)


def test_people_as_the_evidence_joins_them_are_well() -> None:
    snapshots = [a_snapshot(BOB, None), a_snapshot(ANN, None), a_snapshot(BOB, ANN)]
    assert list(agreement_violations(WELL)) == []
    assert list(evidence_violations(WELL, SAID)) == []
    assert list(last_record_violations(WELL, snapshots)) == []


@pytest.mark.parametrize(
    "broken",
    [
        replace(WELL, owners={**WELL.owners, "email:ann@example.org": EVE}),
        replace(WELL, heads={**WELL.heads, BOB: replace(WELL.heads[BOB], keys=frozenset({"customer_id:ann"}))}),
        replace(WELL, owners=dict.fromkeys(KEYS, ANN)),
    ],
    ids=["another owner", "two owners", "no owner"],
)
def test_an_identifier_that_is_not_its_owners_alone_is_noticed(broken: PeopleStored) -> None:
    assert list(agreement_violations(broken)) == ["identities and heads disagree"]


def test_a_profile_that_was_not_told_of_its_merge_is_noticed() -> None:
    untold = replace(WELL, profiles={**WELL.profiles, BOB: Profile(BOB, 1, None)})
    assert list(agreement_violations(untold)) == [f"profile {BOB} is part of another one than its head"]


def test_a_profile_that_lacks_a_member_is_noticed() -> None:
    lonely = replace(WELL, profiles={**WELL.profiles, ANN: Profile(ANN, 3, None)})
    assert list(agreement_violations(lonely)) == [f"profile {ANN} has other members than its head"]


@pytest.mark.parametrize(
    ("place", "groups"), [(EVE, 2), (ANN, 1)], ids=["with somebody else", "with somebody who is not they"]
)
def test_other_groups_than_the_evidence_joins_are_noticed(place: ProfileId, groups: int) -> None:
    changed = SAID[1].id if place == EVE else SAID[3].id
    wrong = replace(WELL, places={**WELL.places, changed: place})
    complaint = f"{groups} people, of whom {groups} are other groups than the evidence joins"
    assert list(evidence_violations(wrong, SAID)) == [complaint]


def test_a_merge_that_the_last_record_does_not_tell_is_noticed() -> None:
    untold = f"profile {BOB}: the last record says that it is part of None"
    assert list(last_record_violations(WELL, [a_snapshot(BOB, ANN), a_snapshot(BOB, None)])) == [untold]
