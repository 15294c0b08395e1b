"""What a history must make scoring announce, found by looking at every hour, and at every millisecond of an hour."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from fidelio_scoring.domain.bands import Band, Bands
from fidelio_scoring.domain.churn import ChurnModel, assess
from fidelio_scoring.domain.purchases import Purchases, purchases_of
from fidelio_scoring.domain.standing import Evidence
from support.purchase_risks import Hours, combined_risks

STAGES = ("new", "active", "at_risk", "lapsed")
Milliseconds = NDArray[np.int64]
_HOUR = timedelta(hours=1)
_MILLISECOND = timedelta(milliseconds=1)
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


@dataclass(frozen=True, slots=True)
class Told:
    """An announcement: at this time, because of an interaction or a review, that one is in this band or segment."""

    at: datetime
    because: str
    what: str


@dataclass(slots=True)
class _Watcher:
    model: ChurnModel
    purchases: Purchases
    told: list[Told]
    risk: float | None = None
    band: Band | None = None
    stage: str | None = None

    def look(self, at: datetime, because: str) -> None:
        """The score is told where it moved by a hundredth or the band changed, the stage where it changed."""
        now = assess(self.purchases, at, previous_band=self.band, model=self.model)
        if self.risk is None or now.band is not self.band or abs(now.risk - self.risk) >= 0.01:
            self.told.append(Told(at, because, now.band))
            self.risk, self.band = now.risk, now.band
        stage = stage_of(self.purchases, now.band, at)
        if stage != self.stage:
            self.told.append(Told(at, because, stage))
            self.stage = stage


def foretell(evidences: Sequence[Evidence], until: datetime, model: ChurnModel) -> list[Told]:
    watcher = _Watcher(model, _purchases(evidences[0]), [])
    now = evidences[0].received_at
    for each in evidences:
        later = max(now, each.received_at)
        _watch(watcher, now, later)
        watcher.purchases, now = _purchases(each), later
        watcher.look(now, each.cause.kind)
    _watch(watcher, now, until)
    return watcher.told


def stage_of(purchases: Purchases, band: Band, at: datetime) -> str:
    if at - purchases.last_order_at >= timedelta(days=182):
        return "lapsed"
    if band is Band.HIGH:
        return "at_risk"
    return "new" if at - purchases.first_order_at < timedelta(days=60) else "active"


def _purchases(evidence: Evidence) -> Purchases:
    assert evidence.facts
    assert evidence.facts.orders
    return purchases_of(evidence.facts.orders)


def _watch(watcher: _Watcher, after: datetime, until: datetime) -> None:
    """Looks whenever band or stage have changed in (after, until]."""
    while watcher.band is not None:
        change = _next_change(watcher.purchases, watcher.band, after, until, watcher.model)
        if change is None:
            return
        watcher.look(change, "review")
        after = change


def _next_change(
    purchases: Purchases, band: Band, after: datetime, until: datetime, model: ChurnModel
) -> datetime | None:
    stage = stage_of(purchases, band, after)

    def is_other(at: datetime) -> bool:
        now = assess(purchases, at, previous_band=band, model=model).band
        return now is not band or stage_of(purchases, band, at) != stage

    ends = _every_hour(after, until)
    silence, age = (ends + (after - since) // _MILLISECOND for since in _orders(purchases))
    risks = combined_risks(purchases, np.maximum(silence, 0) / _HOUR_MS, model)
    looks_other = _bands_differ(risks, band, model.bands) | (_stages(silence, age, band) != STAGES.index(stage))
    for end in ends[looks_other].tolist():
        if is_other(after + end * _MILLISECOND):
            return _first(is_other, after + (end - 1) // _HOUR_MS * _HOUR, after + end * _MILLISECOND)
    return None


def _every_hour(after: datetime, until: datetime) -> Milliseconds:
    """Milliseconds from `after` to the end of each hour, the last one cut short."""
    whole = (until - after) // _MILLISECOND
    return np.append(np.arange(_HOUR_MS, whole, _HOUR_MS), whole) if whole > 0 else np.arange(0)


def _orders(purchases: Purchases) -> tuple[datetime, datetime]:
    return purchases.last_order_at, purchases.first_order_at


def _stages(silence: Milliseconds, age: Milliseconds, band: Band) -> Milliseconds:
    """As `stage_of`, by their places in the list of stages."""
    new, active, at_risk, lapsed = range(4)
    alive = at_risk if band is Band.HIGH else np.where(age < 60 * _DAY_MS, new, active)
    return np.where(silence >= 182 * _DAY_MS, lapsed, alive)


def _first(is_other: Callable[[datetime], bool], start: datetime, end: datetime) -> datetime:
    """The first millisecond of (start, end] that is another; what is another stays it within an hour."""
    low, high = 0, (end - start) // _MILLISECOND
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_other(start + middle * _MILLISECOND) else (middle, high)
    return start + high * _MILLISECOND


def _bands_differ(risks: Hours, band: Band, bands: Bands) -> NDArray[np.bool_]:
    is_high = risks >= (bands.high.leave if band is Band.HIGH else bands.high.enter)
    is_watch = risks >= (bands.watch.enter if band is Band.LOW else bands.watch.leave)
    return {Band.LOW: is_watch | is_high, Band.WATCH: is_high | ~is_watch, Band.HIGH: ~is_high}[band]
