"""The change of band of somebody of whom only purchases are known: the risk never falls until the next one."""

from dataclasses import dataclass
from datetime import datetime
from math import expm1, log, log1p

from fidelio_scoring.domain.bands import Band, Bands, band_for
from fidelio_scoring.domain.churn import Silence, features_after
from fidelio_scoring.domain.durations import DAY_MS, MILLISECOND
from fidelio_scoring.domain.heads import Head, combined_risk, score_head
from fidelio_scoring.domain.purchases import Purchases

NARROW_MS = 32
ESTIMATES, CLOSE = 6, 1e-11
TINY = 1e-15


@dataclass(frozen=True, slots=True)
class InSilence:
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
