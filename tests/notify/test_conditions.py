"""Conditions of playbooks: what is not known does not hold."""

from dataclasses import replace
from typing import Any

import pytest

from fidelio_notify.domain.cards import Belonging
from fidelio_notify.domain.gates.conditions import holds
from fidelio_notify.domain.playbooks.model import (
    EVERYBODY,
    NEVER,
    All,
    AnyOf,
    Condition,
    HappenedSince,
    HasOpen,
    InBand,
    InSegment,
    LatestRating,
    Not,
    ReferenceClosed,
    TraitIs,
    TraitKnown,
    WorthAtLeast,
)
from fidelio_shared.contracts.notify import Reference
from fidelio_shared.contracts.scoring import Membership
from support.gate_cases import NOON, a_card, a_case, a_proposal, a_scored, a_ticket

LATE = NOON


def _trait(name: str, value: object = True) -> dict[str, object]:
    return {"name": name, "value": value, "at": NOON, "id": "0" * 32, "source": "shop.example"}


def _rating(scale: str, *values: int) -> dict[str, object]:
    latest = [{"at": NOON, "value": each} for each in values]
    return {"scale": scale, "count": len(values), "total": sum(values), "latest": latest}


BELONGS = Belonging(epoch=1, sequence=1, revision=7, at=NOON, memberships=(Membership(segment="loyal", since=NOON),))
CARD = a_card(
    person={
        "traits": (_trait("plan", "gold"), _trait("visits", 1), _trait("is_member"), _trait("city", None)),
        "tickets": (a_ticket(), a_ticket(reference="T2", is_open=False, is_complaint=True)),
        "ratings": (_rating("nps", 6, 10), _rating("csat")),
        "activity": (
            {
                "type": "visit.made",
                "channel": "web",
                "count": 1,
                "first_at": LATE,
                "last_at": LATE,
                "decayed": (1, 1, 1),
            },
        ),
    },
    scored=a_scored("high", amount=100.0),
    belonging=BELONGS,
)
CASE = a_case(card=CARD, proposal=a_proposal(reference=Reference(kind="ticket", id="T2")))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (EVERYBODY, True),
        (NEVER, False),
        (InSegment("loyal"), True),
        (InSegment("lapsed"), False),
        (InBand(frozenset({"watch", "high"})), True),
        (InBand(frozenset({"low"})), False),
        (TraitIs("plan", ("silver", "gold")), True),
        (TraitIs("plan", ("silver",)), False),
        (TraitIs("visits", (1,)), True),
        (TraitIs("visits", (True,)), False),
        (TraitIs("is_member", (True,)), True),
        (TraitIs("is_member", (1,)), False),
        (TraitIs("other", ("gold",)), False),
        (TraitKnown("plan"), True),
        (TraitKnown("city"), False),
        (TraitKnown("other"), False),
        (HasOpen(is_complaint=False), True),
        (HasOpen(is_complaint=True), False),
        (LatestRating("nps", 0, 6), True),
        (LatestRating("nps", 6, 6), True),
        (LatestRating("nps", 7, 10), False),
        (LatestRating("csat", 0, 10), False),
        (LatestRating("ces", 0, 10), False),
        (HappenedSince(frozenset({"visit.made"})), True),
        (HappenedSince(frozenset({"order.placed"})), False),
        (ReferenceClosed(), True),
        (WorthAtLeast(100.0), True),
        (WorthAtLeast(100.01), False),
        (All((InSegment("loyal"), InBand(frozenset({"high"})))), True),
        (All((InSegment("loyal"), InSegment("lapsed"))), False),
        (AnyOf((InSegment("lapsed"), InSegment("loyal"))), True),
        (AnyOf((InSegment("lapsed"), NEVER)), False),
        (Not(InSegment("loyal")), False),
        (Not(Not(InSegment("loyal"))), True),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_condition_holds_where_it_is_true_of_the_card(condition: Condition, expected: bool) -> None:
    assert holds(condition, CASE) is expected


LEAVES = (
    InSegment("loyal"),
    InBand(frozenset({"low", "watch", "high"})),
    TraitIs("plan", ("gold",)),
    TraitKnown("plan"),
    HasOpen(is_complaint=False),
    LatestRating("nps", 0, 10),
    HappenedSince(frozenset({"visit.made"})),
    ReferenceClosed(),
    WorthAtLeast(0.0),
)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize(
    "known", [{"card": None}, {"card": replace(CARD, revision=6)}, {"card": a_card()}], ids=["none", "old", "bare"]
)
def test_what_is_not_known_does_not_hold_and_so_its_opposite_does(leaf: Condition, known: dict[str, Any]) -> None:
    case = a_case(**known)
    assert (holds(leaf, case), holds(Not(leaf), case)) == (False, True)


def test_a_ticket_that_the_card_does_not_list_may_be_open_still() -> None:
    cases = [replace(CASE, proposal=a_proposal(reference=each)) for each in (None, Reference(kind="ticket", id="T9"))]
    assert [holds(ReferenceClosed(), each) for each in cases] == [False, False]
