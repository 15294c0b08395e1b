"""Recency, frequency, monetary value: fifths by frozen cut points, and the millisecond at which recency falls."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.rfm import Rfm, RfmCuts, next_rfm_change, rfm_at
from fidelio_scoring.domain.spending import Spent

START = datetime(2025, 3, 1, 9, 30, 0, 123_000, tzinfo=UTC)
FIRST_DAY = (START - datetime(1970, 1, 1, tzinfo=UTC)).days
DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
CUTS = RfmCuts((30, 60, 90.5, 180), (1, 2, 4, 8), {"EUR": (14.96, 27.99, 46.04, 93.76)})

cut_points = st.lists(st.floats(0, 4000, allow_subnormal=False), min_size=4, max_size=4, unique=True).map(
    lambda drawn: RfmCuts(tuple(sorted(drawn)), CUTS.frequency, CUTS.monetary)  # type: ignore[arg-type]
)
silences = st.integers(-DAY // MILLISECOND, 5000 * DAY // MILLISECOND).map(lambda count: count * MILLISECOND)


def bought(times: int = 1) -> Purchases:
    """On as many days in a row up to the last order, at START."""
    return Purchases(START - (times - 1) * DAY, START, (1 << times) - 1 << FIRST_DAY - times + 1, times)


def spent(net: str, currency: str = "EUR") -> Spent:
    return Spent(currency, Decimal(net), average=float(net), days=1.0)


def recency(silence: timedelta, cuts: RfmCuts = CUTS) -> int:
    return rfm_at(bought(), None, START + silence, cuts).recency


def falls_first_at(change: datetime | None, after: datetime, cuts: RfmCuts) -> bool:
    """Whether recency stays from `after` to the millisecond before `change`, and is lower at it."""
    before = recency(after - START, cuts)
    if change is None:
        return recency(20_000 * DAY, cuts) == before
    return recency(change - START - MILLISECOND, cuts) == before > recency(change - START, cuts)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, 5), (0, 5), (30, 5), (31, 4), (60, 4), (61, 3), (90.5, 3), (91, 2), (180, 2), (181, 1), (9999, 1)],
)
def test_a_silence_at_a_cut_point_still_has_the_better_recency(days: float, expected: int) -> None:
    assert recency(days * DAY) == expected


@pytest.mark.parametrize(("days", "expected"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (8, 4), (9, 5), (300, 5)])
def test_frequency_counts_purchase_days(days: int, expected: int) -> None:
    assert rfm_at(bought(days), None, START, CUTS).frequency == expected


@pytest.mark.parametrize(
    ("money", "expected"),
    [
        (spent("-5"), 1),
        (spent("14.96"), 1),
        (spent("14.97"), 2),
        (spent("93.76"), 4),
        (spent("93.77"), 5),
        (spent("93.77", "CHF"), None),
        (None, None),
    ],
)
def test_monetary_value_is_judged_in_its_own_currency(money: Spent | None, expected: int | None) -> None:
    assert rfm_at(bought(), money, START, CUTS) == Rfm(5, 1, expected)


@given(cut_points, silences, silences)
def test_recency_never_rises_while_a_customer_is_silent(cuts: RfmCuts, one: timedelta, other: timedelta) -> None:
    earlier, later = sorted((one, other))
    assert 1 <= recency(later, cuts) <= recency(earlier, cuts) <= 5


@given(cut_points, silences)
def test_recency_falls_at_the_millisecond_that_was_foretold_and_not_before(cuts: RfmCuts, silence: timedelta) -> None:
    after = START + silence
    change = next_rfm_change(bought(), cuts, after=after)
    assert change is None or change > after
    assert falls_first_at(change, after, cuts)


@pytest.mark.parametrize("off", [-1, 1])
def test_a_millisecond_off_is_noticed(off: int) -> None:
    """Negative control."""
    change = next_rfm_change(bought(), CUTS, after=START)
    assert change == START + 30 * DAY + MILLISECOND
    assert not falls_first_at(change + off * MILLISECOND, START, CUTS)


def test_from_change_to_change_recency_falls_to_the_lowest() -> None:
    changes = [START - 3 * DAY]
    while change := next_rfm_change(bought(), CUTS, after=changes[-1]):
        changes.append(change)
    assert [recency(change - START) for change in changes] == [5, 4, 3, 2, 1]
    assert [(later - earlier) // DAY for earlier, later in pairwise(changes[1:])] == [30, 30, 89]
