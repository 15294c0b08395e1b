"""In worlds whose truth is known the intervals hold it as often as they say, and chance is seldom taken for an effect.

Seeds are drawn anew at every run and are named where a run fails; FIDELIO_TEST_SEED repeats one.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from random import SystemRandom

import pytest
from scipy import stats

from fidelio_notify.domain.playbooks.model import Variant
from fidelio_notify.domain.uplift.assignment import arm_of, variant_of
from fidelio_notify.domain.uplift.exposures import marks
from fidelio_notify.domain.uplift.tallies import count
from support.uplift_intervals import of_equal_arms, score, wald
from support.uplift_people import DAY, NOON, a_profile, an_exposure, did, scored
from support.uplift_worlds import (
    Lots,
    World,
    counts_assigned,
    counts_delivered_only,
    counts_messages,
    coverage_of_means,
    coverage_of_shares,
    found_in,
    looks_once,
    peeks,
    share_of,
)

COVERS = (0.935, 0.965)
MOST_FALSE = 0.07
QUICK, LONG, WRONG, WRONG_INTERVALS = 6_000, 20_000, 300, 4_000
"""Worlds in a quick run, in a long one, and of a wrong method, which needs few to be found out."""
NULLS, SIMPLE_NULLS = 4_000, 3_000
TRUE_COVERAGE = (0.9475, 0.9535)
"""Between these lies what the intervals really cover: seen over 100,000 worlds each were 95.1 and 94.9 %."""
TRUE_CLAIMS, TRUE_SIMPLE_CLAIMS = 0.055, 0.052
"""More effects than these are not claimed where there is none: seen over 40,000 worlds were 5.2 %. The wrong methods
were seen to cover at most 91 %, and to claim at least 19.8 %."""
SMALL_RATES = World(treated=900, held=100, rate=0.04, truth=0.0)
FIXED = [
    World(treated=900, held=100, rate=0.05, truth=0.03),
    World(treated=400, held=400, rate=0.05, truth=0.0),
    World(treated=1800, held=200, rate=0.3, truth=0.1),
    World(treated=4500, held=500, rate=0.02, truth=0.02),
    World(treated=500, held=500, rate=0.1, truth=0.05),
]


@pytest.fixture
def seed() -> int:
    drawn = int(os.environ.get("FIDELIO_TEST_SEED") or SystemRandom().randrange(10**9))
    print(f"FIDELIO_TEST_SEED={drawn} repeats this run")
    return drawn


def is_right(coverage: float) -> bool:
    return COVERS[0] <= coverage <= COVERS[1]


def claims_an_effect(world: World, lots: Lots) -> bool:
    """On the goal or on the churn risk, either way."""
    return any(each.finding in ("helps", "harms") for each in found_in(world, lots))


def test_the_interval_on_the_goal_holds_the_truth_as_often_as_it_says(seed: int) -> None:
    assert is_right(coverage_of_shares(score, seed, QUICK))


def test_the_interval_on_the_churn_risk_holds_the_truth_as_often_as_it_says(seed: int) -> None:
    assert is_right(coverage_of_means(seed, QUICK))


def test_where_contacting_does_nothing_an_effect_is_seldom_reported(seed: int) -> None:
    assert share_of(claims_an_effect, seed, NULLS) <= MOST_FALSE


def fails_interval(worlds: int, coverage: float) -> float:
    """The chance that a method which really covers so much is found wrong."""
    least, most = (bound * worlds for bound in COVERS)
    return float(stats.binom.cdf(least - 1e-6, worlds, coverage) + stats.binom.sf(most + 1e-6, worlds, coverage))


def fails_claims(worlds: int, claimed: float) -> float:
    return float(stats.binom.sf(MOST_FALSE * worlds, worlds, claimed))


def test_a_right_method_fails_less_often_than_once_in_ten_thousand_runs() -> None:
    intervals = 2 * max(fails_interval(QUICK, each) for each in TRUE_COVERAGE)
    nulls = fails_claims(NULLS, TRUE_CLAIMS) + 2 * fails_claims(SIMPLE_NULLS, TRUE_SIMPLE_CLAIMS)
    wrong_intervals = 2 * (1 - fails_interval(WRONG_INTERVALS, 0.912))
    wrong_counts = 3 * (1 - fails_claims(WRONG, 0.19))
    settings = (2 + len(FIXED)) * max(fails_interval(LONG, each) for each in TRUE_COVERAGE)

    assert intervals + nulls + wrong_intervals + wrong_counts < 1e-4
    assert settings + fails_claims(LONG // 2, TRUE_CLAIMS) < 1e-4


def test_a_thousand_worlds_would_fail_a_right_method_too_often() -> None:
    assert fails_interval(1_000, 0.95) > 0.02


def test_the_textbook_interval_is_found_out_where_rates_are_small(seed: int) -> None:
    assert coverage_of_shares(wald, seed, WRONG_INTERVALS, SMALL_RATES) < COVERS[0]


def test_an_interval_that_forgets_unequal_arms_is_found_out(seed: int) -> None:
    assert coverage_of_shares(of_equal_arms, seed, WRONG_INTERVALS) < COVERS[0]


@pytest.mark.parametrize("wrong", [peeks, counts_delivered_only, counts_messages])
def test_whoever_counts_wrongly_finds_effects_that_do_not_exist(
    wrong: Callable[[World, Lots], bool], seed: int
) -> None:
    assert share_of(wrong, seed, WRONG) > MOST_FALSE


@pytest.mark.parametrize("right", [looks_once, counts_assigned])
def test_the_same_worlds_counted_rightly_show_few(right: Callable[[World, Lots], bool], seed: int) -> None:
    assert share_of(right, seed, SIMPLE_NULLS) <= MOST_FALSE


@pytest.mark.long
@pytest.mark.parametrize("world", FIXED)
def test_in_each_kind_of_world_the_truth_is_held_as_often_as_is_said(world: World, seed: int) -> None:
    assert is_right(coverage_of_shares(score, seed, LONG, world))


@pytest.mark.long
def test_over_many_more_worlds_the_same_holds(seed: int) -> None:
    assert is_right(coverage_of_means(seed, LONG))
    assert is_right(coverage_of_shares(score, seed, LONG))
    assert share_of(claims_an_effect, seed, LONG // 2) <= MOST_FALSE


def test_a_world_of_people_is_counted_as_they_lived(seed: int) -> None:
    """From the draw of the arms to the counts of the report, by news that come late and twice."""
    key, variants = seed.to_bytes(8, "big"), (Variant("plain", 0.5, "a"), Variant("warm", 0.5, "b"))
    people = [a_profile(f"{seed} {number}") for number in range(2_000)]
    exposures = [
        an_exposure(
            each, arm_of(key, "check-in", each, 0.3), variant=variant_of(key, "check-in", 0, each, variants).name
        )
        for each in people
    ]
    buyers = {each for each in people if int(each[:4], 16) % 5 == 0}
    news = [did(each, "order.placed", NOON + DAY) for each in people if each in buyers]
    news += [scored(each, 0.25, NOON + 2 * DAY) for each in people if each in buyers]

    found = {each.profile: each for each in marks(exposures, [*news, *news], {})}
    lived = [
        replace(each, goal_at=mark.goal_at, risk_after=mark.risk_after) if (mark := found.get(each.profile)) else each
        for each in exposures
    ]
    counted = count(lived, {}, now=NOON + 15 * DAY)

    for arm in ("treated", "held"):
        members = {each.profile for each in exposures if each.arm == arm}
        tally = counted.arm(arm)
        assert (tally.people, tally.reached, tally.changed) == (len(members), *[len(members & buyers)] * 2)
        assert tally.mean == pytest.approx(-0.5 * len(members & buyers) / len(members))
