"""Anybody's scores, read from a file: customer, at, score."""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from math import isfinite
from pathlib import Path

import orjson

from fidelio_deploy.errors import StackError


def read_scores(path: Path, *, until: datetime) -> Mapping[str, float]:
    """Of each customer the last score up to then. `.csv` has a header; `.ndjson` an object a line."""
    latest: dict[str, tuple[datetime, float]] = {}
    for where, record in _records(path):
        customer, at, score = _read(record, where)
        if at <= until and (customer not in latest or at >= latest[customer][0]):
            latest[customer] = at, score
    return {customer: score for customer, (_, score) in latest.items()}


def _records(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    if path.suffix not in (".csv", ".ndjson"):
        raise StackError(f"{path.name} is neither .csv nor .ndjson; convert it")
    with path.open(encoding="utf-8") as file:
        lines = (line for line in file if line.strip())
        if path.suffix == ".csv":
            for number, row in enumerate(csv.DictReader(lines), start=2):
                yield f"{path.name}:{number}", dict(row)
            return
        for number, line in enumerate(lines, start=1):
            yield f"{path.name}:{number}", _object(line, f"{path.name}:{number}")


def _object(line: str, where: str) -> Mapping[str, object]:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise StackError(f"{where} is not JSON; correct the line") from error
    if not isinstance(said, dict):
        raise StackError(f"{where} is no object; write customer, at and score")
    return said


def _read(record: Mapping[str, object], where: str) -> tuple[str, datetime, float]:
    try:
        at, score = datetime.fromisoformat(str(record.get("at"))), float(str(record.get("score")))
    except ValueError as error:
        raise StackError(f"{where} has no at or score that can be read; write 2025-06-30T00:00:00Z and .25") from error
    if at.tzinfo is None or not isfinite(score) or not record.get("customer"):
        raise StackError(f"{where} lacks a customer, a time zone or a finite score; add it")
    return str(record["customer"]), at, score
