"""What a state holds, and that joining states is a commutative monoid."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_profile.domain.activity import Activity
from fidelio_profile.domain.consents import ConsentGiven
from fidelio_profile.domain.documents import state_document, state_from
from fidelio_profile.domain.orders import Orders, Total
from fidelio_profile.domain.preferred import NO_RESPONSES
from fidelio_profile.domain.ratings import NO_RATINGS
from fidelio_profile.domain.recent import one_recent
from fidelio_profile.domain.state import State, join, join_all, lift
from fidelio_profile.domain.subscriptions import NO_SUBSCRIPTIONS
from fidelio_profile.domain.tickets import NO_TICKETS
from fidelio_profile.domain.traits import traits_of
from fidelio_profile.verifying import differences
from fidelio_shared.contracts.canonical import Instant, encode, instant
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import InteractionRecorded, ProfileState
from support.effort import CI, FEW
from support.fold_cases import deliveries, wide_deliveries
from support.fold_check import Delivery
from support.interactions import NOON, a_consent_change, an_interaction, an_order, customer, device

DAY = timedelta(days=1)
NOON_TEXT = Instant("2026-03-01T12:00:00.000Z")
NOON_DAY = 20_513


def test_one_interaction_is_a_state() -> None:
    order = an_order(
        7,
        "12.30",
        channel="store",
        identifiers=[customer("42"), device("d1")],
        account_id="acme",
        traits={"city": "Lyon"},
    )
    assert lift(order) == State(
        interactions=1,
        first_at=NOON_TEXT,
        last_at=NOON_TEXT,
        identifiers={("customer_id", "42"): None, ("device_id", "d1"): None},
        accounts={("acme",): None},
        traits=traits_of(order, NOON_TEXT),
        activity={("order.placed", "store"): Activity(1, NOON_TEXT, NOON_TEXT, (1.0, 1.0, 1.0))},
        recent=one_recent("order.placed", NOON_TEXT),
        orders=Orders(1, NOON_TEXT, NOON_TEXT, 1 << NOON_DAY, {"EUR": Total(1, Decimal("12.30"))}),
        returned={},
        refunded={},
        ratings=NO_RATINGS,
        tickets=NO_TICKETS,
        subscriptions=NO_SUBSCRIPTIONS,
        preferred=NO_RESPONSES,
        consents={},
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_a_late_trait_does_not_replace_a_newer_one(swapped: bool) -> None:
    newer = an_interaction(1, traits={"city": "Lyon", "title": "Dr"})
    late = an_interaction(2, occurred_at=NOON - DAY, traits={"city": "Paris", "first_name": "Ann"})
    traits = _joined(newer, late, swapped=swapped).traits.value
    assert {name: trait.value for (name,), trait in traits.items()} == {
        "city": "Lyon",
        "title": "Dr",
        "first_name": "Ann",
    }


@pytest.mark.parametrize("swapped", [False, True])
def test_at_the_same_instant_the_larger_id_decides(swapped: bool) -> None:
    smaller, larger = sorted((an_interaction(n, traits={"city": str(n)}) for n in (1, 2)), key=lambda each: each.id)
    assert _joined(smaller, larger, swapped=swapped).traits.value["city",].id == larger.id


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("number", range(2, 8))
def test_at_the_same_instant_a_refusal_wins_over_a_grant(number: int, swapped: bool) -> None:
    refusal = a_consent_change(1, "denied")
    consents = _joined(refusal, a_consent_change(number, "granted"), swapped=swapped).consents
    assert consents == {
        ("marketing", "email"): ConsentGiven(
            status="denied",
            at=NOON_TEXT,
            id=refusal.id,
            lawful_basis=None,
            policy_version=None,
            evidence=None,
            expires_at=None,
        )
    }


@pytest.mark.parametrize("swapped", [False, True])
def test_a_later_grant_replaces_a_refusal(swapped: bool) -> None:
    refusal, grant = (
        a_consent_change(1, "denied"),
        a_consent_change(2, "granted", occurred_at=NOON + timedelta(milliseconds=1)),
    )
    assert _joined(refusal, grant, swapped=swapped).consents["marketing", "email"].status == "granted"


@pytest.mark.parametrize("swapped", [False, True])
def test_a_decayed_sum_halves_with_each_half_life(swapped: bool) -> None:
    earlier, later = an_interaction(1, occurred_at=NOON - 30 * DAY), an_interaction(2)
    (activity,) = _joined(earlier, later, swapped=swapped).activity.values()
    assert activity == Activity(
        times=2,
        first_at=instant(NOON - 30 * DAY),
        last_at=NOON_TEXT,
        decayed=(1 + 2.0 ** -(30 / 7), 1.5, 1 + 2.0 ** -(1 / 3)),
    )


def test_orders_are_summed_by_currency_and_a_day_counts_once() -> None:
    orders = [
        an_order(1, "0.10"),
        an_order(2, "0.20", occurred_at=NOON + timedelta(hours=2)),
        an_order(3, "5", "USD", occurred_at=NOON - 2 * DAY),
        an_order(4, amount=None, occurred_at=NOON - 2 * DAY),
    ]
    assert join_all(map(lift, orders)).orders == Orders(
        count=4,
        first_at=instant(NOON - 2 * DAY),
        last_at=instant(NOON + timedelta(hours=2)),
        days=0b101 << NOON_DAY - 2,
        totals={"EUR": Total(2, Decimal("0.30")), "USD": Total(1, Decimal(5))},
    )


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime.fromisoformat("2026-02-28T23:59:59.999Z"), NOON_DAY - 1),
        (datetime.fromisoformat("2026-03-01T00:00:00.000Z"), NOON_DAY),
        (datetime.fromisoformat("2026-03-01T00:30:00.000+01:00"), NOON_DAY - 1),
    ],
)
def test_an_order_belongs_to_its_day_in_utc(moment: datetime, day: int) -> None:
    orders = lift(an_order(1, occurred_at=moment)).orders
    assert orders
    assert orders.days == 1 << day


def test_only_a_change_of_consent_changes_consent() -> None:
    consent = {"purpose": "marketing", "channel": "email", "status": "granted"}
    assert lift(an_interaction(1, type="page.viewed", consent=consent)).consents == {}


def test_only_an_order_counts_as_one() -> None:
    assert lift(an_order(1, type="order.returned")).orders is None


@CI
@given(deliveries(), st.data())
def test_joining_is_associative_and_commutative(delivered: Sequence[Delivery], data: st.DataObject) -> None:
    states = [lift(each) for each in _interactions(delivered)]
    first, second = sorted(data.draw(st.tuples(*[st.integers(0, len(states))] * 2)))
    _check_algebra(states[:first], states[first:second], states[second:])


@FEW
@given(wide_deliveries, st.integers(1, 100), st.integers(101, 199))
def test_joining_more_than_is_kept_is_associative_and_commutative(
    delivered: Sequence[Delivery], first: int, second: int
) -> None:
    states = [lift(each) for each in _interactions(delivered)]
    _check_algebra(states[:first], states[first:second], states[second:])


@CI
@given(deliveries())
def test_a_stored_and_read_state_has_the_same_bytes(delivered: Sequence[Delivery]) -> None:
    written = encode(state_document(join_all(lift(each) for each in _interactions(delivered))))
    assert encode(state_document(state_from(orjson.loads(written)))) == written


@CI
@given(deliveries())
def test_a_state_says_what_the_contract_says(delivered: Sequence[Delivery]) -> None:
    state = join_all(lift(each) for each in _interactions(delivered))
    read = ProfileState.model_validate_json(encode(state_document(state)))
    assert encode(read) == encode(state_document(state))


def _joined(one: Interaction, other: Interaction, *, swapped: bool) -> State:
    return join(lift(other), lift(one)) if swapped else join(lift(one), lift(other))


def _interactions(delivered: Sequence[Delivery]) -> list[Interaction]:
    """Each once, in the order of the first delivery."""
    records = [each for each in delivered[0].records if isinstance(each, InteractionRecorded)]
    return list({each.interaction.id: each.interaction for each in records}.values())


def _check_algebra(*groups: Sequence[State]) -> None:
    left, middle, right, *_ = [join_all(group) for group in groups if group] * 3
    grouped = [
        join(join(left, middle), right),
        join(left, join(middle, right)),
        join(join(right, middle), left),
        join(join(middle, left), right),
    ]
    first, *others = [state_document(each) for each in grouped]
    assert [differences(first, other) for other in others] == [[], [], []]
