"""A profile stays small, and one more interaction costs the same, whatever and however much came before."""

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta

import bson
import pytest

from fidelio_profile.domain.documents import state_document, state_from
from fidelio_profile.domain.state import State, join, join_all, lift
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Interaction
from support.hostile_profiles import LETTERS, hostile_interactions
from support.interactions import NOON, a_consent_change, an_interaction, an_order, customer, device, email

MOST_BYTES, TYPICAL_BYTES = 56 * 1024, 4 * 1024
DAY = timedelta(days=1)


def size(state: State) -> int:
    """Of the larger of its two forms."""
    document = state_document(state)
    return max(len(encode(document)), len(bson.encode(document)))


def doubled(state: State, times: int) -> State:
    """As if everything had happened again so many times over, to others than those that are counted already."""
    for _ in range(times):
        state = join(state, state)
    return state


@pytest.mark.parametrize("letter", LETTERS, ids=ascii)
@pytest.mark.parametrize("longer", [0, 1, 30])
def test_a_state_stays_below_its_bound_whatever_comes(letter: str, longer: int) -> None:
    state = join_all(map(lift, hostile_interactions(letter, longer=longer)))
    assert size(doubled(state, 20)) <= MOST_BYTES


def test_the_hostile_profile_fills_what_there_is_and_without_limits_would_exceed_it() -> None:
    """Else the bound would be held by the poverty of what was tried."""
    interactions = list(hostile_interactions("x"))
    document = state_document(join_all(map(lift, interactions)))
    counts = {name: len(each) for name, each in document.items() if isinstance(each, list)}
    assert counts == {
        "identifiers": 24,
        "accounts": 8,
        "activity": 48,
        "returned": 8,
        "refunded": 8,
        "consents": 20,
        "traits": 48,
        "recent": 25,
        "ratings": 6,
        "tickets": 12,
        "subscriptions": 6,
    }
    assert sum(size(lift(each)) for each in interactions) > 10 * MOST_BYTES


def test_of_a_text_that_is_too_long_nothing_is_kept_but_that_there_was_more() -> None:
    """But for what is cut, and traits, of which it is kept that the value before does not hold any more."""
    ticket = {"kind": "ticket", "id": "x" * 65}
    told = an_interaction(
        1,
        type="ticket.opened",
        channel="c" * 33,
        source="s" * 41,
        identifiers=[customer("x" * 161), customer("42")],
        account_id="a" * 97,
        traits={"n" * 49: 1, "city": "v" * 129},
        rating={"scale": "m" * 49, "value": 1},
        reference=ticket,
    )
    document = state_document(lift(told))
    assert document["identifiers"] == [{"kind": "customer_id", "value": "42"}]
    assert (document["accounts"], document["activity"], document["ratings"]) == ([], [], [])
    assert (document["tickets"], document["has_more_tickets"]) == ([], True)
    assert [(each["name"], each["value"], each["source"]) for each in document["traits"]] == [("city", None, "s" * 40)]


def test_a_typical_state_takes_at_most_4_kib() -> None:
    typical = join_all(map(lift, a_year_with_a_shop()))
    assert len(encode(state_document(typical))) <= TYPICAL_BYTES


def a_year_with_a_shop() -> Sequence[Interaction]:
    who = [customer("42"), email("ann.martin@example.org"), device("d-9")]
    told = {"first_name": "Ann", "city": "Lyon", "language": "fr", "time_zone": "Europe/Paris"}
    ticket = {"kind": "ticket", "id": "T-1042"}

    def days_ago(days: int) -> dict[str, object]:
        return {"identifiers": who, "occurred_at": NOON - days * DAY}

    return [
        a_consent_change(1, "granted", channel="web", **days_ago(360)),
        *(an_order(10 + each, "49.90", channel="web", traits=told, **days_ago(60 * each)) for each in range(1, 7)),
        *(an_interaction(20 + each, type="message.sent", channel="email", **days_ago(28 * each)) for each in range(12)),
        *(an_interaction(40 + each, type="message.clicked", channel="email", **days_ago(90 * each)) for each in (1, 2)),
        *(an_interaction(50 + each, type="session.started", **days_ago(11 * each)) for each in range(30)),
        an_interaction(90, type="ticket.opened", channel="support", reference=ticket, **days_ago(80)),
        an_interaction(91, type="ticket.resolved", channel="support", reference=ticket, **days_ago(79)),
        an_interaction(92, type="survey.answered", rating={"scale": "csat", "value": 4}, **days_ago(78)),
    ]


Step = Callable[[State, Interaction], object]


def one_more(state: State, interaction: Interaction) -> object:
    return encode(state_document(join(state_from(state_document(state)), lift(interaction))))


def one_more_remembering(state: State, interaction: Interaction) -> object:
    """A wrong one: looks at everything again."""
    return [state_from(state_document(state)) for _ in range(state.interactions.bit_length())]


def calls(step: Step, state: State, interaction: Interaction) -> int:
    """How many functions a step calls, in Python and in C: its cost, whatever the machine is doing meanwhile."""
    count = 0

    def profiler(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    step(state, interaction)  # what is remembered of texts is remembered now
    sys.setprofile(profiler)
    try:
        step(state, interaction)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("interaction", [an_interaction(1), an_order(2), an_interaction(3, type="message.replied")])
def test_the_millionth_interaction_costs_what_the_thousandth_costs(interaction: Interaction) -> None:
    thousand = join_all(map(lift, hostile_interactions("x", count=1_000)))
    million = doubled(thousand, 10)
    assert million.interactions == 1_024_000
    assert calls(one_more, million, interaction) == calls(one_more, thousand, interaction)
    assert size(million) - size(thousand) < 1024
    assert calls(one_more_remembering, million, interaction) > calls(one_more_remembering, thousand, interaction)
