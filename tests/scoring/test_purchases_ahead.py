"""Expected purchases: beside the published closed form, beside quadrature, and beside a simulated world."""

from dataclasses import dataclass, replace
from math import exp, expm1, log1p

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyp2f1

from fidelio_scoring.domain.purchase_clock import ClockParameters, Seen, logit_dead, sigmoid
from fidelio_scoring.domain.purchases_ahead import WEEKS_A_YEAR, Ahead, purchases_ahead

CDNOW = ClockParameters(r=0.5248, alpha=6.183, a=0.8914, b=1.614)
HORIZON = 52.0
ENOUGH_FOR_MONEY = 1e-4

clocks = st.builds(
    ClockParameters,
    st.floats(0.2, 20),
    st.floats(0.3, 60),
    st.sampled_from((0.05, 0.5, 0.89, 3.0, 20)),
    st.floats(0.3, 20),
)
histories = st.tuples(st.integers(0, 60), st.floats(0, 100), st.floats(0, 200)).map(
    lambda drawn: (Seen(drawn[0], drawn[1] if drawn[0] else 0.0), (drawn[1] if drawn[0] else 0.0) + drawn[2])
)


def ahead(clock: ClockParameters, seen: Seen, age: float, *, horizon: float = HORIZON, rate: float = 0.0) -> Ahead:
    return purchases_ahead(clock, seen, age_weeks=age, horizon_weeks=horizon, discount_rate=rate)


def closed_form(clock: ClockParameters, seen: Seen, age: float, horizon: float) -> float:
    shape, x, scale = clock.r + seen.repeats, seen.repeats, clock.alpha + age
    series = hyp2f1(shape, clock.b + x + 1, clock.a + clock.b + x, horizon / (scale + horizon))
    bought = (clock.a + clock.b + x) / (clock.a - 1) * (1 - (scale / (scale + horizon)) ** shape * series)
    return float(sigmoid(-logit_dead(clock, seen, age)) * bought)


def by_quadrature(clock: ClockParameters, seen: Seen, age: float, rate: float) -> float:
    """The rate of purchases by another hypergeometric form, integrated adaptively."""
    shape, total, scale = clock.r + seen.repeats, clock.a + clock.b + seen.repeats + 1, clock.alpha + age

    def worth(u: float) -> float:
        series = hyp2f1(shape + 1, total - clock.a, total, -expm1(-u))
        discount = exp(-log1p(rate) / WEEKS_A_YEAR * scale * expm1(u))
        return float(shape * exp(-shape * u) * series * discount)

    whole, _ = quad(worth, 0, log1p(HORIZON / scale), epsabs=0, epsrel=1e-10, limit=200)
    return float(whole * sigmoid(-logit_dead(clock, seen, age)))


@given(st.integers(0, 60), st.floats(0, 60), st.floats(0, 60), st.floats(1, 156))
def test_expected_purchases_are_the_published_closed_form(
    repeats: int, recency: float, silence: float, horizon: float
) -> None:
    seen = Seen(repeats, recency if repeats else 0.0)
    age = seen.recency_weeks + silence
    expected = closed_form(CDNOW, seen, age, horizon)
    assert ahead(CDNOW, seen, age, horizon=horizon).expected == pytest.approx(expected, rel=ENOUGH_FOR_MONEY)


def test_the_closed_form_of_a_clock_that_differs_a_little_is_told_apart() -> None:
    """Negative control: a purchase less, and no leaving at the first purchase, as in BG/NBD."""
    found = ahead(CDNOW, Seen(2, 30.43), 38.86, horizon=39).expected
    assert found == pytest.approx(closed_form(CDNOW, Seen(2, 30.43), 38.86, 39), rel=1e-5)
    assert found != pytest.approx(closed_form(CDNOW, Seen(1, 30.43), 38.86, 39), rel=0.05)
    assert found != pytest.approx(closed_form(replace(CDNOW, b=CDNOW.b - 1), Seen(2, 30.43), 38.86, 39), rel=0.05)


@given(clocks, histories, st.sampled_from((0.0, 0.1, 0.5)))
def test_any_clock_and_discount_agree_with_quadrature(
    clock: ClockParameters, history: tuple[Seen, float], rate: float
) -> None:
    seen, age = history
    expected = by_quadrature(clock, seen, age, rate)
    assert ahead(clock, seen, age, rate=rate).discounted == pytest.approx(expected, rel=ENOUGH_FOR_MONEY, abs=1e-9)


def test_where_the_closed_form_has_a_hole_the_expectation_is_that_of_its_neighbours() -> None:
    def at(a: float) -> float:
        return ahead(replace(CDNOW, a=a), Seen(3, 20), 30).expected

    assert at(1.0) == pytest.approx((at(1 - 1e-6) + at(1 + 1e-6)) / 2, rel=1e-6)


def test_who_surely_leaves_at_the_next_purchase_buys_once_more() -> None:
    """A chance so near 1 that all its weight lies between two steps, were these not counted from the likeliest."""
    surely = ClockParameters(r=5000, alpha=1400, a=8000, b=0.0006)
    seen = Seen(0, 0)
    assert ahead(surely, seen, 0).expected == pytest.approx(sigmoid(-logit_dead(surely, seen, 0)), rel=1e-3)


@given(clocks, histories, st.floats(0, 50))
def test_silence_never_raises_what_is_expected(
    clock: ClockParameters, history: tuple[Seen, float], waited: float
) -> None:
    seen, age = history
    before, after = ahead(clock, seen, age, rate=0.1), ahead(clock, seen, age + waited, rate=0.1)
    assert after.expected <= before.expected * (1 + 1e-5)
    assert after.discounted <= before.discounted * (1 + 1e-5)


@given(clocks, histories)
def test_a_discount_takes_something_and_at_most_what_it_takes_at_the_horizon(
    clock: ClockParameters, history: tuple[Seen, float]
) -> None:
    found = ahead(clock, *history, rate=0.1)
    least = found.expected * 1.1 ** (-HORIZON / WEEKS_A_YEAR)
    assert least * (1 - 1e-9) <= found.discounted <= found.expected


def test_discounting_week_by_week_is_the_same_up_to_half_a_week() -> None:
    seen, age = Seen(4, 40), 45.0
    reached = [0.0, *(ahead(CDNOW, seen, age, horizon=week).expected for week in range(1, 53))]
    weekly = sum((reached[week] - reached[week - 1]) / 1.1 ** (week / WEEKS_A_YEAR) for week in range(1, 53))
    assert ahead(CDNOW, seen, age, rate=0.1).discounted / weekly == pytest.approx(1.1 ** (0.5 / WEEKS_A_YEAR), rel=1e-4)


@dataclass(frozen=True, slots=True)
class Lived:
    seen: Seen
    bought_ahead: int


def simulated(clock: ClockParameters, customers: int, *, age: float, horizon: float, seed: int) -> list[Lived]:
    """The story that the clock tells, played: a rate and a chance to leave each, and a purchase after another."""
    chance = np.random.default_rng(seed)
    rates = chance.gamma(clock.r, 1 / clock.alpha, customers)
    dropouts = chance.beta(clock.a, clock.b, customers)
    lives = []
    for rate, dropout in zip(rates, dropouts, strict=True):
        at, past, ahead_count, recency = 0.0, 0, 0, 0.0
        while chance.random() >= dropout:
            at += chance.exponential(1 / rate)
            if at > age + horizon:
                break
            if at <= age:
                past, recency = past + 1, at
            else:
                ahead_count += 1
        lives.append(Lived(Seen(past, recency), ahead_count))
    return lives


def standard_errors_off(lives: list[Lived], expected: list[float]) -> float:
    differences = np.array([life.bought_ahead for life in lives]) - np.array(expected)
    return float(abs(differences.sum()) / (differences.std() * len(lives) ** 0.5))


@pytest.mark.parametrize("repeats", [range(1), range(1, 3), range(3, 1000)])
def test_a_simulated_world_buys_as_much_as_was_expected_of_it(repeats: range) -> None:
    lives = simulated(CDNOW, 6000, age=39, horizon=52, seed=1997)
    group = [life for life in lives if life.seen.repeats in repeats]
    assert len(group) > 300
    assert standard_errors_off(group, [ahead(CDNOW, life.seen, 39).expected for life in group]) < 3


def test_a_simulated_world_does_not_buy_as_if_nobody_had_left() -> None:
    """Negative control."""
    lives = simulated(CDNOW, 6000, age=39, horizon=52, seed=1997)
    alive = [sigmoid(-logit_dead(CDNOW, life.seen, 39)) for life in lives]
    expected = [ahead(CDNOW, life.seen, 39).expected / chance for life, chance in zip(lives, alive, strict=True)]
    assert standard_errors_off(lives, expected) > 6
