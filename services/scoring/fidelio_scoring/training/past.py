"""What the baselines look at: numbers of each customer's past at an instant, for all customers at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from fidelio_scoring.domain.durations import DAY_MS
from fidelio_scoring.training.evaluation import Flags, Vector
from fidelio_scoring.training.history import EPOCH, MILLISECOND, Log

Counts = NDArray[np.int64]
WINDOWS_DAYS = (14, 28, 56, 91, 182)


@dataclass(frozen=True, slots=True)
class Flat:
    """All orders in one array, customer after customer, each one's oldest first; running sums over all of them."""

    starts: Counts
    sizes: Counts
    times_ms: Counts
    is_new_day: Flags
    gaps: Vector
    amounts: Vector


@dataclass(frozen=True, slots=True)
class Past:
    """A row a customer who had bought by then, with their number. `gap_days` is nan before the second purchase day."""

    customer: Counts
    silence_days: Vector
    purchase_days: Vector
    tenure_days: Vector
    gap_days: Vector
    last_gap_days: Vector
    gap_variation: Vector
    average_amount: Vector
    last_amount: Vector
    recent_orders: Vector
    gone: Flags

    def of(self, chosen: Flags) -> "Past":
        return Past(*(getattr(self, name)[chosen] for name in Past.__slots__))


def flat_of(logs: Mapping[str, Log]) -> Flat:
    sizes = np.array([len(log.instants) for log in logs.values()], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    times_ms = np.array([(at - EPOCH) // MILLISECOND for log in logs.values() for at in log.instants], dtype=np.int64)
    days = times_ms // DAY_MS
    is_first = np.zeros(times_ms.size, dtype=np.bool_)
    is_first[starts] = True
    since_previous = np.diff(days, prepend=days[:1])
    is_new_day = is_first | (since_previous > 0)
    amounts = [0.0 if paid is None else paid for log in logs.values() for paid in log.amounts]
    return Flat(
        starts=starts,
        sizes=sizes,
        times_ms=times_ms,
        is_new_day=is_new_day,
        gaps=np.where(is_first, 0, since_previous).astype(np.float64),
        amounts=np.array(amounts, dtype=np.float64),
    )


def past_at(flat: Flat, at: datetime, *, label_ends: datetime) -> Past:
    """`gone`: no order in (at, label_ends]. Nothing else looks beyond `at`."""
    now_ms = (at - EPOCH) // MILLISECOND
    counts = _counts(flat, now_ms)
    known = counts > 0
    starts, counts = flat.starts[known], counts[known]
    latest = starts + counts - 1
    purchase_days = _sums(flat.is_new_day, starts, counts)
    gaps, squares = _sums(flat.gaps, starts, counts), _sums(flat.gaps**2, starts, counts)
    repeats = np.maximum(purchase_days - 1, 0)
    mean_gap = np.divide(gaps, repeats, out=np.full(gaps.size, np.nan), where=repeats > 0)
    variance = np.divide(squares, repeats, out=np.full(gaps.size, np.nan), where=repeats > 1) - mean_gap**2
    last_new_day = np.maximum.accumulate(np.where(flat.is_new_day, np.arange(flat.gaps.size), 0))[latest]
    recent = [(counts - _counts(flat, now_ms - days * DAY_MS)[known]) for days in WINDOWS_DAYS]
    return Past(
        customer=np.flatnonzero(known),
        silence_days=(now_ms - flat.times_ms[latest]) / DAY_MS,
        purchase_days=purchase_days,
        tenure_days=(now_ms - flat.times_ms[starts]) / DAY_MS,
        gap_days=mean_gap,
        last_gap_days=np.where(repeats > 0, flat.gaps[last_new_day], np.nan),
        gap_variation=np.sqrt(np.maximum(variance, 0)) / mean_gap,
        average_amount=_sums(flat.amounts, starts, counts) / counts,
        last_amount=flat.amounts[latest],
        recent_orders=np.column_stack(recent).astype(np.float64),
        gone=_counts(flat, (label_ends - EPOCH) // MILLISECOND)[known] == counts,
    )


def stacked(parts: Sequence[Past]) -> Past:
    return Past(*(np.concatenate([getattr(part, name) for part in parts]) for name in Past.__slots__))


def _counts(flat: Flat, until_ms: int) -> Counts:
    """Each customer's orders up to then."""
    return _sums(flat.times_ms <= until_ms, flat.starts, flat.sizes).astype(np.int64)


def _sums(values: Vector | Flags, starts: Counts, sizes: Counts) -> Vector:
    running = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(running[starts + sizes] - running[starts])
