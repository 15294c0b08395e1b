"""The change of band where signals fade: the risk may fall and rise, and is looked at on whole minutes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp2

from fidelio_scoring.domain.bands import Band, band_for
from fidelio_scoring.domain.churn import GONE, Behaviour, ChurnModel, Silence, features_after, judge
from fidelio_scoring.domain.durations import DAY_MS, MILLISECOND
from fidelio_scoring.domain.heads import Head
from fidelio_scoring.domain.purchase_clock import sigmoid
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.signals import Course, Signals

MINUTE_MS = 60_000
ROUNDING = 1e-9
"""In log-odds: more than the sums here and those of a score can differ by."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Term = Callable[[int], float]
"""A part of a head's log-odds, at a whole minute since 1970; monotone while nothing happens."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A head's calibrated log-odds over time: `constant` + the terms."""

    constant: float
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """`values`: of each curve's terms."""

    minute: int
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class OnMinutes:
    """Branch and bound, earliest first. Every term is monotone, so between two minutes each lies between its values
    there, and with them log-odds, risk and band (which never falls where the risk rises): where the band is the same
    for the least and for the greatest sum, it is the same all along, and else the span is halved.
    """

    behaviour: Behaviour
    curves: list[Curve]
    band: Band
    model: ChurnModel
    ticks_a_day: int = 1440

    def tick(self, at: datetime) -> int:
        return (at - EPOCH) // MINUTE

    def instant(self, tick: int) -> datetime:
        return EPOCH + tick * MINUTE

    def stays(self, low: int, high: int) -> bool:
        return self._stays(point_at(self.curves, low), point_at(self.curves, high))

    def first_in(self, low: int, high: int) -> int | None:
        spans = [(point_at(self.curves, low), point_at(self.curves, high))]
        while spans:
            start, end = spans.pop()
            if self._stays(start, end):
                continue
            if end.minute - start.minute > 1:
                middle = point_at(self.curves, (start.minute + end.minute) // 2)
                spans += [(middle, end), (start, middle)]
            elif self._has_changed(end.minute):
                return end.minute
        return None

    def _stays(self, start: Point, end: Point) -> bool:
        least, greatest = bounds(self.curves, start, end)
        is_same_below = band_for(least, self.band, self.model.bands) is self.band
        return is_same_below and band_for(greatest, self.band, self.model.bands) is self.band

    def _has_changed(self, minute: int) -> bool:
        then = judge(self.behaviour, self.instant(minute), previous_band=self.band, model=self.model)
        return then is not None and then.band is not self.band


def point_at(curves: list[Curve], minute: int) -> Point:
    return Point(minute, tuple([tuple([term(minute) for term in curve.terms]) for curve in curves]))


def bounds(curves: list[Curve], start: Point, end: Point) -> tuple[float, float]:
    """Of the risk, from one to the other."""
    least = greatest = 1.0
    for curve, ones, others in zip(curves, start.values, end.values, strict=True):
        lowest, highest = curve.constant - ROUNDING, curve.constant + ROUNDING
        for one, other in zip(ones, others, strict=True):
            lowest, highest = (lowest + one, highest + other) if one < other else (lowest + other, highest + one)
        least, greatest = least * (1 - sigmoid(lowest)), greatest * (1 - sigmoid(highest))
    return 1 - least, 1 - greatest


def curves_of(behaviour: Behaviour, heads: list[Head]) -> list[Curve]:
    curves: list[Curve] = []
    for head in heads:
        if head.name == GONE and behaviour.purchases and behaviour.silence:
            curves.append(_gone_curve(head, behaviour.purchases, behaviour.silence))
        elif behaviour.signals:
            curves.append(_leaving_curve(head, behaviour.signals))
    return curves


def _gone_curve(head: Head, purchases: Purchases, silence: Silence) -> Curve:
    """All of `gone` as one term, since all its features rise together."""
    ordered_ms = (purchases.last_order_at - EPOCH) // MILLISECOND

    def log_odds(minute: int) -> float:
        features = features_after(silence, max(minute * MINUTE_MS - ordered_ms, 0))
        return head.platt_a * sum([term.weight * features[term.feature] for term in head.terms])

    return Curve(head.platt_a * head.intercept + head.platt_b, (log_odds,))


def _leaving_curve(head: Head, signals: Signals) -> Curve:
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
    return Curve(head.platt_a * head.intercept + head.platt_b, tuple(terms))
