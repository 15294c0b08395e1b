"""Purchase histories: read from a file, and cut at an instant to what the score would have seen then."""

import csv
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

from fidelio_scoring.domain.purchases import Purchases

LONGEST_LINE = 4096
MOST_ORDERS = 5_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class HistoryError(ValueError):
    """A history that cannot be read; the message names file, line and field, and says what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    customer: str
    at: datetime
    amount: float | None


@dataclass(frozen=True, slots=True)
class Log:
    """One customer's orders, oldest first; `days` are their UTC days since 1970."""

    instants: tuple[datetime, ...]
    days: tuple[int, ...]


def read_history(path: Path) -> tuple[Order, ...]:
    """`.csv` has a header with customer, at, perhaps amount; `.ndjson` and `.jsonl` an object a line with these keys.

    `at` is an ISO instant with its zone, or a bare day: midnight UTC.
    """
    readers = {".csv": _csv_records, ".ndjson": _json_records, ".jsonl": _json_records}
    if path.suffix not in readers:
        raise HistoryError(f"{path.name}: expected {', '.join(readers)}; rename or convert the file")
    orders: list[Order] = []
    for where, record in readers[path.suffix](path):
        if len(orders) == MOST_ORDERS:
            raise HistoryError(f"{where}: more than {MOST_ORDERS} orders; train on a sample of the customers")
        orders.append(_order(record, where))
    if not orders:
        raise HistoryError(f"{path.name} holds no orders; export at least a year of them")
    return tuple(orders)


def logs_of(orders: Iterable[Order]) -> dict[str, Log]:
    """By customer, in the order of their names: the same orders in any sequence give the same model."""
    instants: defaultdict[str, list[datetime]] = defaultdict(list)
    for order in orders:
        instants[order.customer].append(order.at)
    return {customer: _log(sorted(instants[customer])) for customer in sorted(instants)}


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


def _log(instants: list[datetime]) -> Log:
    return Log(tuple(instants), tuple((at - EPOCH) // DAY for at in instants))


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise HistoryError(
                    f"{path.name}:{number}: more than {LONGEST_LINE} characters; keep the three fields only"
                )
            if line.strip():
                yield f"{path.name}:{number}", line


def _csv_records(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    header: list[str] | None = None
    for where, line in _lines(path):
        fields = [field.strip() for field in next(csv.reader([line]))]
        if header is None:
            header = fields
            continue
        if len(fields) != len(header):
            raise HistoryError(f"{where}: {len(fields)} fields, the header has {len(header)}; correct the line")
        yield where, dict(zip(header, fields, strict=True))


def _json_records(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    for where, line in _lines(path):
        try:
            record: object = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise HistoryError(f"{where}: not JSON ({error}); correct the line") from error
        if not isinstance(record, dict):
            raise HistoryError(f"{where}: not an object; write {{'customer': …, 'at': …}}")
        yield where, record


def _order(record: Mapping[str, object], where: str) -> Order:
    customer = record.get("customer")
    if isinstance(customer, bool) or not isinstance(customer, str | int) or customer == "":
        raise HistoryError(f"{where}: customer is {customer!r}, expected a name or number; correct line or header")
    return Order(str(customer), _instant(record.get("at"), where), _amount(record.get("amount"), where))


def _instant(value: object, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise HistoryError(f"{where}: at is {value!r}, expected an instant like 1997-01-01T10:00:00Z") from error
    if at.tzinfo is None and len(str(value)) <= len("1997-01-01"):
        at = at.replace(tzinfo=UTC)
    if at.tzinfo is None:
        raise HistoryError(f"{where}: at is {value!r}, without a time zone; add Z for UTC")
    at = at.astimezone(UTC)
    if at < EPOCH:
        raise HistoryError(f"{where}: at is {value!r}, before 1970; correct the line")
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _amount(value: object, where: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        amount = float(value) if isinstance(value, str | int | float) else float("nan")
    except (ValueError, OverflowError):
        amount = float("nan")
    if not isfinite(amount):
        raise HistoryError(f"{where}: amount is {value!r}, expected a number or nothing")
    return amount
