"""Which tickets are kept beside many others, whatever the order in which they come."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from fidelio_profile.domain import tickets
from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.documents import state_document, state_from
from fidelio_profile.domain.referred import Key
from fidelio_profile.domain.state import State, join, join_all, lift
from fidelio_profile.domain.tickets import MOST_TICKETS, MOST_WHOLE, Ticket
from fidelio_shared.contracts.ingest import Interaction
from support.effort import CI
from support.fold_meaning_dealings import dealings
from support.interactions import NOON, an_interaction

SEARCH = settings(CI, phases=(Phase.generate,), max_examples=300)
TYPES = ("ticket.opened", "ticket.reopened", "ticket.resolved", "complaint.filed")
Tickets = Mapping[Key, Ticket]


def on_a_ticket(number: int, reference: int, told: str = "ticket.opened", minutes: int = 0) -> Interaction:
    at = NOON + timedelta(minutes=minutes)
    return an_interaction(number, type=told, reference={"kind": "ticket", "id": str(reference)}, occurred_at=at)


def said_of_many(seed: int) -> list[Interaction]:
    lots = Random(seed)
    references = lots.choice((8, 12, 15, 30))
    return [
        on_a_ticket(number, lots.randrange(references), lots.choice(TYPES), lots.randrange(40)) for number in range(60)
    ]


def in_some_ways(seed: int) -> list[tuple[Any, Any]]:
    """What is told of the same in some orders and groupings, also stored on the way."""
    said, lots = said_of_many(seed), Random(seed)
    lots.shuffle(said)
    cut = lots.randrange(1, len(said))
    left, right = (join_all(map(lift, part)) for part in (said[:cut], said[cut:]))
    return [told_of(state) for state in (join_all(map(lift, said)), join(left, stored(right)), join(right, left))]


def stored(state: State) -> State:
    return state_from(state_document(state))


def told_of(state: State) -> tuple[Any, Any]:
    document = state_document(state)
    return document["tickets"], document["has_more_tickets"]


seeds = st.integers(0, 2**32)


@CI
@given(seeds)
def test_which_tickets_are_kept_does_not_depend_on_the_order(seed: int) -> None:
    expected = dealings(said_of_many(seed))
    assert in_some_ways(seed) == [(expected["tickets"], expected["has_more_tickets"])] * 3


@pytest.mark.parametrize("is_first", [True, False])
def test_a_new_ticket_is_seen_to_be_open_beside_any_number_of_older_ones(is_first: bool) -> None:
    old: Sequence[Interaction] = [
        on_a_ticket(10 * each + step, each, told, minutes=-each)
        for each in range(40)
        for step, told in enumerate(("ticket.opened", "ticket.resolved"))
    ]
    for reference in range(100, 130):
        new = [on_a_ticket(1_000, reference, minutes=5)]
        told = told_of(join_all(map(lift, [*new, *old] if is_first else [*old, *new])))[0]
        assert [each["opened_at"] for each in told if each["reference"] == str(reference)] == [
            "2026-03-01T12:05:00.000Z"
        ]


def _open_first(told: Tickets) -> Tickets:
    whole = bottom(told, MOST_WHOLE)
    others = sorted((key for key in told if key not in whole), key=lambda key: (told[key].is_open, told[key].at, key))
    return {**whole, **{key: tickets._as_last_told(told[key]) for key in others[MOST_WHOLE - MOST_TICKETS :]}}


def _latest_with_their_story(told: Tickets) -> Tickets:
    whole = bottom(told, MOST_WHOLE)
    others = sorted((key for key in told if key not in whole), key=lambda key: (told[key].at, told[key].id))
    return {**whole, **{key: told[key] for key in others[MOST_WHOLE - MOST_TICKETS :]}}


def _latest_of_all(told: Tickets) -> Tickets:
    return dict(sorted(told.items(), key=lambda each: (each[1].at, each[1].id))[-MOST_TICKETS:])


@pytest.mark.parametrize("kept", [_open_first, _latest_with_their_story, _latest_of_all])
def test_another_choice_would_depend_on_the_order(
    kept: Callable[[Tickets], Tickets], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "_kept", kept)
    find(seeds, lambda seed: _differ(in_some_ways(seed)), settings=SEARCH)


def _differ(told: Sequence[tuple[Any, Any]]) -> bool:
    return any(each != told[0] for each in told)
