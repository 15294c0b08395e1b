"""The figures of one contender on one population."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, nan

import numpy as np

from fidelio_scoring.training.contenders import Scored
from fidelio_scoring.training.evaluation import Flags, Vector, auc, brier, calibration_error, lift
from fidelio_scoring.training.intervals import auc_draws, interval

TOP = 0.1


@dataclass(frozen=True, slots=True)
class Figures:
    """nan where undefined: a ranking needs some who left and some who stayed."""

    auc: float
    auc_low: float
    auc_high: float
    pr_auc: float
    brier: float
    ece: float
    lift_10: float
    lift_10_ceiling: float


@dataclass(frozen=True, slots=True)
class Population:
    """`behind`: AUC of the contender named, less Fidelio's, with the interval of the difference on the same draws."""

    rows: int
    churn_rate: float
    figures: Mapping[str, Figures]
    ahead: Mapping[str, tuple[float, float, float]]


def population(scored: Mapping[str, Scored], gone: Flags, *, seed: int) -> Population:
    if not gone.size:
        return Population(0, nan, {name: Figures(*[nan] * 8) for name in scored}, {})
    draws = auc_draws({name: each.ranks for name, each in scored.items()}, gone, seed=seed)
    figures = {name: _figures(each, gone, draws[name]) for name, each in scored.items()}
    ours = figures["fidelio"].auc
    ahead = {
        name: (ours - figures[name].auc, *interval(draws["fidelio"] - draws[name]))
        for name in scored
        if name != "fidelio"
    }
    return Population(gone.size, float(gone.mean()), figures, ahead)


def average_precision(ranks: Vector, gone: Flags) -> float:
    """The area under precision over recall, equal ranks taken together; for ranks that know nothing, the churn rate."""
    if not gone.any():
        return nan
    order = np.argsort(-ranks, kind="stable")
    falling = ranks[order]
    ends = np.flatnonzero(np.concatenate([falling[1:] != falling[:-1], [True]]))
    found = np.cumsum(gone[order])[ends]
    return float((np.diff(found, prepend=0) * found / (ends + 1)).sum() / found[-1])


def lift_ceiling(gone: Flags) -> float:
    """The lift of a perfect ranking."""
    places = ceil(TOP * gone.size)
    return float(min(places, gone.sum()) / places / gone.mean()) if gone.any() else nan


def _figures(scored: Scored, gone: Flags, draws: Vector) -> Figures:
    low, high = interval(draws)
    return Figures(
        auc=auc(scored.ranks, gone),
        auc_low=low,
        auc_high=high,
        pr_auc=average_precision(scored.ranks, gone),
        brier=brier(scored.chances, gone),
        ece=calibration_error(scored.chances, gone),
        lift_10=lift(scored.ranks, gone, share=TOP),
        lift_10_ceiling=lift_ceiling(gone),
    )
