"""What was bought, when and for how much, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from math import sqrt
from operator import mul

from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ingest import Interaction

MOST_CURRENCIES = 8
MOST_DAYS = 7320
"""Twenty years, the oldest that ingest takes: 1,830 bytes in hex."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Total:
    count: int
    revenue: Decimal


Totals = Mapping[str, Total]


@dataclass(frozen=True, slots=True)
class Orders:
    """`days`: bit k says an order on the UTC day k days after 1970-01-01, for the last `MOST_DAYS` up to the latest."""

    count: int
    first_at: Instant
    last_at: Instant
    days: int
    totals: Totals


def one_order(interaction: Interaction, at: Instant) -> Orders | None:
    if interaction.type != "order.placed":
        return None
    day = (interaction.occurred_at - _EPOCH).days
    return Orders(1, at, at, 1 << max(0, day), one_total(interaction))


def one_total(interaction: Interaction) -> Totals:
    amount = interaction.amount
    return {amount.currency: Total(1, amount.value)} if amount else {}


def join_orders(left: Orders | None, right: Orders | None) -> Orders | None:
    if left is None or right is None:
        return left or right
    return Orders(
        count=left.count + right.count,
        first_at=min(left.first_at, right.first_at),
        last_at=max(left.last_at, right.last_at),
        days=_last_days(left.days | right.days),
        totals=join_totals(left.totals, right.totals),
    )


def _last_days(days: int) -> int:
    """What is too old beside the latest day is so in every part that holds it, or falls here."""
    oldest = days.bit_length() - MOST_DAYS
    return days if oldest <= 0 else days >> oldest << oldest


def join_totals(left: Totals, right: Totals) -> Totals:
    if not right:
        return left
    joined = dict(left)
    for currency, total in right.items():
        known = joined.get(currency, Total(0, Decimal(0)))
        joined[currency] = Total(known.count + total.count, known.revenue + total.revenue)
    return joined if len(joined) <= MOST_CURRENCIES else dict(sorted(joined.items())[:MOST_CURRENCIES])


def first_day(days: int) -> int:
    return (days & -days).bit_length() - 1


@lru_cache(maxsize=4096)  # most revisions of a profile bring no order
def rhythm(days: int) -> tuple[float | None, float | None]:
    """Mean gap between purchase days, and its coefficient of variation (population form).

    None below one gap, and below two: a single gap says how long, not how regular.
    """
    # In binary, a gap is the zeros between two ones, plus one: the zero that each one brings along here.
    gaps = tuple(map(len, f"{days >> first_day(days):b}".replace("1", "01").split("1")[1:-1]))
    if not gaps:
        return None, None
    total = sum(gaps)
    mean = total / len(gaps)
    if len(gaps) == 1:
        return mean, None
    return mean, sqrt(len(gaps) * sum(map(mul, gaps, gaps)) - total * total) / total
