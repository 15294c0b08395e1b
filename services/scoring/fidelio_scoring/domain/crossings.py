"""When the band changes if nothing happens: found without scanning, and provably the first time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp2, expm1, log, log1p
from typing import Protocol

from fidelio_scoring.domain.bands import Band, Bands, band_for
from fidelio_scoring.domain.churn import (
    GONE,
    Behaviour,
    ChurnModel,
    Silence,
    features_after,
    heads_for,
    judge,
)
from fidelio_scoring.domain.durations import DAY_MS, MILLISECOND
from fidelio_scoring.domain.heads import Head, combined_risk, score_head
from fidelio_scoring.domain.purchase_clock import sigmoid
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.signals import Course, Signals

LOOK_AHEAD_DAYS = 20 * 365
NARROW_MS = 32
ESTIMATES, CLOSE = 6, 1e-11
TINY = 1e-15
LEAPS_DAYS = (112, 14)
"""Tried first, the longer one first: one look ahead settles most customers."""
SPANS_SEARCHED = 2
"""Three days: a change within them is looked for, a later one is left for a later look."""
MINUTE_MS = 60_000
ROUNDING = 1e-9
"""In log-odds: more than the sums here and those of a score can differ by."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Term = Callable[[int], float]
"""A part of a head's log-odds, at a whole minute since 1970; monotone while nothing happens."""


@dataclass(frozen=True, slots=True)
class _Curve:
    """A head's calibrated log-odds over time: `constant` + the terms."""

    constant: float
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    """`values`: of each curve's terms."""

    minute: int
    values: tuple[tuple[float, ...], ...]


def next_band_change(behaviour: Behaviour, band: Band, *, after: datetime, model: ChurnModel) -> datetime | None:
    """The first instant after `after` at which `judge` leaves `band` if nothing happens; None beyond 20 years.

    Of somebody of whom only purchases are known, to the millisecond. Where signals fade, the risk may fall and rise:
    then it is looked at on whole minutes (UTC), and the first of those is found. Neither depends on where the search
    begins, so reviews are the same however snapshots were cut into batches.
    """
    search = _search(behaviour, band, model)
    if search is None:
        return None
    for low, high in _spans(search, after):
        if not search.stays(low, high) and (found := search.first_in(low, high)) is not None:
            return search.instant(found)
    return None


def next_band_look(behaviour: Behaviour, band: Band, *, after: datetime, model: ChurnModel) -> datetime | None:
    """`next_band_change` where it is near or only purchases are known; else an instant before it, up to which the band
    provably stays: most customers are heard of again before it comes, and to know it would be work for nothing.

    None where the highest band holds and only purchases are known: silence does not lower a risk.
    """
    search = _search(behaviour, band, model)
    if search is None:
        return None
    if isinstance(search, _InSilence):
        return None if band is Band.HIGH else next_band_change(behaviour, band, after=after, model=model)
    start = search.tick(after)
    for days in LEAPS_DAYS:
        far = start + days * search.ticks_a_day
        if search.stays(start, far):
            return search.instant(far)
    for number, (low, high) in enumerate(_spans(search, after)):
        if search.stays(low, high):
            continue
        if number >= SPANS_SEARCHED:
            return search.instant(low)
        if (found := search.first_in(low, high)) is not None:
            return search.instant(found)
    return None


class _Search(Protocol):
    """Over whole ticks since some instant."""

    @property
    def ticks_a_day(self) -> int: ...
    def tick(self, at: datetime) -> int: ...
    def instant(self, tick: int) -> datetime: ...
    def stays(self, low: int, high: int) -> bool:
        """Whether the band is provably the same in (low, high]."""

    def first_in(self, low: int, high: int) -> int | None:
        """The first tick in (low, high] of another band."""


def _search(behaviour: Behaviour, band: Band, model: ChurnModel) -> _Search | None:
    heads = heads_for(behaviour, model)
    if not heads:
        return None
    if behaviour.purchases and behaviour.silence and all(head.name == GONE for head in heads):
        return _InSilence(behaviour.purchases, behaviour.silence, heads, band, model.bands)
    return _OnMinutes(behaviour, _curves(behaviour, heads), band, model)


def _spans(search: _Search, after: datetime) -> Iterator[tuple[int, int]]:
    """A day, and then each as long as all before it together, for twenty years."""
    low, step = search.tick(after), search.ticks_a_day
    end = low + LOOK_AHEAD_DAYS * step
    while low < end:
        high = min(low + step, end)
        yield low, high
        low, step = high, step * 2


@dataclass(frozen=True, slots=True)
class _InSilence:
    """Proof that one look at the end of a span is enough: every feature of `gone` is non-decreasing in silence (C_H
    rises with age; `silence` and `overdue` are logarithms), every weight is >= 0 (checked when the model is read), and
    so the heads' log-odds, their sigmoids and the combined risk never fall. A higher risk never gives a lower band.
    """

    purchases: Purchases
    silence: Silence
    heads: list[Head]
    band: Band
    bands: Bands
    ticks_a_day: int = DAY_MS

    def tick(self, at: datetime) -> int:
        return (at - self.purchases.last_order_at) // MILLISECOND

    def instant(self, tick: int) -> datetime:
        return self.purchases.last_order_at + tick * MILLISECOND

    def stays(self, low: int, high: int) -> bool:  # noqa: ARG002 -- what holds at the end holds all along
        features = features_after(self.silence, max(high, 0))
        risk = combined_risk([score_head(head, features) for head in self.heads])
        return band_for(risk, self.band, self.bands) is self.band

    def first_in(self, low: int, high: int) -> int | None:
        if self.stays(low, high):
            return None
        low, high = self._around(self._estimate(low, high), low, high)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.stays(low, middle) else (low, middle)
        return high

    def _around(self, near: int, low: int, high: int) -> tuple[int, int]:
        """A narrow span in which the band changes, looked for from `near` on: the better that is, the sooner found."""
        width = NARROW_MS
        while True:
            left, right = max(low, near - width), min(high, near + width)
            if left > low and not self.stays(low, left):
                high = near = left
            elif right < high and self.stays(low, right):
                low = near = right
            else:
                return left, right
            width *= NARROW_MS

    def _estimate(self, low: int, high: int) -> int:
        """By secants: over the logarithm of silence, the log-odds of the risk are almost a line."""
        threshold = self.bands.watch.enter if self.band is Band.LOW else self.bands.high.enter
        wanted = log(threshold / (1 - threshold))
        least, most = _logarithm(low), _logarithm(high)
        before, place = least, most
        off_before, off = self._log_odds(low) - wanted, self._log_odds(high) - wanted
        for _ in range(ESTIMATES):
            if abs(off) < CLOSE or off == off_before:
                break
            step = off * (place - before) / (off - off_before)
            before, place = place, min(max(place - step, least), most)
            off_before, off = off, self._log_odds(round(expm1(place) * DAY_MS)) - wanted
        return min(max(round(expm1(place) * DAY_MS), low + 1), high)

    def _log_odds(self, tick: int) -> float:
        features = features_after(self.silence, max(tick, 0))
        risk = combined_risk([score_head(head, features) for head in self.heads])
        return log(max(risk, TINY) / max(1 - risk, TINY))


def _logarithm(tick: int) -> float:
    return log1p(max(tick, 0) / DAY_MS)


@dataclass(frozen=True, slots=True)
class _OnMinutes:
    """Branch and bound, earliest first. Every term is monotone, so between two minutes each lies between its values
    there, and with them log-odds, risk and band (which never falls where the risk rises): where the band is the same
    for the least and for the greatest sum, it is the same all along, and else the span is halved.
    """

    behaviour: Behaviour
    curves: list[_Curve]
    band: Band
    model: ChurnModel
    ticks_a_day: int = 1440

    def tick(self, at: datetime) -> int:
        return (at - EPOCH) // MINUTE

    def instant(self, tick: int) -> datetime:
        return EPOCH + tick * MINUTE

    def stays(self, low: int, high: int) -> bool:
        return self._stays(_point(self.curves, low), _point(self.curves, high))

    def first_in(self, low: int, high: int) -> int | None:
        spans = [(_point(self.curves, low), _point(self.curves, high))]
        while spans:
            start, end = spans.pop()
            if self._stays(start, end):
                continue
            if end.minute - start.minute > 1:
                middle = _point(self.curves, (start.minute + end.minute) // 2)
                spans += [(middle, end), (start, middle)]
            elif self._has_changed(end.minute):
                return end.minute
        return None

    def _stays(self, start: _Point, end: _Point) -> bool:
        least, greatest = _bounds(self.curves, start, end)
        is_same_below = band_for(least, self.band, self.model.bands) is self.band
        return is_same_below and band_for(greatest, self.band, self.model.bands) is self.band

    def _has_changed(self, minute: int) -> bool:
        then = judge(self.behaviour, self.instant(minute), previous_band=self.band, model=self.model)
        return then is not None and then.band is not self.band


def _point(curves: list[_Curve], minute: int) -> _Point:
    return _Point(minute, tuple([tuple([term(minute) for term in curve.terms]) for curve in curves]))


def _bounds(curves: list[_Curve], start: _Point, end: _Point) -> tuple[float, float]:
    """Of the risk, from one to the other."""
    least = greatest = 1.0
    for curve, ones, others in zip(curves, start.values, end.values, strict=True):
        lowest, highest = curve.constant - ROUNDING, curve.constant + ROUNDING
        for one, other in zip(ones, others, strict=True):
            lowest, highest = (lowest + one, highest + other) if one < other else (lowest + other, highest + one)
        least, greatest = least * (1 - sigmoid(lowest)), greatest * (1 - sigmoid(highest))
    return 1 - least, 1 - greatest


def _curves(behaviour: Behaviour, heads: list[Head]) -> list[_Curve]:
    curves: list[_Curve] = []
    for head in heads:
        if head.name == GONE and behaviour.purchases and behaviour.silence:
            curves.append(_gone_curve(head, behaviour.purchases, behaviour.silence))
        elif behaviour.signals:
            curves.append(_leaving_curve(head, behaviour.signals))
    return curves


def _gone_curve(head: Head, purchases: Purchases, silence: Silence) -> _Curve:
    """All of `gone` as one term, since all its features rise together."""
    ordered_ms = (purchases.last_order_at - EPOCH) // MILLISECOND

    def log_odds(minute: int) -> float:
        features = features_after(silence, max(minute * MINUTE_MS - ordered_ms, 0))
        return head.platt_a * sum([term.weight * features[term.feature] for term in head.terms])

    return _Curve(head.platt_a * head.intercept + head.platt_b, (log_odds,))


def _leaving_curve(head: Head, signals: Signals) -> _Curve:
    """What fades by the same half-life is one term."""
    weights = {term.feature: head.platt_a * term.weight for term in head.terms if term.weight}
    since_ms = (signals.as_of - EPOCH) // MILLISECOND
    fading: dict[int, float] = {}
    for feature, (strength, half_life) in signals.fading.items():
        fading[half_life] = fading.get(half_life, 0.0) + weights.get(feature, 0.0) * strength

    def faded(strength: float, half_life: int) -> Term:
        half_life_ms = half_life * DAY_MS
        return lambda minute: strength * exp2(-max(minute * MINUTE_MS - since_ms, 0) / half_life_ms)

    def term_of(weight: float, course: Course) -> Term:
        return lambda minute: weight * course(max(minute * MINUTE_MS - since_ms, 0))

    terms = [faded(strength, half_life) for half_life, strength in fading.items() if strength]
    terms += [term_of(weights[name], course) for name, course in signals.courses.items() if name in weights]
    return _Curve(head.platt_a * head.intercept + head.platt_b, tuple(terms))
