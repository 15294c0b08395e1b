"""How well scores rank and how honest their probabilities are, beside the rule "days since the last purchase"."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, nan

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from fidelio_scoring.domain.churn import ChurnModel, assess
from fidelio_scoring.training.history import Log, buys_within, purchases_until

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
AT_RISK = timedelta(weeks=13)
CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class Ranking:
    """Lift: how many times more often the top 10 % left than everybody. nan where nobody, or everybody, left."""

    auc: float
    lift_at_10_percent: float


@dataclass(frozen=True, slots=True)
class Comparison:
    customers: int
    gone_share: float
    model: Ranking
    rule: Ranking

    @property
    def lift_ceiling(self) -> float:
        """The lift of a perfect ranking."""
        return min(10.0, 1 / self.gone_share) if self.gone_share else nan


@dataclass(frozen=True, slots=True)
class Backtest:
    """At risk: who bought in the 13 weeks before the cut-off. There the rule has little left to say."""

    cutoff: datetime
    everybody: Comparison
    at_risk: Comparison


def backtest(
    scores: Mapping[str, float],
    last_purchase: Mapping[str, datetime],
    *,
    bought_after: Collection[str],
    cutoff: datetime,
) -> Backtest:
    """Who left is who is not in `bought_after`. `last_purchase`: the last up to the cut-off, for all with a score."""
    customers = sorted(scores)
    risks = np.array([scores[customer] for customer in customers], dtype=np.float64)
    silences = np.array([(cutoff - last_purchase[customer]) / AT_RISK for customer in customers], dtype=np.float64)
    gone = np.array([customer not in bought_after for customer in customers], dtype=np.bool_)
    recent = silences <= 1
    return Backtest(cutoff, compare(risks, silences, gone), compare(risks[recent], silences[recent], gone[recent]))


def backtest_model(logs: Mapping[str, Log], model: ChurnModel, *, cutoff: datetime) -> Backtest:
    """Everybody known by the cut-off, scored there as the service scores; the two horizons after it tell who left."""
    label_ends = cutoff + timedelta(weeks=2 * model.horizon_weeks)
    known = {customer: purchases for customer, log in logs.items() if (purchases := purchases_until(log, cutoff))}
    scores = {each: assess(known[each], cutoff, previous_band=None, model=model).risk for each in known}
    last_purchase = {each: known[each].last_order_at for each in known}
    bought_after = {each for each in known if buys_within(logs[each], cutoff, label_ends)}
    return backtest(scores, last_purchase, bought_after=bought_after, cutoff=cutoff)


def compare(risks: Vector, silences: Vector, gone: Flags) -> Comparison:
    share = float(gone.mean()) if gone.size else nan
    return Comparison(gone.size, share, ranking(risks, gone), ranking(silences, gone))


def ranking(scores: Vector, gone: Flags) -> Ranking:
    return Ranking(auc(scores, gone), lift(scores, gone, share=0.1))


def auc(scores: Vector, gone: Flags) -> float:
    """The chance that somebody who left scores above somebody who stayed, ties counting half (Mann-Whitney)."""
    left, stayed = int(gone.sum()), int((~gone).sum())
    if not left or not stayed:
        return nan
    return float((rankdata(scores)[gone].sum() - left * (left + 1) / 2) / (left * stayed))


def lift(scores: Vector, gone: Flags, *, share: float) -> float:
    """Customers tied at the edge of the top count in proportion, so that their order in the data does not matter."""
    if not gone.any():
        return nan
    places = ceil(share * gone.size)
    edge = np.sort(scores)[-places]
    above, tied = scores > edge, scores == edge
    hits = gone[above].sum() + (places - above.sum()) * gone[tied].mean()
    return float(hits / places / gone.mean())


def brier(probabilities: Vector, gone: Flags) -> float:
    return float(np.mean((probabilities - gone) ** 2))


def calibration_error(probabilities: Vector, gone: Flags) -> float:
    """ECE over ten bins of equally many customers: the average gap between what was said and what happened.

    Equal probabilities share a bin, so that the customers' order in the data does not matter.
    """
    bins = np.ceil(rankdata(probabilities) * CALIBRATION_BINS / gone.size).astype(np.int64)
    sums = np.bincount(bins, weights=probabilities - gone)
    return float(np.abs(sums).sum() / gone.size)
