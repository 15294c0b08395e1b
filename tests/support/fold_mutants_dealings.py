"""Folds that are wrong about the dealings with a person, in one respect each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from fidelio_profile.domain import documents, preferred, ratings, recent, referred, state, subscriptions, tickets
from fidelio_profile.domain.orders import Total, Totals
from fidelio_profile.domain.parts import Part
from fidelio_profile.domain.preferred import RESPONSES, Preferred
from fidelio_profile.domain.ratings import Ratings
from fidelio_profile.domain.recent import Recent
from fidelio_profile.domain.referred import Key, Referred
from fidelio_profile.domain.subscriptions import Subscription
from fidelio_profile.domain.tickets import Ticket, Tickets
from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.recent import MOST_RECENT
from support.fold_mutants import Mutant, first_come, mutant, wide_mutant

V = TypeVar("V")


def _last_to_arrive(left: Recent, right: Recent) -> Recent:
    joined = {name: (*right.get(name, ()), *left.get(name, ())) for name in left.keys() | right.keys()}
    return {name: instants[: MOST_RECENT[name]] for name, instants in joined.items()}


def _an_instant_counts_once(left: Recent, right: Recent) -> Recent:
    return {name: tuple(dict.fromkeys(instants)) for name, instants in _join_recent(left, right).items()}


def _ratings_by_arrival(left: Ratings, right: Ratings) -> Ratings:
    return replace(_join_rating(left, right), latest=(*right.latest, *left.latest)[: ratings.MOST_LATEST])


def _one_rating_of_a_kind(left: Ratings, right: Ratings) -> Ratings:
    joined = _join_rating(left, right)
    return replace(joined, latest=tuple(dict.fromkeys(joined.latest)))


def _resolved_for_good(left: Ticket, right: Ticket) -> Ticket:
    return replace(_join_ticket(left, right), is_open=left.is_open and right.is_open)


def _state_by_arrival(left: Ticket, right: Ticket) -> Ticket:
    return replace(_join_ticket(left, right), is_open=right.is_open)


def _ties_by_arrival(ticket: Ticket) -> str:
    return ticket.at


def _no_complaints(interaction: Interaction, at: Instant) -> Part[Tickets]:
    return tickets.NO_TICKETS if interaction.type == "complaint.filed" else _one_ticket(interaction, at)


def _opened_when_last_opened(left: Ticket, right: Ticket) -> Ticket:
    opened = [each for each in (left.opened_at, right.opened_at) if each]
    return replace(_join_ticket(left, right), opened_at=max(opened, default=None))


def _reopenings_lost_in_storage(document: Mapping[str, Any]) -> Tickets:
    read = _read_tickets(document)
    return replace(read, entries={key: replace(each, reopenings=0) for key, each in read.entries.items()})


def _plan_by_arrival(left: Subscription, right: Subscription) -> Subscription:
    return replace(_join_subscription(left, right), plan=right.plan or left.plan)


def _cancelled_for_good(left: Subscription, right: Subscription) -> Subscription:
    return replace(_join_subscription(left, right), is_active=left.is_active and right.is_active)


def _any_event_starts(interaction: Interaction, at: Instant) -> Part[Referred[Subscription]]:
    """A cancellation too."""
    as_started = interaction.model_copy(update={"type": "subscription.started"})
    if interaction.type != "subscription.cancelled":
        return _one_subscription(interaction, at)
    return _one_subscription(as_started, at)


Keep = Callable[[Mapping[Key, V]], Mapping[Key, V]]


def _never_more(
    left: Referred[V], right: Referred[V], join: Callable[[V, V], V], keep: Keep[V], most: int
) -> Referred[V]:
    return replace(_join_referred(left, right, join, keep, most), has_more=False)


def _more_once_full(
    left: Referred[V], right: Referred[V], join: Callable[[V, V], V], keep: Keep[V], most: int
) -> Referred[V]:
    joined = _join_referred(left, right, join, keep, most)
    return replace(joined, has_more=joined.has_more or len(joined.entries) == most)


def _hour_of_arrival(interaction: Interaction, _: Instant) -> Part[Preferred]:
    return _one_response(interaction, instant(interaction.received_at))


def _returns_in_floats(left: Totals, right: Totals) -> Totals:
    joined = dict(_join_totals(left, right))
    for currency in left.keys() & right.keys():
        revenue = float(left[currency].revenue) + float(right[currency].revenue)
        joined[currency] = Total(joined[currency].count, Decimal(str(revenue)))
    return joined


def _gap_over_orders(days: int) -> tuple[float | None, float | None]:
    """As if there were as many gaps as purchase days."""
    mean_gap_days, gap_variation = _rhythm(days)
    return mean_gap_days and mean_gap_days * (days.bit_count() - 1) / days.bit_count(), gap_variation


def _sample_form(days: int) -> tuple[float | None, float | None]:
    mean_gap_days, gap_variation = _rhythm(days)
    gaps = days.bit_count() - 1
    return mean_gap_days, gap_variation and gap_variation * (gaps / (gaps - 1)) ** 0.5


_join_recent, _join_rating, _join_ticket = recent._join, ratings._join, tickets._join
_one_ticket, _read_tickets = tickets.one_ticket, tickets._read
_join_subscription, _one_subscription = subscriptions._join, subscriptions.one_subscription
_join_referred, _one_response = referred.join_referred, preferred.one_response
_join_totals, _rhythm = state.join_totals, documents.rhythm

DEALINGS_MUTANTS: Sequence[Mutant] = (
    mutant("recent: the last to arrive", (recent, "_join", _last_to_arrive), kinds=("visit",)),
    mutant("recent: an instant counts once", (recent, "_join", _an_instant_counts_once), kinds=("visit",)),
    mutant("ratings: the last to arrive", (ratings, "_join", _ratings_by_arrival), kinds=("rating",)),
    mutant("ratings: equal ones count once", (ratings, "_join", _one_rating_of_a_kind), kinds=("rating",)),
    mutant("what was resolved stays resolved", (tickets, "_join", _resolved_for_good), kinds=("ticket",)),
    mutant("a ticket is as the last to arrive says", (tickets, "_join", _state_by_arrival), kinds=("ticket",)),
    mutant("tickets: ties without the id", (tickets, "_moment", _ties_by_arrival), kinds=("ticket",)),
    mutant("complaints are no tickets", (state, "one_ticket", _no_complaints), kinds=("ticket",)),
    mutant("a ticket is as old as its last opening", (tickets, "_join", _opened_when_last_opened), kinds=("ticket",)),
    mutant("reopenings are lost in storage", (tickets, "_read", _reopenings_lost_in_storage), kinds=("ticket",)),
    mutant("the last plan to arrive", (subscriptions, "_join", _plan_by_arrival), kinds=("subscription",)),
    mutant(
        "what was cancelled stays cancelled", (subscriptions, "_join", _cancelled_for_good), kinds=("subscription",)
    ),
    mutant(
        "a cancellation starts a subscription", (state, "one_subscription", _any_event_starts), kinds=("subscription",)
    ),
    mutant("a mail that was opened is a click", (preferred, "RESPONSES", {**RESPONSES, "message.opened": (0, 1, 0)})),
    mutant("the hour of arrival", (state, "one_response", _hour_of_arrival), kinds=("response",)),
    mutant("returns in floats", (state, "join_totals", _returns_in_floats), kinds=("return",)),
    mutant("a gap too many", (documents, "rhythm", _gap_over_orders), kinds=("order",)),
    mutant("the sample's variation", (documents, "rhythm", _sample_form), kinds=("order",)),
    wide_mutant("ratings: first come", (ratings, "bottom", first_come)),
    wide_mutant("ratings: unknown scales displace known ones", (ratings, "_is_known", bool)),
    wide_mutant("tickets: first come", (tickets, "bottom", first_come)),
    wide_mutant("subscriptions: first come", (subscriptions, "bottom", first_come)),
    wide_mutant("nobody tells that there are more", (tickets, "join_referred", _never_more)),
    wide_mutant("more is told once it is full", (tickets, "join_referred", _more_once_full)),
    wide_mutant("preferred channels: first come", (preferred, "bottom", first_come)),
    wide_mutant("devices displace addresses", (state, "_is_strong", bool)),
)
