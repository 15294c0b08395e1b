"""Labelled rows: what the score would have seen of each customer at an instant, and whether they bought afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np

from fidelio_scoring.domain.churn import FEATURES, features_after, silence_of
from fidelio_scoring.domain.durations import DAY_MS, MILLISECOND, WEEK_MS
from fidelio_scoring.domain.purchase_clock import ClockParameters
from fidelio_scoring.domain.purchases import repeat_days
from fidelio_scoring.training.evaluation import Flags, Vector
from fidelio_scoring.training.history import Log, buys_within, purchases_until
from fidelio_scoring.training.likelihoods import Summaries


@dataclass(frozen=True, slots=True)
class Rows:
    """`features`: a column for each of FEATURES, from the very code that scores. Gone: no purchase in two horizons."""

    customers: tuple[str, ...]
    features: Vector
    silence_days: Vector
    gone: Flags


def rows_at(logs: Mapping[str, Log], at: datetime, *, clock: ClockParameters, horizon_weeks: float) -> Rows:
    label_ends = at + timedelta(weeks=2 * horizon_weeks)
    customers: list[str] = []
    features: list[list[float]] = []
    silence_days: list[float] = []
    gone: list[bool] = []
    for customer, log in logs.items():
        purchases = purchases_until(log, at)
        if purchases is None:
            continue
        elapsed_ms = (at - purchases.last_order_at) // MILLISECOND
        seen = features_after(silence_of(purchases, clock, horizon_weeks), elapsed_ms)
        customers.append(customer)
        features.append([seen[name] for name in FEATURES])
        silence_days.append(elapsed_ms / DAY_MS)
        gone.append(not buys_within(log, at, label_ends))
    columns = np.array(features, dtype=np.float64).reshape(-1, len(FEATURES))
    return Rows(tuple(customers), columns, np.array(silence_days, dtype=np.float64), np.array(gone, dtype=np.bool_))


def joined(parts: Sequence[Rows]) -> Rows:
    return Rows(
        customers=tuple(customer for part in parts for customer in part.customers),
        features=np.concatenate([part.features for part in parts]),
        silence_days=np.concatenate([part.silence_days for part in parts]),
        gone=np.concatenate([part.gone for part in parts]),
    )


def drawn(rows: Rows, *, seed: int, first: float, last: float) -> Rows:
    """The rows of the customers whose lot falls in [first, last); a customer's lot depends on name and seed alone."""
    lots = np.array([lot_of(customer, seed) for customer in rows.customers], dtype=np.float64)
    kept = (lots >= first) & (lots < last)
    customers = tuple(customer for customer, is_kept in zip(rows.customers, kept, strict=True) if is_kept)
    return Rows(customers, rows.features[kept], rows.silence_days[kept], rows.gone[kept])


def summaries_at(logs: Mapping[str, Log], at: datetime) -> Summaries:
    seen = []
    for log in logs.values():
        purchases = purchases_until(log, at)
        if purchases is not None:
            recency_ms = (purchases.last_order_at - purchases.first_order_at) // MILLISECOND
            age_ms = (at - purchases.first_order_at) // MILLISECOND
            seen.append((repeat_days(purchases.days), recency_ms / WEEK_MS, age_ms / WEEK_MS))
    repeats, recency, age = np.array(seen, dtype=np.float64).reshape(-1, 3).T
    return Summaries(repeats, recency, age)


def lot_of(customer: str, seed: int) -> float:
    return int.from_bytes(sha256(f"{seed}:{customer}".encode()).digest()[:8]) / 2**64
