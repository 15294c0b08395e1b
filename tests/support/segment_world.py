"""People of whom a segment test tells what they did, and scoring learns what the profile's own fold makes of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import yaml

from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.state import join_all, lift
from fidelio_scoring.domain import facts
from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_shared.contracts import profile as contract
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import ProfileState
from support.interactions import an_interaction

MILLISECOND = timedelta(milliseconds=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float, *, ms: int = 0, **more: float) -> datetime:
    """So many days of 86,400 seconds after the start of 2026, and some hours, minutes or milliseconds."""
    return START + timedelta(days=number, **more) + ms * MILLISECOND


@dataclass(frozen=True, slots=True)
class Event:
    """Something that somebody did. `more`: fields of the interaction. `received`: when it was heard of."""

    at: datetime
    type: str
    more: Mapping[str, object]
    received: datetime

    def interaction(self, number: int) -> Interaction:
        return an_interaction(number, type=self.type, occurred_at=self.at, received_at=self.received, **self.more)


def event(at: datetime, name: str, *, received: datetime | None = None, **more: object) -> Event:
    return Event(at, name, more, received or at)


def definitions_of(segments: str, **groups: str) -> Definitions:
    """`segments`: YAML, a condition under each name. `groups`: of some segments."""
    return parse_segments(json.dumps(document_of(yaml.safe_load(segments), groups)))


def document_of(conditions: Mapping[str, object], groups: Mapping[str, str]) -> dict[str, object]:
    said = {"en": "Somebody", "fr": "Quelqu’un"}
    plain = {"kind": "value", "labels": said, "description": said}
    segments = [
        {"name": name, **plain, **({"group": groups[name]} if name in groups else {}), "when": condition}
        for name, condition in conditions.items()
    ]
    return {"schema": 1, "name": "tried", "version": 1, "segments": segments}


def interactions_of(events: Iterable[Event]) -> list[Interaction]:
    return [each.interaction(number) for number, each in enumerate(events)]


def facts_of(interactions: Sequence[Interaction]) -> Facts:
    """Through the snapshot's contract, as scoring gets them."""
    state = ProfileState.model_validate(state_document(join_all(map(lift, interactions))))
    return Facts(
        interactions=state.interactions,
        first_at=state.first_at,
        last_at=state.last_at,
        orders=_orders(state.orders) if state.orders else None,
        activity=tuple(
            facts.Activity(each.type, each.channel, each.count, each.first_at, each.last_at, each.decayed)
            for each in state.activity
        ),
        recent=tuple(facts.Recent(each.type, each.at) for each in state.recent),
        ratings=tuple(
            facts.Ratings(each.scale, each.count, each.total, tuple(facts.Given(g.at, g.value) for g in each.latest))
            for each in state.ratings
        ),
        tickets=tuple(
            facts.Ticket(each.kind, each.is_open, each.at, each.opened_at, each.is_complaint, each.reopenings)
            for each in state.tickets
        ),
        subscriptions=tuple(
            facts.Subscription(each.kind, each.is_active, each.at, each.started_at, each.plan)
            for each in state.subscriptions
        ),
        consents=tuple(
            facts.Consent(each.purpose, each.channel, each.status, each.at, each.expires_at) for each in state.consents
        ),
        traits=tuple(facts.Trait(each.name, each.value) for each in state.traits),
        accounts=state.accounts,
        language=state.language,
        time_zone=state.time_zone,
        returned=_totals(state.returned),
        refunded=_totals(state.refunded),
    )


def _orders(orders: contract.Orders) -> facts.Orders:
    return facts.Orders(
        orders.count, orders.first_at, orders.last_at, orders.first_day, orders.days, _totals(orders.totals)
    )


def _totals(totals: Iterable[contract.OrderTotal]) -> tuple[facts.Total, ...]:
    return tuple(facts.Total(each.currency, each.count, Decimal(each.revenue)) for each in totals)
