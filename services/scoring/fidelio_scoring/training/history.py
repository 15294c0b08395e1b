"""Purchase histories, customer by customer, and cut at an instant to what the score would have seen then."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from fidelio_scoring.domain.purchases import Purchases

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)


class HistoryError(ValueError):
    """A history that cannot be read; the message names file, line and field, and says what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """An amount below 0 is money given back, which is no purchase; 0 is a free order, which is one."""

    customer: str
    at: datetime
    amount: float | None

    @property
    def is_purchase(self) -> bool:
        return self.amount is None or self.amount >= 0


@dataclass(frozen=True, slots=True)
class Log:
    """One customer's orders, oldest first; `days` are their UTC days since 1970, `amounts` what was paid, if known."""

    instants: tuple[datetime, ...]
    days: tuple[int, ...]
    amounts: tuple[float | None, ...]


def logs_of(orders: Iterable[Order]) -> dict[str, Log]:
    """Purchases by customer, in the order of their names: the same orders in any sequence give the same model."""
    lives: defaultdict[str, list[tuple[datetime, float | None]]] = defaultdict(list)
    for order in orders:
        if order.is_purchase:
            lives[order.customer].append((order.at, order.amount))
    return {customer: _log(sorted(lives[customer], key=_sequence)) for customer in sorted(lives)}


def cut(logs: Mapping[str, Log], at: datetime) -> dict[str, Log]:
    """What is known at that instant: nothing later is left in it, for no reader."""
    known = {}
    for customer, log in logs.items():
        count = bisect_right(log.instants, at)
        if count:
            known[customer] = Log(log.instants[:count], log.days[:count], log.amounts[:count])
    return known


def purchases_until(log: Log, at: datetime) -> Purchases | None:
    """None for somebody who had not ordered yet."""
    count = bisect_right(log.instants, at)
    if not count:
        return None
    days = 0
    for day in log.days[:count]:
        days |= 1 << day
    return Purchases(log.instants[0], log.instants[count - 1], days, count)


def buys_within(log: Log, after: datetime, until: datetime) -> bool:
    """Whether any order lies in (after, until]."""
    return bisect_right(log.instants, after) < bisect_right(log.instants, until)


def digest_of(logs: Mapping[str, Log]) -> str:
    """sha256 of the purchases, whatever the file's layout and sequence: customer, milliseconds, amount, a line each."""
    digest = sha256()
    for customer, log in logs.items():
        lines = zip(log.instants, log.amounts, strict=True)
        digest.update(b"".join(f"{customer!r} {(at - EPOCH) // MILLISECOND} {paid}\n".encode() for at, paid in lines))
    return digest.hexdigest()


def _sequence(purchase: tuple[datetime, float | None]) -> tuple[datetime, float]:
    at, amount = purchase
    return at, float("-inf") if amount is None else amount


def _log(purchases: list[tuple[datetime, float | None]]) -> Log:
    instants = tuple(at for at, _ in purchases)
    return Log(instants, tuple((at - EPOCH) // DAY for at in instants), tuple(amount for _, amount in purchases))
