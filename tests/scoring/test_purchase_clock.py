"""The purchase clock: likelihood, chance of having left, and chance of staying silent."""

from math import exp, inf, isfinite, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_scoring.domain.purchase_clock import (
    ClockParameters,
    Seen,
    age_when_dead,
    log_likelihood,
    logit_c_h,
    logit_dead,
    no_purchase_probability,
    sigmoid,
)

CLOCK = ClockParameters(r=0.525, alpha=6.183, a=0.891, b=1.614)

positive = st.floats(1e-3, 1e3)
clocks = st.builds(ClockParameters, positive, positive, positive, positive)
histories = st.builds(Seen, st.integers(0, 5_000), st.floats(0, 1_500))
weeks = st.floats(0, 5_000)


def test_the_likelihood_is_the_published_formula() -> None:
    # r = alpha = a = b = 1, two repeats, t_x = 3, T = 5: G(3)/G(1) * B(1, 4)/B(1, 1) * (6^-3 + 1/3 * 4^-3)
    expected = log(2 * (1 / 4) * (6**-3 + 4**-3 / 3))
    assert log_likelihood(ClockParameters(1, 1, 1, 1), Seen(2, 3.0), 5.0) == pytest.approx(expected, rel=1e-12)


def test_the_chance_of_silence_is_having_left_or_staying_and_buying_nothing() -> None:
    seen, age, horizon = Seen(3, 20.0), 26.0, 13.0
    alive = 1 - sigmoid(logit_dead(CLOCK, seen, age))
    buys = 1 - ((CLOCK.alpha + age) / (CLOCK.alpha + age + horizon)) ** (CLOCK.r + seen.repeats)
    silent = no_purchase_probability(CLOCK, seen, age_weeks=age, horizon_weeks=horizon)
    assert silent == pytest.approx(1 - alive * buys, rel=1e-12)


def test_the_likelihood_knows_the_odds_of_having_left() -> None:
    """The two summands of the likelihood are the customers who stay and who left: their ratio is the odds."""
    seen, age, far = Seen(2, 9.0), 17.0, 1e15
    only_gone = log_likelihood(CLOCK, seen, far)
    both = log_likelihood(CLOCK, seen, age)
    gone = exp(only_gone - both)
    assert log(gone / (1 - gone)) == pytest.approx(logit_dead(CLOCK, seen, age), rel=1e-6)


@given(clocks, histories, weeks, st.floats(0.1, 520))
def test_the_log_odds_of_silence_are_finite_however_certain(
    clock: ClockParameters, seen: Seen, silence: float, horizon: float
) -> None:
    assert isfinite(logit_c_h(clock, seen, age_weeks=seen.recency_weeks + silence, horizon_weeks=horizon))


def test_the_log_odds_of_silence_are_finite_where_the_chance_itself_rounds_to_one_or_zero() -> None:
    certain, impossible = Seen(3_000, 100.0), Seen(3_000, 1_000.0)
    assert no_purchase_probability(CLOCK, certain, age_weeks=400, horizon_weeks=13) == 1.0
    assert 100 < logit_c_h(CLOCK, certain, age_weeks=400, horizon_weeks=13) < inf
    assert logit_c_h(CLOCK, certain, age_weeks=401, horizon_weeks=13) > logit_c_h(
        CLOCK, certain, age_weeks=400, horizon_weeks=13
    )
    tiny = ClockParameters(r=0.525, alpha=6.183, a=1e-290, b=1.0)
    assert no_purchase_probability(tiny, impossible, age_weeks=1_000, horizon_weeks=52) < 1e-50
    assert -inf < logit_c_h(tiny, impossible, age_weeks=1_000, horizon_weeks=52) < -100


def test_the_log_odds_of_silence_are_exact_where_almost_nobody_buys() -> None:
    """The chance to buy is 1e-3 * 1e-9 / 1e6 = 1e-18 of those who stay: less than 1 can lose."""
    clock, seen = ClockParameters(r=1e-3, alpha=1.0, a=1.0, b=1.0), Seen(0, 0.0)
    log_odds = logit_c_h(clock, seen, age_weeks=1e6 - 1, horizon_weeks=1e-9)
    gone = exp(logit_dead(clock, seen, 1e6 - 1))
    assert log_odds == pytest.approx(log(gone + 1) + 18 * log(10), rel=1e-9)


@given(clocks, histories, weeks, st.floats(0.001, 100))
def test_silence_never_becomes_less_likely_with_age(
    clock: ClockParameters, seen: Seen, silence: float, more: float
) -> None:
    earlier = logit_c_h(clock, seen, age_weeks=seen.recency_weeks + silence, horizon_weeks=13)
    later = logit_c_h(clock, seen, age_weeks=seen.recency_weeks + silence + more, horizon_weeks=13)
    assert later >= earlier - 1e-9 * max(1, abs(earlier))


@given(histories, st.floats(0.01, 0.99))
def test_the_age_of_a_given_chance_of_having_left_has_that_chance(seen: Seen, probability: float) -> None:
    age = age_when_dead(CLOCK, seen, probability)
    reached = sigmoid(logit_dead(CLOCK, seen, age))
    if age == seen.recency_weeks:
        assert reached >= probability - 1e-9
    else:
        assert reached == pytest.approx(probability, abs=1e-6)


def test_an_age_beyond_all_numbers_is_infinite() -> None:
    assert age_when_dead(ClockParameters(r=1e-3, alpha=1, a=1, b=1e3), Seen(0, 0.0), 0.5) == inf


def test_customers_simulated_from_the_model_stay_silent_as_often_as_it_says() -> None:
    """Known truth: nothing here but the model's story, told with random numbers."""
    lots = Random(20_260_101)
    said, silent = {0: 0.0, 1: 0.0, 2: 0.0}, {0: 0, 1: 0, 2: 0}
    customers = {0: 0, 1: 0, 2: 0}
    for _ in range(20_000):
        times = _purchases_of_one_customer(lots, until_weeks=39.0)
        before = [time for time in times if time <= 26.0]
        group = min(len(before) - 1, 2)
        seen = Seen(len(before) - 1, before[-1])
        customers[group] += 1
        said[group] += no_purchase_probability(CLOCK, seen, age_weeks=26.0, horizon_weeks=13.0)
        silent[group] += len(times) == len(before)
    for group, count in customers.items():
        assert count > 500
        assert silent[group] / count == pytest.approx(said[group] / count, abs=0.03)


def _purchases_of_one_customer(lots: Random, *, until_weeks: float) -> list[float]:
    rate, leaving = lots.gammavariate(CLOCK.r, 1 / CLOCK.alpha), lots.betavariate(CLOCK.a, CLOCK.b)
    times = [0.0]
    while lots.random() >= leaving:
        following = times[-1] + lots.expovariate(max(rate, 1e-12))
        if following > until_weeks:
            break
        times.append(following)
    return times
