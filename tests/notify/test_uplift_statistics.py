"""Intervals, p-values and sizes against published figures, another implementation, and exact probabilities."""

from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from fidelio_notify.domain.uplift import student
from fidelio_notify.domain.uplift.power import MOST, Needed, needed_for_means, needed_for_shares
from fidelio_notify.domain.uplift.statistics import (
    CONFIDENCE,
    Mean,
    Share,
    Z,
    difference_of_means,
    difference_of_shares,
    holm,
)
from support.uplift_intervals import Interval, of_equal_arms, score, wald

PUBLISHED = [
    ((56, 70), (48, 80), (0.0528, 0.3382)),
    ((9, 10), (3, 10), (0.1700, 0.8406)),
    ((6, 7), (2, 7), (0.0342, 0.8534)),
    ((5, 56), (0, 29), (-0.0326, 0.1933)),
    ((0, 10), (0, 20), (-0.1658, 0.2844)),
    ((0, 10), (0, 10), (-0.2879, 0.2879)),
    ((10, 10), (0, 20), (0.7156, 1.0)),
    ((10, 10), (0, 10), (0.6636, 1.0)),
]
"""Newcombe, Statistics in Medicine 17 (1998) 873, table II: the method of Miettinen and Nurminen."""
SMALL = [
    ((100, 100), 0.05, 0.0),
    ((100, 100), 0.3, 0.1),
    ((400, 100), 0.05, 0.03),
    ((450, 50), 0.1, 0.0),
    ((900, 100), 0.05, 0.0),
    ((270, 30), 0.8, 0.08),
]
LARGE = [
    (sizes, rate, effect)
    for sizes in ((400, 400), (1800, 200), (4500, 500))
    for rate, effect in ((0.05, 0.0), (0.05, 0.03), (0.05, -0.03), (0.1, 0.05), (0.3, 0.0), (0.5, -0.1))
]
"""Of every setting the smaller arm has, at its rate, 2.5 people on average who did it, or more."""


def exactly_covered(method: Interval, sizes: tuple[int, int], rate: float, effect: float) -> float:
    """The chance that the interval holds the truth, summed over all that can happen: no simulation, no error of it."""
    arms = list(zip(sizes, (rate + effect, rate), strict=True))
    chances = [stats.binom.pmf(np.arange(size + 1), size, p) for size, p in arms]
    likely = [np.flatnonzero(each > 1e-6).tolist() for each in chances]
    return sum(
        float(chances[0][treated] * chances[1][held])
        for treated, held in product(*likely)
        if _holds(method(Share(sizes[0], treated), Share(sizes[1], held)), effect)
    )


def _holds(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] - 1e-7 <= truth <= interval[1] + 1e-7


@pytest.mark.parametrize(("treated", "held", "expected"), PUBLISHED)
def test_the_interval_of_a_difference_of_shares_is_the_published_one(
    treated: tuple[int, int], held: tuple[int, int], expected: tuple[float, float]
) -> None:
    found = difference_of_shares(Share(treated[1], treated[0]), Share(held[1], held[0]))

    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == expected


@pytest.mark.parametrize(("sizes", "rate", "effect"), SMALL)
def test_the_truth_is_covered_as_often_as_is_said(sizes: tuple[int, int], rate: float, effect: float) -> None:
    assert 0.94 <= exactly_covered(score, sizes, rate, effect) <= 0.965


@pytest.mark.long
@pytest.mark.parametrize(("sizes", "rate", "effect"), LARGE)
def test_the_truth_is_covered_as_often_as_is_said_in_larger_arms(
    sizes: tuple[int, int], rate: float, effect: float
) -> None:
    assert 0.945 <= exactly_covered(score, sizes, rate, effect) <= 0.96


def test_the_textbook_interval_covers_too_seldom_where_few_are_held_out() -> None:
    assert exactly_covered(wald, (450, 50), 0.1, 0.0) < 0.925
    assert exactly_covered(wald, (400, 100), 0.05, -0.03) < 0.935


def test_an_interval_that_forgets_that_arms_are_unequal_covers_far_too_seldom() -> None:
    assert exactly_covered(of_equal_arms, (900, 100), 0.05, 0.0) < 0.8


@pytest.mark.parametrize(("treated", "held"), [((20, 100), (10, 100)), ((3, 90), (4, 10)), ((0, 50), (5, 50))])
def test_treated_and_held_out_exchanged_the_difference_is_the_opposite(
    treated: tuple[int, int], held: tuple[int, int]
) -> None:
    one = difference_of_shares(Share(treated[1], treated[0]), Share(held[1], held[0]))
    other = difference_of_shares(Share(held[1], held[0]), Share(treated[1], treated[0]))

    assert one is not None
    assert other is not None
    assert (other.value, other.low, other.high, other.p) == pytest.approx((-one.value, -one.high, -one.low, one.p))


def test_the_interval_excludes_zero_exactly_where_p_is_below_five_percent() -> None:
    found = [difference_of_shares(Share(90, many), Share(30, few)) for many in range(91) for few in range(0, 31, 5)]

    judged = [(each.low > 0 or each.high < 0, each.p < 1 - CONFIDENCE) for each in found if each]
    assert [excluded for excluded, _ in judged] == [small for _, small in judged]
    assert {excluded for excluded, _ in judged} == {True, False}


def test_of_an_empty_arm_nothing_is_said() -> None:
    assert difference_of_shares(Share(0, 0), Share(10, 1)) is None
    assert difference_of_shares(Share(10, 1), Share(0, 0)) is None


@pytest.mark.parametrize("degrees", [1, 1.5, 2.7, 9, 29.4, 31, 118.6, 1e4, 1e6])
def test_students_t_is_that_of_scipy(degrees: float) -> None:
    assert student.quantile(0.95, degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=1e-6)
    found = [student.two_sided_p(t, degrees) for t in (0.0, 0.3, -1.96, 2.6, 7.5, 50.0)]
    assert found == pytest.approx([2 * stats.t.sf(abs(t), degrees) for t in (0.0, 0.3, 1.96, 2.6, 7.5, 50.0)], abs=1e-6)


def test_the_difference_of_means_is_welchs() -> None:
    lots = np.random.default_rng(7)
    one, other = lots.normal(-0.05, 0.2, 300), lots.exponential(0.1, 40)
    reference = stats.ttest_ind(one, other, equal_var=False)
    interval = reference.confidence_interval(CONFIDENCE)

    found = difference_of_means(_mean_of(one), _mean_of(other))

    assert found is not None
    expected = (one.mean() - other.mean(), interval.low, interval.high, reference.pvalue)
    assert (found.value, found.low, found.high, found.p) == pytest.approx(expected, abs=1e-8)


def test_means_of_one_person_or_of_people_who_do_not_vary_tell_nothing() -> None:
    varied, alike = Mean(10, 0.1, 0.01, 10), Mean(10, 0.0, 0.0, 0)

    assert difference_of_means(varied, Mean(1, 0.2, 0.0, 1)) is None
    assert difference_of_means(alike, alike) is None


def test_holm_multiplies_the_smallest_most_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.6, 0.7]) == (1.0, 1.0)
    assert holm([]) == ()


def test_the_quantiles_in_use_are_those_of_the_normal_distribution() -> None:
    assert pytest.approx(NormalDist().inv_cdf(0.975)) == Z


def test_as_many_people_as_are_said_see_the_difference_four_times_in_five() -> None:
    rate = 0.04
    needed = needed_for_shares(rate + 0.03, rate, ratio=9)
    assert needed is not None
    lots = np.random.default_rng(11)
    worlds = zip(lots.binomial(needed.treated, rate + 0.03, 1500), lots.binomial(needed.held, rate, 1500), strict=True)

    seen = [difference_of_shares(Share(needed.treated, int(t)), Share(needed.held, int(h))) for t, h in worlds]

    share = sum(each.p < 0.05 for each in seen if each) / len(seen)
    assert share == pytest.approx(0.8, abs=0.045)


def test_as_many_people_as_are_said_see_the_difference_of_means_four_times_in_five() -> None:
    needed = needed_for_means(Mean(500, -0.1, 0.04, 400), Mean(100, 0.0, 0.09, 90), 0.08)
    assert needed is not None
    lots = np.random.default_rng(12)
    treated, held = lots.normal(0.08, 0.2, (1500, needed.treated)), lots.normal(0, 0.3, (1500, needed.held))

    p_values = stats.ttest_ind(treated, held, axis=1, equal_var=False).pvalue

    assert float(np.mean(p_values < 0.05)) == pytest.approx(0.8, abs=0.045)


def test_arms_keep_their_proportion_in_what_is_needed() -> None:
    assert needed_for_shares(0.1, 0.05, ratio=1) == Needed(435, 435)
    unequal = needed_for_shares(0.1, 0.05, ratio=9)
    assert unequal is not None
    assert unequal.treated == pytest.approx(9 * unequal.held, abs=9)


def test_what_no_number_of_people_shows_is_none() -> None:
    assert needed_for_shares(0.1, 0.1, ratio=1) is None
    assert needed_for_shares(0.1 + 1 / MOST, 0.1, ratio=1) is None
    assert needed_for_means(Mean(10, 0, 0.0, 0), Mean(10, 0, 0.0, 0), 0.1) is None


def _mean_of(values: np.ndarray) -> Mean:
    return Mean(values.size, float(values.mean()), float(values.var(ddof=1)), int(np.count_nonzero(values)))
