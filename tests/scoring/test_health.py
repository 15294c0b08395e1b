"""Health: the risk the other way round, and its contributions in groups that lose nothing."""

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_scoring.domain.churn import FEATURES
from fidelio_scoring.domain.heads import HeadScore, combined_risk
from fidelio_scoring.domain.health import GROUP_OF, GROUPS, Health, health_of

GONE = HeadScore("gone", 0.0, -1.5, {"habit": 0.25, "silence": 1.0, "open_complaint": 0.5, "mood": -0.25})
LEAVING = HeadScore("leaving", -1.0, -2.0, {"silence": 0.5, "low_csat": 0.75, "tenure": -0.25})

contributions = st.dictionaries(st.sampled_from((*GROUP_OF, "mood", "weather")), st.floats(-30, 30))
heads = st.lists(st.builds(HeadScore, st.just("gone"), st.floats(-30, 30), st.just(0.0), contributions), max_size=2)


def loses_nothing(health: Health, scores: list[HeadScore]) -> bool:
    told = fsum(value for head in scores for value in head.contributions.values())
    return abs(fsum(health.groups.values()) - told) <= 1e-12 * (1 + len(scores) * 30 * len(GROUP_OF))


def test_contributions_of_both_heads_are_added_by_group() -> None:
    groups = {"usage": 1.75, "support": 0.5, "sentiment": 0.75, "engagement": -0.25, "other": -0.25}
    assert health_of((GONE, LEAVING)) == Health(100 * (1 - combined_risk((GONE, LEAVING))), groups)


def test_a_group_of_which_no_head_knows_anything_is_absent() -> None:
    assert list(health_of((HeadScore("gone", 0.0, 0.0, {"habit": 0.1}),)).groups) == ["usage"]


def test_another_grouping_can_be_passed() -> None:
    assert health_of((LEAVING,), {"silence": "a", "tenure": "a"}).groups == {"a": 0.25, "other": 0.75}


def test_every_feature_is_in_one_group_and_those_of_today_are_usage() -> None:
    named = [feature for features in GROUPS.values() for feature in features]
    assert len(named) == len(set(named))
    assert {GROUP_OF[feature] for feature in FEATURES} == {"usage"}


@given(heads)
def test_groups_sum_to_the_contributions_of_the_heads(scores: list[HeadScore]) -> None:
    assert loses_nothing(health_of(scores), scores)


def test_a_lost_group_is_noticed() -> None:
    """Negative control."""
    whole = health_of((GONE, LEAVING))
    for lost in whole.groups:
        rest = {group: value for group, value in whole.groups.items() if group != lost}
        assert not loses_nothing(Health(whole.score, rest), [GONE, LEAVING])


@given(heads, st.floats(-30, 30), st.floats(-30, 30))
def test_health_lies_between_0_and_100_and_falls_as_a_risk_rises(
    scores: list[HeadScore], one: float, other: float
) -> None:
    lower, higher = sorted((one, other))
    better = health_of([*scores[:1], HeadScore("leaving", lower, 0.0, {})]).score
    worse = health_of([*scores[:1], HeadScore("leaving", higher, 0.0, {})]).score
    assert 0 <= worse <= better <= 100


def test_an_even_risk_is_a_health_of_50() -> None:
    assert health_of((HeadScore("gone", 0.0, 0.0, {}),)).score == pytest.approx(50)
