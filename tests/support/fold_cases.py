"""Deliveries for the fold in which things collide: instants, names, references, currencies, days, copies."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from fidelio_profile.domain.revisions import Foldable
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from support.fold_check import Delivery
from support.interactions import NOON, a_profile_id, a_refold, an_interaction, customer, device, email, recorded

ANN, BOB = a_profile_id("ann"), a_profile_id("bob")
_MILLISECOND = timedelta(milliseconds=1)
_MIDNIGHT = NOON - timedelta(hours=12)
_MOMENTS: tuple[datetime, ...] = (
    NOON,
    NOON,
    NOON + _MILLISECOND,
    NOON + timedelta(hours=1),
    _MIDNIGHT,
    _MIDNIGHT - _MILLISECOND,
    NOON - timedelta(days=8),
    NOON - timedelta(days=400),
    NOON - timedelta(days=20 * 365),
)
_VALUES = ("0.10", "0.20", "0.7", "12.30", "1E+2", "-3", "99999999999999.9999", "0.0001")

moments = st.sampled_from(_MOMENTS)
amounts = st.builds(
    lambda value, currency: {"value": value, "currency": currency},
    st.sampled_from(_VALUES),
    st.sampled_from(("EUR", "USD", "JPY")),
)
traits = st.dictionaries(
    st.sampled_from(("city", "first_name")), st.sampled_from(("Lyon", "Paris", "", None, 1, 1.0, True, -0.0, 2**53))
)
localities = st.fixed_dictionaries(
    {},
    optional={
        "language": st.sampled_from(("fr", "FR_ca", "klingon", None)),
        "locale": st.sampled_from(("en-us", "zh-hant-TW", 7)),
        "time_zone": st.sampled_from(("Europe/Paris", "Mars/Olympus", None)),
        "timezone": st.sampled_from(("UTC", "Europe/Lyon")),
    },
)
references = st.sampled_from(({"kind": "ticket", "id": "1"}, {"kind": "order", "id": "1"}))
ratings = st.sampled_from(
    tuple({"scale": scale, "value": value} for scale in ("csat", "nps", "mood") for value in (1, 2, 5))
)
plans = st.sampled_from(({}, {"plan": "basic"}, {"plan": "plus"}, {"plan": ""}, {"plan": 3}))
consents = st.builds(
    lambda purpose, status, expires_at: {
        "purpose": purpose,
        "channel": "email",
        "status": status,
        "expires_at": expires_at,
        "evidence": status,
    },
    st.sampled_from(("marketing", "service")),
    st.sampled_from(("granted", "denied")),
    st.none() | moments,
)
identifiers = st.lists(
    st.sampled_from((customer("ann"), customer("bob"), email("a@b.example"), device("d1"))),
    min_size=1,
    max_size=3,
    unique=True,
)


_KINDS: Mapping[str, dict[str, st.SearchStrategy[Any]]] = {
    "order": {"type": st.just("order.placed"), "amount": st.none() | amounts},
    "return": {"type": st.sampled_from(("order.returned", "refund.issued")), "amount": st.none() | amounts},
    "consent": {"type": st.just("consent.changed"), "consent": consents},
    "visit": {"type": st.sampled_from(("page.viewed", "visit.made", "subscription.renewed"))},
    "correction": {"type": st.sampled_from(("profile.corrected", "profile.updated"))},
    "locality": {"type": st.sampled_from(("profile.corrected", "profile.updated")), "traits": localities},
    "ticket": {
        "type": st.sampled_from(("ticket.opened", "ticket.reopened", "ticket.resolved", "complaint.filed")),
        "reference": st.none() | references,
    },
    "rating": {"type": st.sampled_from(("survey.answered", "ticket.resolved")), "rating": ratings},
    "subscription": {
        "type": st.sampled_from([f"subscription.{each}" for each in ("started", "renewed", "upgraded", "cancelled")]),
        "reference": st.none() | references,
        "data": plans,
    },
    "response": {
        "type": st.sampled_from(("message.replied", "message.clicked", "message.opened", "call.ended")),
        "channel": st.sampled_from(("email", "phone")),
    },
}


def interactions(number: int, instants: Sequence[datetime], kinds: Sequence[str]) -> st.SearchStrategy[Interaction]:
    """When it was received has nothing to do with when it occurred."""
    common: dict[str, st.SearchStrategy[Any]] = {
        "number": st.just(number),
        "occurred_at": st.sampled_from(instants),
        "received_at": moments,
        "identifiers": identifiers,
        "channel": st.sampled_from(("web", "store")),
        "account_id": st.sampled_from((None, "acme", "umbrella")),
        "historical": st.booleans(),
        "traits": traits,
    }
    return st.one_of([st.builds(an_interaction, **(common | _KINDS[kind])) for kind in kinds])


@st.composite
def deliveries(draw: st.DrawFn, *only: str) -> tuple[Delivery, ...]:
    """The same few interactions twice: each time in an order, with copies and repairs, and cuts of its own.

    They are of a few kinds, or of `only` these, so that they have to do with each other.
    """
    instants = draw(st.lists(moments, min_size=1, max_size=4))
    kinds = list(only) or draw(st.lists(st.sampled_from(sorted(_KINDS)), min_size=1, max_size=3, unique=True))
    numbers = range(draw(st.integers(1, 9)))
    said = [recorded(draw(interactions(number, instants, kinds)), _profile(number)) for number in numbers]
    return tuple(draw(_delivery(said)) for _ in range(2))


@st.composite
def _delivery(draw: st.DrawFn, said: Sequence[Foldable]) -> Delivery:
    copies = draw(st.lists(st.sampled_from(said), max_size=3))
    repairs = draw(st.lists(st.sampled_from((a_refold(1, ANN), a_refold(2, ANN), a_refold(3, BOB))), max_size=3))
    records = draw(st.permutations([*said, *copies, *repairs]))
    cuts = draw(st.lists(st.frozensets(st.integers(1, len(records))), min_size=2, max_size=2))
    return Delivery(tuple(records), (*cuts, frozenset(range(len(records)))))


def _profile(number: int) -> ProfileId:
    return BOB if number % 4 == 3 else ANN


wide_deliveries = st.integers(0, 2**32).map(lambda seed: _wide(Random(seed)))
"""More of everything than a profile keeps."""


def _wide(lots: Random) -> tuple[Delivery, ...]:
    said = [recorded(_wide_interaction(lots, number), ANN) for number in range(200)]
    return tuple(_shuffled(lots, said) for _ in range(2))


def _shuffled(lots: Random, said: Sequence[Foldable]) -> Delivery:
    records = [*said, *lots.sample(said, 20)]
    lots.shuffle(records)
    cuts = (frozenset(lots.sample(range(len(records)), 10)), frozenset[int]())
    return Delivery(tuple(records), cuts)


def _wide_interaction(lots: Random, number: int) -> Interaction:
    plain: dict[str, object] = {
        "channel": f"channel {number % 150}",
        "occurred_at": lots.choice(_MOMENTS),
        "identifiers": [lots.choice((device, customer))(str(each)) for each in lots.sample(range(120), 10)],
        "account_id": f"account {lots.randrange(60)}",
        "traits": {f"trait {each}": lots.randrange(3) for each in lots.sample(range(200), 12)},
    }
    return an_interaction(number, **(plain | _WIDE[number % len(_WIDE)](lots)))


def _wide_order(lots: Random) -> dict[str, object]:
    currency = f"A{lots.choice('ABCDEFGH')}{lots.choice('ABCDEFGH')}"
    named = lots.choice(("order.placed", "order.returned", "refund.issued"))
    return {"type": named, "amount": {"value": lots.choice(_VALUES), "currency": currency}}


def _wide_consent(lots: Random) -> dict[str, object]:
    status = lots.choice(("granted", "denied"))
    given = {"purpose": f"purpose {lots.randrange(120)}", "channel": "email", "status": status}
    return {"type": "consent.changed", "consent": given}


def _wide_rating(lots: Random) -> dict[str, object]:
    scale = lots.choice(("csat", *(f"scale {each}" for each in range(30))))
    return {"type": "survey.answered", "rating": {"scale": scale, "value": lots.choice((1, 3, 5))}}


def _wide_reference(lots: Random) -> dict[str, object]:
    """Tickets are so few that some deliveries have no more of them than are kept."""
    subscription, ticket = (
        {"kind": "plan", "id": str(lots.randrange(30))},
        {"kind": "case", "id": str(lots.randrange(14))},
    )
    return lots.choice(
        (
            {"type": "subscription.started", "reference": subscription, "data": {"plan": lots.choice("abc")}},
            {"type": "subscription.cancelled", "reference": subscription},
            {"type": "ticket.opened", "reference": ticket},
            {"type": "ticket.resolved", "reference": ticket},
        )
    )


def _wide_correction(lots: Random) -> dict[str, object]:
    """Sometimes more than are kept."""
    return {"type": "profile.corrected", "traits": {f"trait {each}": each for each in lots.sample(range(60), 2)}}


def _wide_response(lots: Random) -> dict[str, object]:
    return {"type": lots.choice(("message.replied", "message.clicked", "call.ended"))}


_WIDE = (
    _wide_order,
    _wide_consent,
    _wide_rating,
    _wide_reference,
    _wide_response,
    _wide_correction,
    _wide_reference,
)
