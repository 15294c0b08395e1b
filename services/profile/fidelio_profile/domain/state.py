"""A profile's state: a commutative monoid. One interaction is a state, and two states join to one.

So a profile equals the join of its interactions in any order and grouping, and nothing but `join` needs a proof.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

from fidelio_profile.domain.activity import Activities, join_activities, one_activity
from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.latest import ConsentGiven, Consents, Trait, Traits, join_consents, join_traits
from fidelio_profile.domain.orders import Orders, join_orders, one_order
from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.ingest import Interaction

MOST_IDENTIFIERS = 64
MOST_ACCOUNTS = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Keys = Mapping[tuple[str, ...], None]


@dataclass(frozen=True, slots=True)
class State:
    interactions: int
    first_at: Instant
    last_at: Instant
    identifiers: Keys
    accounts: Keys
    traits: Traits
    activity: Activities
    orders: Orders | None
    consents: Consents


def join(left: State, right: State) -> State:
    return State(
        interactions=left.interactions + right.interactions,
        first_at=min(left.first_at, right.first_at),
        last_at=max(left.last_at, right.last_at),
        identifiers=_union(left.identifiers, right.identifiers, MOST_IDENTIFIERS),
        accounts=_union(left.accounts, right.accounts, MOST_ACCOUNTS),
        traits=join_traits(left.traits, right.traits) if right.traits else left.traits,
        activity=join_activities(left.activity, right.activity),
        orders=join_orders(left.orders, right.orders),
        consents=join_consents(left.consents, right.consents) if right.consents else left.consents,
    )


def join_all(states: Iterable[State]) -> State:
    return reduce(join, states)


def lift(interaction: Interaction) -> State:
    """The state of somebody of whom nothing else is known."""
    at = instant(interaction.occurred_at)
    return State(
        interactions=1,
        first_at=at,
        last_at=at,
        identifiers={(each.kind, each.value): None for each in interaction.identifiers},
        accounts={(interaction.account_id,): None} if interaction.account_id else {},
        traits={
            (name,): Trait(value, at, interaction.id, interaction.source) for name, value in interaction.traits.items()
        },
        activity={(interaction.type, interaction.channel): one_activity(at)},
        orders=_orders(interaction, at),
        consents=_consents(interaction, at),
    )


def _orders(interaction: Interaction, at: Instant) -> Orders | None:
    if interaction.type != "order.placed":
        return None
    amount = interaction.amount
    day = (interaction.occurred_at - _EPOCH).days
    return one_order(at, max(0, day), (amount.currency, amount.value) if amount else None)


def _consents(interaction: Interaction, at: Instant) -> Consents:
    consent = interaction.consent
    if consent is None or interaction.type != "consent.changed":
        return {}
    given = ConsentGiven(
        status=consent.status,
        at=at,
        id=interaction.id,
        lawful_basis=consent.lawful_basis,
        policy_version=consent.policy_version,
        evidence=consent.evidence,
        expires_at=instant(consent.expires_at) if consent.expires_at else None,
    )
    return {(consent.purpose, consent.channel): given}


def _union(left: Keys, right: Keys, most: int) -> Keys:
    if right.keys() <= left.keys():
        return left
    return bottom({**left, **right}, most)
