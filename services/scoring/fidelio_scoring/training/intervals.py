"""How far an AUC can be trusted: the bootstrap over customers, the same draws for all that are compared."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fidelio_scoring.training.evaluation import Flags, Vector

REPLICATES = 200
COVERAGE_PERCENT = 95
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Customers from the lowest rank to the highest, and where each group of equal ranks begins."""

    order: Indices
    groups: Indices
    gone: Flags


def auc_draws(ranks: Mapping[str, Vector], gone: Flags, *, seed: int) -> dict[str, Vector]:
    """The AUC of each in every draw of as many customers, with replacement. Empty where one class is missing."""
    if not gone.any() or gone.all():
        return {name: np.empty(0) for name in ranks}
    lots = np.random.default_rng(seed)
    sorted_ranks = {name: _sorted(each, gone) for name, each in ranks.items()}
    draws = np.full((len(ranks), REPLICATES), np.nan)
    for replicate in range(REPLICATES):
        drawn = np.bincount(lots.integers(0, gone.size, gone.size), minlength=gone.size)
        for row, each in enumerate(sorted_ranks.values()):
            draws[row, replicate] = _weighted_auc(each, drawn)
    return dict(zip(ranks, draws, strict=True))


def interval(draws: Vector) -> tuple[float, float]:
    """nan where nothing could be drawn."""
    known = draws[np.isfinite(draws)]
    if not known.size:
        return np.nan, np.nan
    beyond = (100 - COVERAGE_PERCENT) / 2
    low, high = np.percentile(known, [beyond, 100 - beyond])
    return float(low), float(high)


def _sorted(ranks: Vector, gone: Flags) -> Sorted:
    order = np.argsort(ranks, kind="stable")
    rising = ranks[order]
    groups = np.flatnonzero(np.concatenate([[True], rising[1:] != rising[:-1]]))
    return Sorted(order, groups, gone[order])


def _weighted_auc(each: Sorted, drawn: Indices) -> float:
    weights = drawn[each.order]
    left = np.add.reduceat(weights * each.gone, each.groups)
    stayed = np.add.reduceat(weights, each.groups) - left
    pairs = float(left.sum()) * float(stayed.sum())
    below = np.cumsum(stayed) - stayed
    return float((left * (below + stayed / 2)).sum() / pairs) if pairs else np.nan
