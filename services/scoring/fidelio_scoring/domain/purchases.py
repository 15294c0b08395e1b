"""A customer's purchases, reduced to what the churn model reads."""

from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from operator import mul

from fidelio_scoring.domain.facts import Orders


@dataclass(frozen=True, slots=True)
class Purchases:
    """Both instants are UTC, cut to milliseconds. Bit k of `days`: an order on UTC day 1970-01-01 + k days."""

    first_order_at: datetime
    last_order_at: datetime
    days: int
    order_count: int


def repeat_days(days: int) -> int:
    """Distinct purchase days after the first: the x of the purchase clock."""
    return max(days.bit_count() - 1, 0)


def gaps_in_days(days: int) -> tuple[int, ...]:
    """Days between consecutive purchase days, oldest first; empty before the second one."""
    if not days:
        return ()
    first = (days & -days).bit_length() - 1
    # In binary, a gap is the zeros between two ones, plus one: the zero that each one brings along here.
    return tuple(map(len, f"{days >> first:b}".replace("1", "01").split("1")[1:-1]))[::-1]


def mean_gap_days(gaps: tuple[int, ...]) -> float | None:
    return sum(gaps) / len(gaps) if gaps else None


def gap_variation(gaps: tuple[int, ...]) -> float | None:
    """Standard deviation over mean (population form): 0 is a metronome, 1 is chance.

    None below two gaps: one gap says how long, not how regular. Readers treat it like 1, no evidence of a rhythm.
    """
    if len(gaps) < 2:
        return None
    total = sum(gaps)
    return sqrt(len(gaps) * sum(map(mul, gaps, gaps)) - total * total) / total


def purchases_of(orders: Orders) -> Purchases:
    return Purchases(
        first_order_at=orders.first_at,
        last_order_at=orders.last_at,
        days=int(orders.days, 16) << orders.first_day,
        order_count=orders.count,
    )
