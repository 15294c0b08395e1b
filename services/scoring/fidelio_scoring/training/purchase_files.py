"""Purchase logs from files: CSV as shops export it, and NDJSON. What is left out is counted, never silently."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fidelio_scoring.training.history import HistoryError, Order
from fidelio_scoring.training.purchase_fields import FieldError, amount_of, instant_of, shown

LONGEST_LINE = 4096
MOST_LINES_A_ROW = 50
MOST_ORDERS = 5_000_000
MOST_SHOWN = 10
DEFAULT_TIME, DEFAULT_AMOUNT = "time", "amount"
DELIMITERS = (",", ";", "\t", "|")
T = TypeVar("T")
_NAME = re.compile(r"[^\W\d][\w .()€$-]{0,39}")


@dataclass(frozen=True, slots=True)
class Columns:
    """`at` is read where the time column has its default name and there is no `time`."""

    customer: str = "customer"
    time: str = DEFAULT_TIME
    amount: str = DEFAULT_AMOUNT

    def found_in(self, names: Sequence[str]) -> "Columns":
        is_at = self.time == DEFAULT_TIME and self.time not in names and "at" in names
        return Columns(self.customer, "at" if is_at else self.time, self.amount)

    def missing_in(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Option and column; amounts may be absent altogether, but not under a name that somebody gave."""
        wanted = [("--customer", self.customer), ("--time", self.time)]
        wanted += [("--amount", self.amount)] if self.amount != DEFAULT_AMOUNT else []
        return [(option, name) for option, name in wanted if name not in names]


DEFAULT_COLUMNS = Columns()


@dataclass(slots=True)
class Counts:
    """Rows as read."""

    rows: int = 0
    returns: int = 0
    repeated: int = 0
    bad: int = 0
    free: int = 0
    without_amount: int = 0
    without_zone: int = 0


@dataclass(frozen=True, slots=True)
class PurchaseFile:
    name: str
    orders: tuple[Order, ...]
    returns: tuple[Order, ...]
    counts: Counts
    bad_rows: tuple[str, ...]


@dataclass(slots=True)
class Reading:
    """Takes records one by one; the first that cannot be read is an error, beyond `allowed_bad` of them."""

    name: str
    columns: Columns = DEFAULT_COLUMNS
    allowed_bad: int = 0
    counts: Counts = field(default_factory=Counts)
    bad_rows: list[str] = field(default_factory=list)
    orders: dict[Order, None] = field(default_factory=dict)

    def take(self, where: str, record: Mapping[str, object]) -> None:
        self.counts.rows += 1
        if self.counts.rows > MOST_ORDERS:
            raise HistoryError(f"{where}: more than {MOST_ORDERS} orders; take a sample of the customers")
        columns = self.columns.found_in(list(record))
        try:
            customer = _customer(record.get(columns.customer), columns.customer)
            at, is_naive = _field(instant_of, record.get(columns.time), columns.time)
            amount = _field(amount_of, record.get(columns.amount), columns.amount)
        except FieldError as error:
            self.leave_out(f"{where}: {error}", error)
            return
        self.counts.without_zone += is_naive
        self.counts.without_amount += amount is None
        self.keep(Order(customer, at, amount))

    def keep(self, order: Order) -> None:
        if order in self.orders:
            self.counts.repeated += 1
            return
        self.orders[order] = None
        self.counts.returns += not order.is_purchase
        self.counts.free += order.amount == 0

    def finished(self) -> PurchaseFile:
        purchases = tuple(order for order in self.orders if order.is_purchase)
        if not purchases:
            raise HistoryError(f"{self.name} holds no purchases{_why_none(self.counts)}; give at least a year of them")
        returns = tuple(order for order in self.orders if not order.is_purchase)
        return PurchaseFile(self.name, purchases, returns, self.counts, tuple(self.bad_rows))

    def leave_out(self, message: str, error: Exception) -> None:
        if self.counts.bad == self.allowed_bad:
            raise HistoryError(f"{message}; or leave such rows out with --skip-bad-rows") from error
        self.counts.bad += 1
        if len(self.bad_rows) < MOST_SHOWN:
            self.bad_rows.append(message)


def read_purchases(path: Path, columns: Columns = DEFAULT_COLUMNS, *, allowed_bad: int = 0) -> PurchaseFile:
    """`.csv` and `.tsv` have a header; `.ndjson` and `.jsonl` an object a line. Rows that repeat another count once."""
    reading = Reading(path.name, columns, allowed_bad)
    if path.suffix.lower() in (".csv", ".tsv"):
        _read_table(path, reading)
    elif path.suffix.lower() in (".ndjson", ".jsonl"):
        _read_objects(path, reading)
    else:
        raise HistoryError(f"{path.name}: expected .csv, .tsv, .ndjson, .jsonl; rename or convert the file")
    return reading.finished()


def read_history(path: Path) -> tuple[Order, ...]:
    return read_purchases(path).orders


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        number = 0
        try:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise HistoryError(f"{path.name}:{number}: more than {LONGEST_LINE} characters; keep three columns")
                yield line
        except UnicodeDecodeError as error:
            raise HistoryError(f"{path.name}: not UTF-8 after line {number}; save the file as UTF-8") from error


def _read_table(path: Path, reading: Reading) -> None:
    lines = _lines(path)
    before, header = next(((number, line) for number, line in enumerate(lines, 1) if line.strip()), (1, ""))
    delimiter, names = _header(header, reading.columns, path.name)
    for where, fields in _rows(lines, delimiter, path.name, before):
        if not any(map(str.strip, fields)):
            continue
        if len(fields) == len(names):
            reading.take(where, dict(zip(names, map(str.strip, fields), strict=True)))
        else:
            reading.counts.rows += 1
            error = FieldError(f"{len(fields)} fields, the header has {len(names)}; correct the line")
            reading.leave_out(f"{where}: {error}", error)


def _rows(lines: Iterator[str], delimiter: str, name: str, before: int) -> Iterator[tuple[str, list[str]]]:
    """Each with its first line; a quote that is never closed would make one row of all the lines that follow."""
    rows, first = csv.reader(lines, delimiter=delimiter), before + 1
    try:
        for fields in rows:
            following = rows.line_num + before + 1
            if following - first > MOST_LINES_A_ROW:
                raise csv.Error(f"a row of {following - first} lines")
            yield f"{name}:{first}", fields
            first = following
    except csv.Error as error:
        raise HistoryError(f"{name}:{first}: {error}; is a quote not closed?") from error


def _header(line: str, columns: Columns, name: str) -> tuple[str, list[str]]:
    """With the first delimiter that makes the wanted columns appear."""
    readings = {each: [part.strip() for part in next(csv.reader([line], delimiter=each), [])] for each in DELIMITERS}
    for delimiter, names in readings.items():
        if not columns.found_in(names).missing_in(names):
            if len(set(names)) < len(names):
                raise HistoryError(f"{name}:1: the header has a column twice; rename one")
            return delimiter, names
    names = max(readings.values(), key=len)
    missing = " and ".join(f"{wanted} ({option})" for option, wanted in columns.found_in(names).missing_in(names))
    raise HistoryError(f"{name}:1: no column {missing}; {_found(names)}")


def _found(names: Iterable[str]) -> str:
    """A first line that is no header holds somebody's data, and is not repeated."""
    known = list(names)[:20]
    if not known or not all(map(_NAME.fullmatch, known)):
        return "the first line must be a header with the names of the columns"
    return f"the header has {', '.join(known)}: name yours with these options"


def _read_objects(path: Path, reading: Reading) -> None:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            record: object = json.loads(line)
        except (ValueError, RecursionError) as error:
            reading.leave_out(f"{where}: not JSON; correct the line", error)
            continue
        if isinstance(record, dict):
            reading.take(where, record)
        else:
            reading.leave_out(f"{where}: not an object; write {{'customer': …, 'time': …}}", FieldError("no object"))


def _customer(value: object, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise FieldError(f"{name} is {shown(value)}, expected a name or number; correct line or header")
    return str(value).strip()


def _field(read: Callable[[object], T], value: object, name: str) -> T:
    try:
        return read(value)
    except FieldError as error:
        raise FieldError(f"{name} {error}") from error


def _why_none(counts: Counts) -> str:
    reasons = [f"{count} {what}" for count, what in ((counts.returns, "returns"), (counts.bad, "bad rows")) if count]
    return f" ({' and '.join(reasons)} in {counts.rows} rows)" if reasons else ""
