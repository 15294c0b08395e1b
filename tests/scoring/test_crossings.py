"""When the band changes if nothing happens, up or down, found as a scan finds it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from fidelio_scoring.domain import crossings_on_minutes
from fidelio_scoring.domain.bands import Band, Bands, Thresholds
from fidelio_scoring.domain.churn import Behaviour, ChurnModel, behaviour_of, judge
from fidelio_scoring.domain.crossings import next_band_change, next_band_look
from fidelio_scoring.domain.crossings_on_minutes import Curve, Point
from support.signs import SIGNALLED, Life, Numbers, a_life, facts_of, risks
from support.standings import DAY, NOON

Flags = NDArray[np.bool_]
MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SCANNED_DAYS = 900
STEP_MINUTES = 7


def scanned(life: Life, band: Band) -> datetime | None:
    """The first whole minute of another band; every seventh is looked at, and then those before it."""
    start = (life.last_at - EPOCH) // MINUTE
    for day in range(0, SCANNED_DAYS, 100):
        minutes = start + 1 + np.arange(day * 1440, (day + 100) * 1440, STEP_MINUTES)
        moved = _bands_differ(life, minutes, band)
        if moved.any():
            found = int(minutes[moved.argmax()])
            near = np.arange(max(found - STEP_MINUTES + 1, start + 1), found + 1)
            return EPOCH + int(near[_bands_differ(life, near, band).argmax()]) * MINUTE
    return None


def _bands_differ(life: Life, minutes: Numbers, band: Band, model: ChurnModel = SIGNALLED) -> Flags:
    seconds = minutes * 60.0 - (life.last_at - EPOCH).total_seconds()
    told, bands = risks(life, seconds, model), model.bands
    is_high = told >= (bands.high.leave if band is Band.HIGH else bands.high.enter)
    is_watch = told >= (bands.watch.enter if band is Band.LOW else bands.watch.leave)
    return {Band.LOW: is_watch | is_high, Band.WATCH: is_high | ~is_watch, Band.HIGH: ~is_high}[band]


def first_band(life: Life) -> Band | None:
    now = judge(behaviour_of(facts_of(life), SIGNALLED), life.last_at, previous_band=None, model=SIGNALLED)
    return now.band if now else None


def differences(seed: int, customers: int) -> tuple[list[int], int, int]:
    """Customers for whom scan and search disagree, and how many crossings there were, up and down."""
    wrong, up, down = list[int](), 0, 0
    for number in range(customers):
        life = a_life(Random(f"{seed} {number}"))
        if not (life.happened or life.rated or life.waits):
            continue
        band = first_band(life)
        assert band is not None
        found = next_band_change(behaviour_of(facts_of(life), SIGNALLED), band, after=life.last_at, model=SIGNALLED)
        expected = scanned(life, band)
        if expected is None:
            wrong += [number] if found and found < life.last_at + SCANNED_DAYS * DAY else []
            continue
        wrong += [number] if found != expected else []
        then = judge(behaviour_of(facts_of(life), SIGNALLED), expected, previous_band=band, model=SIGNALLED)
        assert then is not None
        rises = list(Band).index(then.band) > list(Band).index(band)
        up, down = up + rises, down + (not rises)
    return wrong, up, down


def test_the_next_change_of_band_is_the_first_minute_that_a_scan_finds() -> None:
    wrong, up, down = differences(seed=1, customers=60)
    assert wrong == []
    assert min(up, down) >= 5


@pytest.mark.long
def test_of_2000_customers_search_and_scan_disagree_on_none() -> None:
    wrong, up, down = differences(seed=2, customers=2_000)
    assert wrong == []
    assert min(up, down) >= 200


def a_hump(hours: float) -> tuple[Life, ChurnModel, int]:
    """Somebody who stops using what they used a lot: the risk rises above the band for so many hours, and falls again.

    With the first minute above.
    """
    life = Life(
        happened=tuple(("feature.used", NOON - number * DAY) for number in range(60)),
        rated=(),
        waits=(),
        bought=(),
        began=NOON - 60 * DAY,
    )
    minutes = (NOON - EPOCH) // MINUTE + np.arange(1, 60 * 1440)
    told = risks(life, (minutes - minutes[0] + 1) * 60.0, SIGNALLED)
    peak = int(told.argmax())
    enter = float(told[peak - int(hours * 30)])
    bands = Bands(watch=Thresholds(enter=enter, leave=enter / 2), high=Thresholds(enter=0.9, leave=0.8))
    return life, replace(SIGNALLED, bands=bands), int(minutes[int((told >= enter).argmax())])


def found_by_search(life: Life, model: ChurnModel) -> datetime | None:
    return next_band_change(behaviour_of(facts_of(life), model), Band.LOW, after=NOON, model=model)


def test_a_risk_that_is_above_a_band_for_hours_only_is_seen() -> None:
    life, model, first = a_hump(hours=5)
    assert (
        next_band_change(behaviour_of(facts_of(life), SIGNALLED), Band.LOW, after=NOON, model=model)
        == EPOCH + first * MINUTE
    )


def test_a_search_that_looks_at_the_ends_of_spans_only_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_the_ends(curves: list[Curve], start: Point, end: Point) -> tuple[float, float]:
        ends = [bounds(curves, at, at) for at in (start, end)]
        return min(low for low, _ in ends), max(high for _, high in ends)

    bounds = crossings_on_minutes.bounds
    monkeypatch.setattr(crossings_on_minutes, "bounds", of_the_ends)
    life, model, first = a_hump(hours=5)
    assert (
        next_band_change(behaviour_of(facts_of(life), SIGNALLED), Band.LOW, after=NOON, model=model)
        != EPOCH + first * MINUTE
    )


def test_wherever_the_search_begins_it_finds_the_same() -> None:
    """So that it does not matter how snapshots were cut into batches."""
    for number in range(40):
        life = a_life(Random(f"begins {number}"))
        band = first_band(life)
        if band is None:
            continue
        behaviour = behaviour_of(facts_of(life), SIGNALLED)
        found = next_band_change(behaviour, band, after=life.last_at, model=SIGNALLED)
        if found is None:
            continue
        for share in (0.3, 0.9, 0.999999):
            later = life.last_at + (found - life.last_at) * share
            assert next_band_change(behaviour, band, after=later, model=SIGNALLED) == found


def test_a_search_that_ends_where_they_are_looked_at_anyhow_overlooks_no_change() -> None:
    searched = 0
    for number in range(40):
        life = a_life(Random(f"ends {number}"))
        band, behaviour = first_band(life), behaviour_of(facts_of(life), SIGNALLED)
        found = next_band_change(behaviour, band, after=life.last_at, model=SIGNALLED) if band else None
        if band is None or found is None:
            continue
        for before in (found - 200 * DAY, found - MINUTE, found, found + MINUTE, found + 200 * DAY):
            if before > life.last_at:
                look = next_band_look(behaviour, band, after=life.last_at, before=before, model=SIGNALLED)
                assert look <= min(found, before) if look else before < found
                searched += 1
    assert searched > 60


def test_who_is_unknown_but_for_their_address_has_no_band_that_could_change() -> None:
    assert next_band_change(Behaviour(), Band.LOW, after=NOON, model=SIGNALLED) is None


def test_a_complaint_fades_and_the_band_falls_again() -> None:
    life = Life(
        happened=tuple(("complaint.filed", NOON) for _ in range(3)),
        rated=(),
        waits=(),
        bought=(),
        began=NOON - 400 * DAY,
    )
    behaviour = behaviour_of(facts_of(life), SIGNALLED)
    now = judge(behaviour, NOON, previous_band=None, model=SIGNALLED)
    assert now is not None
    falls = next_band_change(behaviour, now.band, after=NOON, model=replace(SIGNALLED))
    assert (now.band, falls is not None and falls > NOON + 10 * DAY) == (Band.WATCH, True)
