"""What was bought, when and for how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fidelio_shared.contracts.canonical import Instant

MOST_CURRENCIES = 32


@dataclass(frozen=True, slots=True)
class Total:
    count: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Orders:
    """`days`: bit k says an order on the UTC day k days after 1970-01-01; 20 years are 900 bytes at most."""

    count: int
    first_at: Instant
    last_at: Instant
    days: int
    totals: Mapping[str, Total]


def one_order(at: Instant, day: int, amount: tuple[str, Decimal] | None) -> Orders:
    totals = {amount[0]: Total(1, amount[1])} if amount else {}
    return Orders(1, at, at, 1 << day, totals)


def join_orders(left: Orders | None, right: Orders | None) -> Orders | None:
    if left is None or right is None:
        return left or right
    return Orders(
        count=left.count + right.count,
        first_at=min(left.first_at, right.first_at),
        last_at=max(left.last_at, right.last_at),
        days=left.days | right.days,
        totals=_join_totals(left.totals, right.totals),
    )


def _join_totals(left: Mapping[str, Total], right: Mapping[str, Total]) -> Mapping[str, Total]:
    joined = dict(left)
    for currency, total in right.items():
        known = joined.get(currency, Total(0, Decimal(0)))
        joined[currency] = Total(known.count + total.count, known.revenue + total.revenue)
    return dict(sorted(joined.items())[:MOST_CURRENCIES])


def first_day(days: int) -> int:
    return (days & -days).bit_length() - 1
