"""A profile's state: a commutative monoid. One interaction is a state, and two states join to one.

So a profile equals the join of its interactions in any order and grouping, and nothing but `join` needs a proof.
What an interaction does not touch, a join shares with what was there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from fidelio_profile.domain.activity import Activities, join_activities, one_activity
from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.bounds import fits
from fidelio_profile.domain.consents import Consents, join_consents, one_consent
from fidelio_profile.domain.orders import Orders, Totals, join_orders, join_totals, one_order, one_total
from fidelio_profile.domain.parts import Part
from fidelio_profile.domain.preferred import Preferred, join_preferred, one_response
from fidelio_profile.domain.ratings import Scales, join_ratings, one_rating
from fidelio_profile.domain.recent import Recent, join_recent, one_recent
from fidelio_profile.domain.subscriptions import Subscriptions, join_subscriptions, one_subscription
from fidelio_profile.domain.tickets import Tickets, join_tickets, one_ticket
from fidelio_profile.domain.traits import Traits, join_traits, traits_of
from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ingest import Identifier, Interaction

MOST_IDENTIFIERS = 24
MOST_ACCOUNTS = 8
_LONGEST_KIND = 40
_LONGEST_IDENTIFIER = 160
_LONGEST_ACCOUNT = 96

Identifiers = Mapping[tuple[str, str], None]
Accounts = Mapping[tuple[str], None]


@dataclass(frozen=True, slots=True)
class State:
    interactions: int
    first_at: Instant
    last_at: Instant
    identifiers: Identifiers
    accounts: Accounts
    traits: Part[Traits]
    activity: Activities
    recent: Part[Recent]
    orders: Orders | None
    returned: Totals
    refunded: Totals
    ratings: Part[Scales]
    tickets: Part[Tickets]
    subscriptions: Part[Subscriptions]
    preferred: Part[Preferred]
    consents: Consents


def join(left: State, right: State) -> State:
    return State(
        interactions=left.interactions + right.interactions,
        first_at=min(left.first_at, right.first_at),
        last_at=max(left.last_at, right.last_at),
        identifiers=_join_identifiers(left.identifiers, right.identifiers),
        accounts=_join_accounts(left.accounts, right.accounts),
        traits=join_traits(left.traits, right.traits),
        activity=join_activities(left.activity, right.activity),
        recent=join_recent(left.recent, right.recent),
        orders=join_orders(left.orders, right.orders),
        returned=join_totals(left.returned, right.returned),
        refunded=join_totals(left.refunded, right.refunded),
        ratings=join_ratings(left.ratings, right.ratings),
        tickets=join_tickets(left.tickets, right.tickets),
        subscriptions=join_subscriptions(left.subscriptions, right.subscriptions),
        preferred=join_preferred(left.preferred, right.preferred),
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
        identifiers={(each.kind, each.value): None for each in interaction.identifiers if _is_kept(each)},
        accounts=_one_account(interaction.account_id),
        traits=traits_of(interaction, at),
        activity=one_activity(interaction.type, interaction.channel, at),
        recent=one_recent(interaction.type, at),
        orders=one_order(interaction, at),
        returned=one_total(interaction) if interaction.type == "order.returned" else {},
        refunded=one_total(interaction) if interaction.type == "refund.issued" else {},
        ratings=one_rating(interaction, at),
        tickets=one_ticket(interaction, at),
        subscriptions=one_subscription(interaction, at),
        preferred=one_response(interaction, at),
        consents=one_consent(interaction, at),
    )


def _is_kept(identifier: Identifier) -> bool:
    return fits(identifier.kind, _LONGEST_KIND) and fits(identifier.value, _LONGEST_IDENTIFIER)


def _one_account(account: str | None) -> Accounts:
    return {(account,): None} if account and fits(account, _LONGEST_ACCOUNT) else {}


def _join_identifiers(left: Identifiers, right: Identifiers) -> Identifiers:
    """Where there are too many, no device displaces an address."""
    if right.keys() <= left.keys():
        return left
    return bottom({**left, **right}, MOST_IDENTIFIERS, _is_strong)


def _is_strong(key: tuple[str, str]) -> bool:
    return shipped_identity_rules().is_strong(key[0])


def _join_accounts(left: Accounts, right: Accounts) -> Accounts:
    if right.keys() <= left.keys():
        return left
    return bottom({**left, **right}, MOST_ACCOUNTS)
