"""Recency, frequency and monetary value, each in a fifth of the customers the model was trained on: 5 is best.

The cut points are frozen in the model: a customer's place changes by what the customer does, not by what others do, and
recency, in silence, on dates that are known beforehand.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from fidelio_scoring.domain.durations import DAY_MS, MILLISECOND
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.spending import Spent

Cuts = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class RfmCuts:
    """Strictly increasing; a value at a cut point belongs below it.

    `recency_days`: since the last order. `frequency`: purchase days. `monetary`: net revenue, by currency.
    """

    recency_days: Cuts
    frequency: Cuts
    monetary: Mapping[str, Cuts]


@dataclass(frozen=True, slots=True)
class Rfm:
    """1 to 5. `monetary`: None without amounts, or without cut points in the customer's currency."""

    recency: int
    frequency: int
    monetary: int | None


def rfm_at(purchases: Purchases, spent: Spent | None, now: datetime, cuts: RfmCuts) -> Rfm:
    """Before the last order (late events, another clock) silence counts as zero."""
    silence_ms = (now - purchases.last_order_at) // MILLISECOND
    monetary = cuts.monetary.get(spent.currency) if spent else None
    return Rfm(
        recency=5 - bisect_left(_limits_ms(cuts.recency_days), silence_ms),
        frequency=1 + bisect_left(cuts.frequency, purchases.days.bit_count()),
        monetary=1 + bisect_left(monetary, float(spent.net)) if spent and monetary else None,
    )


def next_rfm_change(purchases: Purchases, cuts: RfmCuts, *, after: datetime) -> datetime | None:
    """The first millisecond after `after` at which silence alone lowers the recency; None at the lowest."""
    silence_ms = (after - purchases.last_order_at) // MILLISECOND
    limits = _limits_ms(cuts.recency_days)
    passed = bisect_left(limits, silence_ms)
    return None if passed == len(limits) else purchases.last_order_at + (limits[passed] + 1) * MILLISECOND


@lru_cache(maxsize=16)  # one model, or the few of a test
def _limits_ms(recency_days: Cuts) -> tuple[int, ...]:
    """The last millisecond of silence up to each cut point."""
    return tuple([int(days * DAY_MS) for days in recency_days])
