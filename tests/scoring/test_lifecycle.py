"""The stage of a customer's life, and the instant at which silence ends it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.lifecycle import Stage, next_stage_change, stage_at
from support.effort import CI
from support.standing_meaning import stage_of
from support.standings import DAY, MILLISECOND, NOON, bought_at

NEW_ENDS, LAPSES = NOON + 60 * DAY, NOON + 182 * DAY
moments = st.integers(0, 900 * 86_400_000).map(lambda count: NOON + count * MILLISECOND)


@pytest.mark.parametrize(
    ("at", "band", "stage"),
    [
        (NOON, Band.LOW, Stage.NEW),
        (NOON, Band.WATCH, Stage.NEW),
        (NOON, Band.HIGH, Stage.AT_RISK),
        (NEW_ENDS - MILLISECOND, Band.LOW, Stage.NEW),
        (NEW_ENDS, Band.LOW, Stage.ACTIVE),
        (NEW_ENDS, Band.WATCH, Stage.ACTIVE),
        (LAPSES - MILLISECOND, Band.LOW, Stage.ACTIVE),
        (LAPSES - MILLISECOND, Band.HIGH, Stage.AT_RISK),
        (LAPSES, Band.LOW, Stage.LAPSED),
        (LAPSES, Band.HIGH, Stage.LAPSED),
        (NOON - DAY, Band.LOW, Stage.NEW),
    ],
)
def test_exactly_one_stage_holds(at: datetime, band: Band, stage: Stage) -> None:
    assert stage_at(bought_at(NOON), band, at) is stage


def test_new_counts_from_the_first_order_and_lapsed_from_the_last() -> None:
    purchases = bought_at(NOON, NOON + 50 * DAY)
    assert stage_at(purchases, Band.LOW, NEW_ENDS) is Stage.ACTIVE
    assert stage_at(purchases, Band.LOW, LAPSES) is Stage.ACTIVE
    assert stage_at(purchases, Band.LOW, LAPSES + 50 * DAY) is Stage.LAPSED


@pytest.mark.parametrize(
    ("band", "after", "change"),
    [
        (Band.LOW, NOON, NEW_ENDS),
        (Band.LOW, NEW_ENDS - MILLISECOND, NEW_ENDS),
        (Band.LOW, NEW_ENDS, LAPSES),
        (Band.HIGH, NOON, LAPSES),
        (Band.HIGH, LAPSES - MILLISECOND, LAPSES),
        (Band.LOW, LAPSES, None),
        (Band.HIGH, LAPSES + DAY, None),
    ],
)
def test_the_next_change_is_the_boundary_that_changes_the_stage(
    band: Band, after: datetime, change: datetime | None
) -> None:
    assert next_stage_change(bought_at(NOON), band, after=after) == change


@CI
@given(st.lists(moments, min_size=1, max_size=3), moments, st.sampled_from(Band))
def test_a_stage_holds_until_its_next_change_and_not_a_millisecond_longer(
    orders: list[datetime], after: datetime, band: Band
) -> None:
    purchases = bought_at(*orders)
    stage, change = stage_of(purchases, band, after), next_stage_change(purchases, band, after=after)
    assert stage_at(purchases, band, after) is stage
    if change is None:
        assert stage_of(purchases, band, after + 9000 * DAY) is stage
        return
    assert change > after
    assert stage_of(purchases, band, change - MILLISECOND) is stage
    assert stage_of(purchases, band, change) is not stage


@CI
@given(st.lists(moments, min_size=1, max_size=3), moments, moments, st.sampled_from(Band))
def test_silence_only_ever_moves_a_stage_forward(
    orders: list[datetime], one: datetime, other: datetime, band: Band
) -> None:
    purchases, (earlier, later) = bought_at(*orders), sorted((one, other))
    order = list(Stage)
    before, after = (order.index(stage_at(purchases, band, at)) for at in (earlier, later + timedelta(hours=1)))
    assert before <= after
