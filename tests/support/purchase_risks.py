"""The risk that purchases alone tell, from a scorer of its own that shares no code with the service's."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.heads import Head
from fidelio_scoring.domain.purchases import Purchases

Hours = NDArray[np.float64]


def combined_risks(purchases: Purchases, hours: Hours, model: ChurnModel) -> Hours:
    """A scorer of its own, that shares no code with the service's."""
    features = _features(purchases, hours, model)
    staying = np.ones_like(hours)
    for head in model.heads:
        staying *= 1 - _chance(head, features)
    return np.asarray(1 - staying)


def _chance(head: Head, features: dict[str, Hours]) -> Hours:
    log_odds = head.intercept + sum(term.weight * features[term.feature] for term in head.terms)
    return np.asarray(1 / (1 + np.exp(-(head.platt_a * log_odds + head.platt_b))))


def _features(purchases: Purchases, hours: Hours, model: ChurnModel) -> dict[str, Hours]:
    clock, days = model.clock, _days(purchases)
    repeats = len(days) - 1
    recency = (purchases.last_order_at - purchases.first_order_at) / timedelta(weeks=1)
    gaps = np.array([later - earlier for earlier, later in pairwise(days)])
    regularity = 1 - min(gaps.std() / gaps.mean(), 1) if repeats > 1 else 0.0

    def clock_log_odds(age: Hours) -> Hours:
        dead = clock.a / (clock.b + repeats) * ((clock.alpha + age) / (clock.alpha + recency)) ** (clock.r + repeats)
        nothing = ((clock.alpha + age) / (clock.alpha + age + model.horizon_weeks)) ** (clock.r + repeats)
        return np.asarray(np.log((dead + nothing) / (1 - nothing)))

    habit = clock_log_odds(np.full_like(hours, recency))
    return {
        "habit": habit,
        "lapse": clock_log_odds(recency + hours / 168) - habit,
        "silence": np.log(1 + hours / 24),
        "overdue": regularity * np.log(1 + hours / 24 / gaps.mean()) if repeats else 0 * hours,
    }


def _days(purchases: Purchases) -> list[int]:
    first, last = (purchases.days & -purchases.days).bit_length() - 1, purchases.days.bit_length() - 1
    return [day for day in range(first, last + 1) if purchases.days >> day & 1]
