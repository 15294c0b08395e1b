"""Segments and lives drawn by lot, so that things collide: instants, lengths, types, references."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from fidelio_scoring.domain.segments.reading import Scores
from support.segment_terms import ends
from support.segment_world import MILLISECOND, Event, day, event

Said = dict[str, Any]
TYPES = ("order.placed", "ticket.opened", "ticket.resolved", "survey.answered", "visit.made", "page.viewed")
_LENGTHS: tuple[Any, ...] = (
    "12 hours",
    "1 day",
    "36 hours",
    "3 days",
    "1 week",
    {"calendar_days": 1, "zone": "Europe/Paris"},
    {"calendar_days": 3, "zone": "America/New_York"},
)
_CHANNELS = ("web", "store", "phone")
_SPRING = day(84)
"""Some days before clocks in Paris, and after those in New York, are put forward."""


@cache
def document(seed: int, *subjects: str) -> Mapping[str, Any]:
    """A file of segments on these subjects that refer to earlier ones, and of which some share a group."""
    lots = Random(seed)
    leaves = [each for subject in subjects for each in _LEAVES[subject]]
    said = {"en": "Somebody", "fr": "Quelqu’un"}
    segments: list[Said] = []
    for number in range(8):
        names = [each["name"] for each in segments]
        segment: Said = {"name": f"s{number}", "kind": "value", "labels": said, "description": said}
        if lots.random() < 0.5:
            segment["group"] = lots.choice(("one", "other"))
        segments.append({**segment, "when": _condition(lots, leaves, names, 2)})
    return {"schema": 1, "name": "lots", "version": 1, "segments": segments}


def _condition(lots: Random, leaves: Sequence[Callable[[Random], Said]], names: list[str], depth: int) -> Said:
    if depth and lots.random() < 0.7:
        word = lots.choice(("all", "any", "not"))
        if word == "not":
            return {"not": _condition(lots, leaves, names, depth - 1)}
        return {word: [_condition(lots, leaves, names, depth - 1) for _ in range(lots.randint(1, 3))]}
    if names and lots.random() < 0.2:
        return {"segment": lots.choice(names)}
    return lots.choice(leaves)(lots)


def _bounds(lots: Random, least: int, most: int) -> Said:
    bound = lots.randint(least, most)
    return {lots.choice(("at_least", "at_most", "more_than", "less_than", "is")): bound}


def _age(lots: Random) -> Said:
    told = {"at_least": lots.choice(_LENGTHS), "less_than": lots.choice(_LENGTHS)}
    return {name: told[name] for name in lots.choice((("at_least",), ("less_than",), ("at_least", "less_than")))}


def _happened(lots: Random) -> Said:
    said = {"type": lots.choice(TYPES), "within": lots.choice(_LENGTHS)}
    if said["type"] == "page.viewed" or lots.random() < 0.2:
        return {"happened": said if lots.random() < 0.5 else {**said, "channel": lots.choice(_CHANNELS)}}
    return {"happened": {**said, lots.choice(("at_least", "at_most")): lots.randint(1, 2)}}


def _sequence(lots: Random) -> Said:
    first, then = lots.sample(("order.placed", "ticket.opened", "visit.made"), 2)
    return {"sequence": {"first": first, lots.choice(("then", "then_no")): then, "within": lots.choice(_LENGTHS)}}


def _turning_at_once(lots: Random) -> Said:
    """Of two conditions that turn at one instant either holds, before it and after it."""
    told, length = lots.choice(TYPES), lots.choice(_LENGTHS)
    happened = {"happened": {"type": told, "within": length}}
    return {"any": [happened, {"absent": {"type": told, "for": length, "ever": True}}]}


def _absent(lots: Random) -> Said:
    return {"absent": {"type": lots.choice(TYPES), "for": lots.choice(_LENGTHS), "ever": lots.random() < 0.3}}


def _rating(lots: Random) -> Said:
    said: Said = {"scale": lots.choice(("csat", "nps")), lots.choice(("latest", "average")): _bounds(lots, 1, 5)}
    return {"rating": {**said, "within": lots.choice(_LENGTHS)} if "latest" in said else said}


def _interactions(lots: Random) -> Said:
    beside: Said = lots.choice(({}, {"type": "visit.made"}, {"type": "visit.made", "channel": "web"}))
    return {"interactions": {**beside, **_bounds(lots, 0, 4)}}


def _channels(lots: Random) -> Said:
    types = lots.sample(TYPES, 2)
    return {"channels": {"types": types, "at_least": lots.randint(1, 3), "within": lots.choice(_LENGTHS)}}


_LEAVES: Mapping[str, Sequence[Callable[[Random], Said]]] = {
    "happened": (_happened, _happened, _happened, _channels),
    "absent": (_absent, _absent, _turning_at_once),
    "sequence": (_sequence, _sequence),
    "number": (
        lambda lots: {lots.choice(("orders", "purchase_days", "mean_gap_days", "last_gap_days")): _bounds(lots, 0, 3)},
        lambda lots: {lots.choice(("revenue", "average_order")): {"currency": "EUR", **_bounds(lots, 5, 20)}},
        lambda lots: {"return_share": _bounds(lots, 0, 1)},
        _rating,
        _interactions,
    ),
    "case": (
        lambda lots: {lots.choice(("open_tickets", "open_complaints", "reopenings")): _bounds(lots, 0, 2)},
        lambda lots: {lots.choice(("oldest_ticket", "oldest_complaint")): _age(lots)},
        lambda lots: {"subscriptions": lots.choice(({"plan": "plus", "at_least": 1}, _bounds(lots, 0, 2)))},
        lambda lots: {"subscription_age": _age(lots)},
    ),
    "age": (lambda lots: {lots.choice(("tenure", "first_order", "last_order")): _age(lots)},),
    "attribute": (
        lambda lots: {"trait": {"name": "city", "in": lots.choice((["Lyon"], ["Lyon", 1], [True]))}},
        lambda lots: {"trait": {"name": "city", "exists": lots.random() < 0.5}},
        lambda lots: {"account": {"is": "acme"}},
    ),
    "consent": (lambda lots: {"consent": {"purpose": "marketing", "channel": lots.choice(("email", "sms"))}},),
    "score": (
        lambda lots: {"band": lots.choice(("high", ["low", "watch"]))},
        lambda lots: {"rfm": {"recency": _bounds(lots, 1, 5), "monetary": _bounds(lots, 1, 5)}},
        lambda lots: {lots.choice(("clv", "health")): _bounds(lots, 0, 100)},
    ),
}
SUBJECTS = tuple(_LEAVES)


def scores(lots: Random) -> Scores:
    return Scores(
        band=lots.choice((None, "low", "watch", "high")),
        rfm=lots.choice((None, (lots.randint(1, 5), lots.randint(1, 5), lots.randint(1, 5)))),
        clv=lots.choice((None, 50.0, 100.0)),
        health=lots.choice((None, 0.0, 42.0)),
    )


def life(lots: Random) -> list[Event]:
    return [_event(lots, _moment(lots)) for _ in range(lots.randint(1, 16))]


def _moment(lots: Random) -> datetime:
    return _SPRING + lots.randrange(20) * timedelta(hours=12) + lots.choice((0, 0, 0, 1, -1)) * MILLISECOND


def _event(lots: Random, at: datetime) -> Event:
    word = lots.choice(tuple(_DONE))
    return event(at, word, **_DONE[word](lots))


def _over_a_channel(lots: Random) -> Said:
    return {"channel": lots.choice(_CHANNELS)}


def _on_a_ticket(lots: Random) -> Said:
    return {**_over_a_channel(lots), "reference": {"kind": "ticket", "id": lots.choice("12")}}


def _of_a_plan(lots: Random) -> Said:
    return {**_on_a_ticket(lots), "data": lots.choice(({}, {"plan": "basic"}, {"plan": "plus"}))}


def _order(lots: Random) -> Said:
    return {**_over_a_channel(lots), "amount": {"value": lots.choice(("5.10", "9.90")), "currency": "EUR"}}


def _answer(lots: Random) -> Said:
    return {**_over_a_channel(lots), "rating": {"scale": lots.choice(("csat", "nps")), "value": lots.randint(1, 5)}}


def _told(lots: Random) -> Said:
    traits = {"city": lots.choice(("Lyon", "Nice", 1, True, None))}
    return {"traits": traits, "account_id": lots.choice((None, "acme", "umbrella"))}


def _consent(lots: Random) -> Said:
    expires = lots.choice((None, None, _moment(lots).isoformat()))
    given = {"purpose": lots.choice(("marketing", "marketing", "contact")), "expires_at": expires}
    channel, status = lots.choice(("email", "sms", "any")), lots.choice(("granted", "granted", "denied"))
    return {"consent": {**given, "channel": channel, "status": status}}


_DONE: Mapping[str, Callable[[Random], Said]] = {
    "order.placed": _order,
    "order.returned": _over_a_channel,
    "ticket.opened": _on_a_ticket,
    "ticket.reopened": _on_a_ticket,
    "ticket.resolved": _on_a_ticket,
    "complaint.filed": _on_a_ticket,
    "survey.answered": _answer,
    "visit.made": _over_a_channel,
    "page.viewed": _over_a_channel,
    "subscription.started": _of_a_plan,
    "subscription.cancelled": _of_a_plan,
    "profile.updated": _told,
    "consent.changed": _consent,
}


def boundaries(events: list[Event]) -> list[datetime]:
    """Every instant at which anything could possibly turn, of whatever definition."""
    told = [each.at for each in events]
    expiries = [
        datetime.fromisoformat(str(each.more["consent"]["expires_at"]))  # type: ignore[index]
        for each in events
        if "consent" in each.more and each.more["consent"]["expires_at"]  # type: ignore[index]
    ]
    return sorted({*told, *expiries, *(ends(at, length) for at in told for length in _LENGTHS)})
