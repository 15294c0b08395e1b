"""How soon a score notices that somebody left, where one in ten of those who stay may be flagged by mistake."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from fidelio_scoring.domain.churn import ChurnModel, assess
from fidelio_scoring.domain.purchases import Purchases
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


def detections(trial: Trial, logs: Mapping[str, Log]) -> dict[str, Detection]:
    """Empty where nobody left or nobody stayed. At most 2,000 of those who left are followed, spread over all."""
    leavers = np.flatnonzero(trial.gone)
    if not leavers.size or trial.gone.all():
        return {}
    followed = _followed(trial, logs, leavers[:: ceil(leavers.size / MOST_LEAVERS)])
    return {name: _detection(trial, name, followed) for name in RISKS}


def _detection(trial: Trial, name: str, followed: list[Followed]) -> Detection:
    ranks = trial.scored[name].ranks
    threshold = float(np.quantile(ranks[~trial.gone], 1 - FALSE_ALARMS, method="higher"))
    median = float(np.median([_first_day(each, RISKS[name], threshold) for each in followed]))
    flagged = float((ranks[trial.gone] > threshold).mean())
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
