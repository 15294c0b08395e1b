"""How soon a score notices that somebody left, where one in ten of those who stay may be flagged by mistake."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from fidelio_scoring.domain.churn import ChurnModel, assess
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.training.evaluation import Flags, Vector
from fidelio_scoring.training.history import DAY, Log, purchases_until
from fidelio_scoring.training.trial import Trial, clock_alone

FALSE_ALARMS = 0.1
MOST_LEAVERS = 2_000


Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Followed:
    """Somebody who left, with the model that scored them, from their last purchase until the labels end."""

    purchases: Purchases
    model: ChurnModel
    days: int


@dataclass(frozen=True, slots=True)
class Detection:
    """`delay_days`: the median silence, in days since the last purchase, at which those who left are flagged.

    nan where half of them are never flagged before the labels end. `flagged`: the share that is, at the cut.
    """

    threshold: float
    flagged: float
    delay_days: float


def detections(trial: Trial, logs: Mapping[str, Log], chosen: Flags) -> dict[str, Detection]:
    """Among the chosen; empty where none of them left or none stayed. At most 2,000 of those who left are followed."""
    left, stayed = chosen & trial.gone, chosen & ~trial.gone
    if not left.any() or not stayed.any():
        return {}
    followed = _followed(trial, logs, np.flatnonzero(left)[:: ceil(left.sum() / MOST_LEAVERS)])
    found = {}
    for name, risk in RISKS.items():
        ranks = trial.scored[name].ranks
        threshold = float(np.quantile(ranks[stayed], 1 - FALSE_ALARMS, method="higher"))
        found[name] = _detection(ranks[left], threshold, [_first_day(each, risk, threshold) for each in followed])
    return found


def _detection(ranks: Vector, threshold: float, delays: list[float]) -> Detection:
    median = float(np.median(delays))
    flagged = float((ranks > threshold).mean())
    return Detection(threshold, flagged, median if isfinite(median) else nan)


def _followed(trial: Trial, logs: Mapping[str, Log], rows: Rows) -> list[Followed]:
    past = [(int(trial.fold[row]), purchases_until(logs[trial.customers[row]], trial.plan.cut)) for row in rows]
    return [
        Followed(purchases, trial.models[fold], (trial.plan.until - purchases.last_order_at) // DAY)
        for fold, purchases in past
        if purchases
    ]


def _first_day(followed: Followed, risk: "Risk", threshold: float) -> float:
    """Infinite where the risk, which never falls in silence, does not pass the threshold in that time."""
    day = bisect_right(range(followed.days + 1), threshold, key=lambda days: risk(followed, days))
    return day if day <= followed.days else inf


def _fidelio(who: Followed, days: int) -> float:
    at = who.purchases.last_order_at + days * DAY
    return assess(who.purchases, at, previous_band=None, model=who.model).risk


def _event_only(who: Followed, _days: int) -> float:
    return _fidelio(who, 0)


def _clock(who: Followed, days: int) -> float:
    at = who.purchases.last_order_at + days * DAY
    return clock_alone(who.purchases, who.model, at=at)


def _days_since_last(_who: Followed, days: int) -> float:
    return days


Risk = Callable[[Followed, int], float]
RISKS: Mapping[str, Risk] = {
    "fidelio": _fidelio,
    "event_only": _event_only,
    "clock": _clock,
    "days_since_last": _days_since_last,
}
