"""What a customer is worth: the spend of a purchase, lifetime value by model and textbook, revenue per month."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_scoring.domain.arpu import revenue_per_month
from fidelio_scoring.domain.clv import Method, Reason, Value, value_at
from fidelio_scoring.domain.facts import Facts, Orders, Total
from fidelio_scoring.domain.purchase_clock import ClockParameters
from fidelio_scoring.domain.purchases import Purchases, purchases_of
from fidelio_scoring.domain.rfm import RfmCuts
from fidelio_scoring.domain.spending import GammaGamma, Spent, expected_spend, spent_of
from fidelio_scoring.domain.value_model import ValueModel

START = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
FIRST_DAY = (START - datetime(1970, 1, 1, tzinfo=UTC)).days
DAY = timedelta(days=1)
YEAR = timedelta(days=365.25)
CLOCK = ClockParameters(r=0.5248, alpha=6.183, a=0.8914, b=1.614)
PUBLISHED = GammaGamma(p=6.2488, q=3.7446, gamma=15.4477)
MODEL = ValueModel(
    currency="EUR",
    gamma_gamma=PUBLISHED,
    mean_spend=36.0,
    margin=0.3,
    discount_rate=0.1,
    horizon_weeks=52.0,
    rfm=RfmCuts((30, 60, 90, 180), (1, 2, 3, 5), {"EUR": (10, 20, 50, 100)}),
)
WITHOUT_SPENDING = replace(MODEL, gamma_gamma=None)


def a_customer(
    *days: int, refunded: Mapping[str, str] = {}, returned: Mapping[str, str] = {}, **revenue: tuple[int, str]
) -> Facts:
    """Ordered on these days, counted from the first; `revenue` by currency: orders with an amount, and their sum."""
    orders = Orders(
        count=len(days),
        first_at=START,
        last_at=START + max(days) * DAY,
        first_day=FIRST_DAY,
        days=f"{sum(1 << day for day in set(days)):x}",
        totals=tuple(Total(currency, count, Decimal(total)) for currency, (count, total) in revenue.items()),
    )
    return Facts(
        interactions=len(days),
        first_at=START,
        last_at=orders.last_at,
        orders=orders,
        refunded=tuple(Total(currency, 1, Decimal(total)) for currency, total in refunded.items()),
        returned=tuple(Total(currency, 1, Decimal(total)) for currency, total in returned.items()),
    )


def bought(facts: Facts) -> Purchases:
    assert facts.orders is not None
    return purchases_of(facts.orders)


def spent(facts: Facts) -> Spent | None:
    return spent_of(facts, bought(facts))


def value(facts: Facts, *, after: timedelta = 30 * DAY, model: ValueModel = MODEL) -> Value | None:
    purchases = bought(facts)
    return value_at(purchases, spent(facts), purchases.last_order_at + after, model=model, clock=CLOCK)


REGULAR = a_customer(0, 40, 80, 120, EUR=(4, "200.00"))
amounts = st.integers(-5_000, 500_000).map(lambda cents: str(Decimal(cents) / 100))
customers = st.builds(
    lambda days, total, back: a_customer(0, *days, refunded={"EUR": back}, EUR=(len(days) + 1, total)),
    st.sets(st.integers(1, 900), max_size=30),
    amounts,
    amounts,
)
models = st.builds(
    lambda gamma_gamma, currency, rate: replace(
        MODEL, gamma_gamma=gamma_gamma, currency=currency, discount_rate=rate, mean_spend=None
    ),
    st.sampled_from((PUBLISHED, None, replace(PUBLISHED, q=0.9))),
    st.sampled_from(("EUR", "USD")),
    st.sampled_from((0.0, 0.1, 1.0)),
)


def test_spend_is_in_one_currency_and_says_which_are_left_out() -> None:
    facts = a_customer(0, 1, 2, 3, EUR=(3, "90.00"), CHF=(1, "500.00"))
    assert spent(facts) == Spent("EUR", Decimal("90.00"), average=22.5, days=3.0, other_currencies=("CHF",))


def test_of_as_many_orders_the_currency_with_more_revenue_is_the_main_one_in_whatever_sequence() -> None:
    one, other = a_customer(0, 1, EUR=(1, "9"), CHF=(1, "10")), a_customer(0, 1, CHF=(1, "10"), EUR=(1, "9"))
    assert spent(one) == spent(other) == Spent("CHF", Decimal(10), average=5.0, days=1.0, other_currencies=("EUR",))


def test_orders_of_one_day_are_one_purchase() -> None:
    assert spent(a_customer(0, 0, 0, 7, EUR=(4, "80"))) == Spent("EUR", Decimal(80), average=40.0, days=2.0)


def test_an_order_without_an_amount_is_taken_as_a_usual_one() -> None:
    assert spent(a_customer(0, 1, 2, 3, EUR=(2, "60"))) == Spent("EUR", Decimal(60), average=30.0, days=2.0)


def test_without_amounts_nothing_is_known_to_be_spent() -> None:
    facts = a_customer(0, 1)
    assert spent(facts) is None
    assert spent_of(replace(facts, orders=None), bought(facts)) is None


@pytest.mark.parametrize(
    ("refunded", "returned", "net"),
    [
        ({}, {}, "100"),
        ({"EUR": "30"}, {}, "70"),
        ({"EUR": "-30"}, {}, "70"),
        ({}, {"EUR": "30"}, "70"),
        ({"EUR": "30"}, {"EUR": "30"}, "70"),
        ({"EUR": "10"}, {"EUR": "30"}, "70"),
        ({"USD": "30"}, {"CHF": "30"}, "100"),
        ({"EUR": "130"}, {}, "-30"),
    ],
)
def test_what_went_back_is_taken_off_once_and_only_in_its_currency(
    refunded: Mapping[str, str], returned: Mapping[str, str], net: str
) -> None:
    facts = a_customer(0, 9, refunded=refunded, returned=returned, EUR=(2, "100"))
    assert spent(facts) == Spent("EUR", Decimal(net), average=float(net) / 2, days=2.0)


def test_the_expected_spend_is_the_published_one() -> None:
    assert expected_spend(PUBLISHED, average=100, purchases=2) == pytest.approx(88.33, abs=0.005)
    assert expected_spend(PUBLISHED, average=100, purchases=0) == PUBLISHED.mean == pytest.approx(35.17, abs=0.005)
    assert expected_spend(PUBLISHED, average=100, purchases=1) != pytest.approx(88.33, abs=5)


@given(st.floats(0.01, 1e6), st.floats(0, 1000), st.floats(0, 1000))
def test_the_expected_spend_lies_between_everybodys_and_the_customers_own_and_nears_it(
    average: float, one: float, other: float
) -> None:
    fewer, more = sorted((one, other))
    distances = [abs(expected_spend(PUBLISHED, average=average, purchases=each) - average) for each in (0, fewer, more)]
    assert distances[0] >= distances[1] * (1 - 1e-9) >= distances[2] * (1 - 1e-9) - 1e-9


def test_a_value_is_the_product_of_what_it_names() -> None:
    found = value(REGULAR)
    assert found is not None
    assert (found.method, found.reason, found.currency) == (Method.MODEL, None, "EUR")
    assert found.expected_spend == expected_spend(PUBLISHED, average=50.0, purchases=4)
    assert (found.margin, found.horizon_weeks) == (0.3, 52.0)
    assert 0.9 < found.discount < 1
    product = found.margin * found.expected_spend * found.expected_purchases * found.discount
    assert found.clv == pytest.approx(product, rel=1e-12)


@pytest.mark.parametrize(
    ("facts", "model", "reason", "currency", "spend"),
    [
        (REGULAR, WITHOUT_SPENDING, Reason.NO_SPENDING_MODEL, "EUR", 50.0),
        (REGULAR, replace(MODEL, gamma_gamma=replace(PUBLISHED, q=1.0)), Reason.NO_SPENDING_MODEL, "EUR", 50.0),
        (a_customer(0, 40, 80, 120, USD=(4, "200")), MODEL, Reason.OTHER_CURRENCY, "USD", 50.0),
        (a_customer(0, 40, 80, 120), WITHOUT_SPENDING, Reason.NO_SPENDING_MODEL, "EUR", 36.0),
        (a_customer(0, 40, 80, 120, refunded={"EUR": "200"}, EUR=(4, "200")), MODEL, Reason.NOTHING_KEPT, "EUR", 0.0),
        (a_customer(0, 40, 80, 120, refunded={"EUR": "250"}, EUR=(4, "200")), MODEL, Reason.NOTHING_KEPT, "EUR", 0.0),
    ],
)
def test_where_the_model_does_not_reach_the_textbook_does_and_says_why(
    facts: Facts, model: ValueModel, reason: Reason, currency: str, spend: float
) -> None:
    assert value(facts, model=model, after=608 * DAY) == Value(
        clv=pytest.approx(0.3 * spend * 2.0),
        currency=currency,
        method=Method.TEXTBOOK,
        reason=reason,
        expected_purchases=pytest.approx(2.0),
        expected_spend=pytest.approx(spend),
        margin=0.3,
        discount=1.0,
        horizon_weeks=52.0,
    )


def test_the_textbook_expects_a_newcomer_to_repeat_what_was_so_far() -> None:
    found = value(a_customer(0, 9, EUR=(2, "80")), model=WITHOUT_SPENDING, after=timedelta(0))
    assert found is not None
    assert (found.expected_purchases, found.clv) == (2.0, 0.3 * 40 * 2)


def test_without_amounts_the_model_takes_everybodys_mean() -> None:
    found = value(a_customer(0, 40, 80, 120))
    assert found is not None
    assert (found.method, found.currency, found.expected_spend) == (Method.MODEL, "EUR", PUBLISHED.mean)


def test_where_neither_customer_nor_model_tell_an_amount_there_is_no_value() -> None:
    assert value(a_customer(0, 40), model=replace(WITHOUT_SPENDING, mean_spend=None)) is None


def test_what_was_ordered_in_another_currency_is_named_and_not_counted() -> None:
    with_francs = value(a_customer(0, 40, 80, 120, EUR=(3, "150"), CHF=(1, "9000")))
    assert with_francs is not None
    assert with_francs.other_currencies == ("CHF",)
    assert with_francs.expected_spend == expected_spend(PUBLISHED, average=37.5, purchases=3)


@given(customers, models, st.floats(0, 3000), st.floats(0, 3000))
def test_value_never_rises_while_a_customer_is_silent(
    facts: Facts, model: ValueModel, one: float, other: float
) -> None:
    earlier, later = sorted((one, other))
    before, after = value(facts, after=earlier * DAY, model=model), value(facts, after=later * DAY, model=model)
    assert before is not None
    assert after is not None
    assert 0 <= after.clv <= before.clv * (1 + 1e-5)
    assert (after.method, after.expected_spend) == (before.method, before.expected_spend)


def test_another_purchase_raises_the_value_of_who_was_silent() -> None:
    """Negative control: it is silence that does not raise it, and not the function that stands still."""
    silent, back = (
        value(REGULAR, after=100 * DAY),
        value(a_customer(0, 40, 80, 120, 220, EUR=(5, "250")), after=0 * DAY),
    )
    assert silent is not None
    assert back is not None
    assert back.clv > 1.5 * silent.clv


def test_before_the_last_order_silence_counts_as_zero() -> None:
    assert value(REGULAR, after=-9 * DAY) == value(REGULAR, after=0 * DAY)


def test_revenue_per_month_counts_months_without_orders_and_one_month_at_least() -> None:
    facts = a_customer(0, 40, EUR=(2, "120"))
    purchases, known = bought(facts), spent(facts)
    assert known is not None
    assert revenue_per_month(purchases, known, START + YEAR) == 10.0
    assert revenue_per_month(purchases, known, START + YEAR / 2) == 20.0
    assert [revenue_per_month(purchases, known, START + days * DAY) for days in (-1, 0, 30)] == [120.0] * 3
