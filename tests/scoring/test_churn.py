"""The churn score, its explanation, its bands, and the instant at which silence changes them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_scoring.domain.bands import Band, Bands, Thresholds, band_for
from fidelio_scoring.domain.churn import ChurnModel, PurchaseFacts, assess, buying
from fidelio_scoring.domain.crossings import next_band_change
from fidelio_scoring.domain.heads import HeadScore, combined_risk, shapley_change
from fidelio_scoring.domain.model_file import parse_model
from fidelio_scoring.domain.purchase_clock import Seen, logit_c_h
from fidelio_scoring.domain.purchases import Purchases, gap_variation, gaps_in_days, mean_gap_days, repeat_days
from fidelio_scoring.training.cdnow import END_OF_1997, MASTER, locate_cdnow, read_cdnow
from fidelio_scoring.training.evaluation import Vector
from fidelio_scoring.training.history import logs_of, purchases_until

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)
HOURS_A_YEAR = 24 * 365
SHIPPED = parse_model(files("fidelio_scoring").joinpath("models", "cdnow-1997.json").read_text(encoding="utf-8"))
GONE_ONLY = replace(SHIPPED, heads=SHIPPED.heads[:1])
BANDS = Bands(watch=Thresholds(enter=0.60, leave=0.55), high=Thresholds(enter=0.80, leave=0.75))


def bought_on(*days: int, orders: int | None = None) -> Purchases:
    """Ordered on these days, counted from the first one."""
    first = (START - EPOCH) // DAY
    bitmap = sum(1 << first + day for day in days)
    return Purchases(START, START + days[-1] * DAY, bitmap, orders or len(days))


def every_feature_counts() -> ChurnModel:
    """The shipped model found no use for `overdue`; here each feature has a weight of its own."""
    (head,) = GONE_ONLY.heads
    weights = (0.9, 0.7, 0.2, 0.5)
    terms = tuple(replace(term, weight=weight) for term, weight in zip(head.terms, weights, strict=True))
    return replace(GONE_ONLY, heads=(replace(head, terms=terms),))


MODEL = every_feature_counts()
purchase_days = st.sets(st.integers(1, 900), max_size=40).map(lambda days: bought_on(0, *sorted(days)))
silences = st.integers(0, 4_000 * 86_400_000).map(lambda count: count * MILLISECOND)
bands = st.sampled_from(Band)
chances = st.floats(0, 1)


def test_gaps_are_read_from_the_bitmap() -> None:
    days = bought_on(0, 7, 14, 28).days
    assert (repeat_days(days), gaps_in_days(days)) == (3, (7, 7, 14))
    assert mean_gap_days((7, 7, 14)) == pytest.approx(28 / 3)
    assert gap_variation((7, 7, 14)) == pytest.approx(np.std([7, 7, 14]) / np.mean([7, 7, 14]))


def test_one_gap_has_a_length_but_no_regularity() -> None:
    assert (mean_gap_days((9,)), gap_variation((9,))) == (9, None)
    assert (mean_gap_days(()), gap_variation(())) == (None, None)
    assert gap_variation((9, 9, 9)) == 0


@given(st.sets(st.integers(0, 25_000), min_size=1, max_size=60))
def test_gaps_are_those_of_the_sorted_days(days: set[int]) -> None:
    ordered = sorted(days)
    assert list(gaps_in_days(sum(1 << day for day in days))) == [
        later - earlier for earlier, later in pairwise(ordered)
    ]


@given(purchase_days, silences)
def test_baseline_and_contributions_sum_to_the_log_odds(purchases: Purchases, silence: timedelta) -> None:
    (head,) = assess(purchases, purchases.last_order_at + silence, previous_band=None, model=MODEL).heads
    assert list(head.contributions) == ["habit", "lapse", "silence", "overdue"]
    assert abs(head.baseline + sum(head.contributions.values()) - head.log_odds) <= 1e-12


def test_a_contribution_is_the_calibrated_weight_times_the_distance_from_the_average() -> None:
    purchases = bought_on(0, 30, 60)
    (head,) = assess(purchases, purchases.last_order_at + 44 * DAY, previous_band=None, model=MODEL).heads
    term = MODEL.heads[0].terms[2]
    expected = MODEL.heads[0].platt_a * term.weight * (np.log(45) - term.mean)
    assert head.contributions["silence"] == pytest.approx(expected, rel=1e-12)


def test_with_one_weight_for_both_parts_the_clock_enters_as_its_plain_log_odds() -> None:
    (head,) = GONE_ONLY.heads
    habit, lapse, silence, overdue = head.terms
    plain = replace(head, terms=(replace(habit, weight=0.9), replace(lapse, weight=0.9), silence, overdue))
    purchases, waited = bought_on(0, 20, 50), 65
    (scored,) = assess(
        purchases, purchases.last_order_at + waited * DAY, previous_band=None, model=replace(GONE_ONLY, heads=(plain,))
    ).heads
    clock = logit_c_h(SHIPPED.clock, Seen(2, 50 / 7), age_weeks=(50 + waited) / 7, horizon_weeks=SHIPPED.horizon_weeks)
    log_odds = head.intercept + 0.9 * clock + silence.weight * np.log1p(waited)
    assert scored.log_odds == pytest.approx(head.platt_a * log_odds + head.platt_b, rel=1e-12)


@given(purchase_days, silences, silences)
def test_risk_never_falls_while_a_customer_is_silent(purchases: Purchases, one: timedelta, other: timedelta) -> None:
    earlier, later = sorted((one, other))
    before = assess(purchases, purchases.last_order_at + earlier, previous_band=None, model=MODEL).risk
    after = assess(purchases, purchases.last_order_at + later, previous_band=None, model=MODEL).risk
    assert after >= before - 1e-12


def test_a_customer_without_rhythm_is_never_overdue() -> None:
    for purchases in (bought_on(0), bought_on(0, 30), bought_on(0, 1, 2, 3, 200)):
        (head,) = assess(purchases, purchases.last_order_at + 90 * DAY, previous_band=None, model=MODEL).heads
        term = MODEL.heads[0].terms[3]
        assert head.contributions["overdue"] == pytest.approx(-MODEL.heads[0].platt_a * term.weight * term.mean)


def test_the_facts_are_what_a_person_would_look_at() -> None:
    purchases = bought_on(0, 7, 28, orders=5)
    facts = assess(purchases, purchases.last_order_at + 1.5 * DAY, previous_band=None, model=MODEL).facts
    assert facts == PurchaseFacts(silence_days=1.5, usual_gap_days=14, repeat_days=2, orders=5, age_days=29.5)


def test_before_the_last_order_silence_counts_as_zero() -> None:
    purchases = bought_on(0, 30)
    at_the_order = assess(purchases, purchases.last_order_at, previous_band=None, model=MODEL)
    assert assess(purchases, purchases.first_order_at - 90 * DAY, previous_band=None, model=MODEL) == at_the_order


@pytest.mark.parametrize(
    ("risk", "previous", "expected"),
    [
        (0.59, None, Band.LOW),
        (0.60, None, Band.WATCH),
        (0.80, None, Band.HIGH),
        (0.59, Band.LOW, Band.LOW),
        (0.60, Band.LOW, Band.WATCH),
        (0.59, Band.WATCH, Band.WATCH),
        (0.55, Band.WATCH, Band.WATCH),
        (0.54, Band.WATCH, Band.LOW),
        (0.79, Band.WATCH, Band.WATCH),
        (0.80, Band.WATCH, Band.HIGH),
        (0.75, Band.HIGH, Band.HIGH),
        (0.74, Band.HIGH, Band.WATCH),
        (0.55, Band.HIGH, Band.WATCH),
        (0.54, Band.HIGH, Band.LOW),
    ],
)
def test_a_band_is_left_at_a_lower_risk_than_it_is_entered_at(
    risk: float, previous: Band | None, expected: Band
) -> None:
    assert band_for(risk, previous, BANDS) is expected


@given(chances, st.one_of(st.none(), bands))
def test_a_band_holds_while_the_risk_does(risk: float, previous: Band | None) -> None:
    band = band_for(risk, previous, BANDS)
    assert band_for(risk, band, BANDS) is band


@given(purchase_days, silences, bands)
def test_the_next_band_change_is_the_first_millisecond_that_the_score_itself_puts_in_another_band(
    purchases: Purchases, silence: timedelta, band: Band
) -> None:
    after = purchases.last_order_at + silence
    change = next_band_change(buying(purchases, MODEL), band, after=after, model=MODEL)
    if change is None:
        assert _band_at(purchases, after + timedelta(days=20 * 365), band, MODEL) is band
        return
    assert change > after
    assert change.microsecond % 1000 == 0
    assert _band_at(purchases, change, band, MODEL) is not band
    assert change == after + MILLISECOND or _band_at(purchases, change - MILLISECOND, band, MODEL) is band


def test_the_next_band_change_is_later_than_an_instant_between_two_milliseconds() -> None:
    purchases = bought_on(0)
    change = next_band_change(buying(purchases, MODEL), Band.LOW, after=START, model=MODEL)
    assert change is not None
    just_before = change - timedelta(microseconds=1)
    assert next_band_change(buying(purchases, MODEL), Band.LOW, after=just_before, model=MODEL) == change
    assert next_band_change(buying(purchases, MODEL), Band.LOW, after=change, model=MODEL) == change + MILLISECOND


def test_a_band_that_no_longer_fits_changes_at_the_next_millisecond() -> None:
    purchases = bought_on(0, 30, 60, 90)
    assert next_band_change(buying(purchases, MODEL), Band.HIGH, after=purchases.last_order_at, model=MODEL) == (
        purchases.last_order_at + MILLISECOND
    )


def test_nothing_lies_above_high() -> None:
    purchases = bought_on(0)
    assert next_band_change(buying(purchases, MODEL), Band.HIGH, after=START + 3000 * DAY, model=MODEL) is None


def test_a_band_that_takes_longer_than_twenty_years_is_not_scheduled() -> None:
    patient = replace(MODEL, bands=Bands(watch=Thresholds(0.60, 0.55), high=Thresholds(1 - 1e-12, 0.75)))
    assert next_band_change(buying(bought_on(0), patient), Band.WATCH, after=START + 300 * DAY, model=patient) is None


def test_every_band_change_of_500_real_customers_is_the_one_an_hourly_scan_finds() -> None:
    logs = logs_of(read_cdnow(locate_cdnow(MASTER)))
    changes = 0
    for log in list(logs.values())[:: len(logs) // 500][:500]:
        purchases = purchases_until(log, END_OF_1997)
        assert purchases is not None
        after = purchases.last_order_at
        band = assess(purchases, after, previous_band=None, model=SHIPPED).band
        change = next_band_change(buying(purchases, SHIPPED), band, after=after, model=SHIPPED)
        hours = _first_hour_of_another_band(purchases, band)
        if hours is None:
            assert change is None
            continue
        assert change is not None
        changes += 1
        assert after + (hours - 1) * HOUR < change <= after + hours * HOUR
        assert _band_at(purchases, change, band, SHIPPED) is not band
        assert _band_at(purchases, change - MILLISECOND, band, SHIPPED) is band
    assert changes > 450


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=2))
def test_the_shares_of_the_heads_sum_to_the_change_of_the_risk(log_odds: list[tuple[float, float]]) -> None:
    before = _heads([one for one, _ in log_odds])
    after = _heads([other for _, other in log_odds])
    shares = shapley_change(before, after)
    assert list(shares) == [head.name for head in after]
    assert sum(shares.values()) == pytest.approx(combined_risk(after) - combined_risk(before), rel=1e-15, abs=1e-15)


def test_a_head_that_did_not_move_has_no_share_and_equal_heads_share_equally() -> None:
    assert shapley_change(_heads([0.3, -1]), _heads([0.3, 2]))["gone"] == 0
    shares = shapley_change(_heads([-1, -1]), _heads([2, 2]))
    assert shares["gone"] == shares["leaving"] > 0


def test_the_first_score_is_all_change() -> None:
    after = _heads([0.4])
    assert shapley_change((), after) == {"gone": pytest.approx(combined_risk(after))}


def test_more_than_two_heads_are_refused() -> None:
    third = HeadScore("third", 0.0, 0.0, {})
    with pytest.raises(ValueError, match="gone, leaving, third"):
        shapley_change((), (*_heads([0.0, 0.0]), third))


def _band_at(purchases: Purchases, at: datetime, previous: Band, model: ChurnModel) -> Band:
    return assess(purchases, at, previous_band=previous, model=model).band


def _heads(log_odds: Sequence[float]) -> tuple[HeadScore, ...]:
    return tuple(HeadScore(name, value, 0.0, {}) for name, value in zip(("gone", "leaving"), log_odds, strict=False))


def _first_hour_of_another_band(purchases: Purchases, band: Band) -> int | None:
    """Looks at every hour of up to twenty years, with a scorer of its own that shares no code with the service's."""
    thresholds = SHIPPED.bands
    for year in range(20):
        hours = np.arange(year * HOURS_A_YEAR + 1, (year + 1) * HOURS_A_YEAR + 1, dtype=np.float64)
        risks = _risks_by_hour(purchases, hours)
        is_high = risks >= (thresholds.high.leave if band is Band.HIGH else thresholds.high.enter)
        is_watch = risks >= (thresholds.watch.enter if band is Band.LOW else thresholds.watch.leave)
        moved = {Band.LOW: is_watch, Band.WATCH: is_high | ~is_watch, Band.HIGH: ~is_high}[band]
        if moved.any():
            return int(hours[moved.argmax()])
    return None


def _risks_by_hour(purchases: Purchases, hours: Vector) -> Vector:
    clock, (head,) = GONE_ONLY.clock, GONE_ONLY.heads
    days = [day for day in range(purchases.days.bit_length()) if purchases.days >> day & 1]
    repeats, recency = len(days) - 1, (days[-1] - days[0]) / 7
    gaps = np.diff(days)
    regularity = 1 - min(gaps.std() / gaps.mean(), 1) if repeats > 1 else 0.0

    def clock_log_odds(age: Vector) -> Vector:
        dead = clock.a / (clock.b + repeats) * ((clock.alpha + age) / (clock.alpha + recency)) ** (clock.r + repeats)
        nothing = ((clock.alpha + age) / (clock.alpha + age + SHIPPED.horizon_weeks)) ** (clock.r + repeats)
        return np.asarray(np.log((dead + nothing) / (1 - nothing)))

    habit = clock_log_odds(np.array([recency]))
    lapse = clock_log_odds(recency + hours / 168) - habit
    silence = np.log(1 + hours / 24)
    overdue = regularity * np.log(1 + hours / 24 / gaps.mean()) if repeats else 0 * hours
    weights = [term.weight for term in head.terms]
    log_odds = head.intercept + weights[0] * habit + weights[1] * lapse + weights[2] * silence + weights[3] * overdue
    return np.asarray(1 / (1 + np.exp(-(head.platt_a * log_odds + head.platt_b))))
