"""The risk of deciding to leave, a day, by mood and time with the company."""

import math

import numpy as np
from numpy.typing import NDArray

from fidelio_deploy.world.laws import Form, Laws

Vector = NDArray[np.float64]

MOST_A_DAY = 0.1
BETWEEN_PEOPLE = 0.45
"""Standard deviation of what people's moods return to."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def hazard(laws: Laws, mood: Vector, tenure_days: Vector) -> Vector:
    """Whatever its form, about `yearly_churn` of the people decide to leave in a year."""
    return np.minimum(_level(laws) * _shape(laws, mood, tenure_days), MOST_A_DAY)


def expected_hazard(laws: Laws, mean: Vector, deviation: Vector, tenure_days: Vector) -> Vector:
    """Of a normally distributed mood."""
    total = np.zeros(np.broadcast_shapes(mean.shape, deviation.shape, tenure_days.shape))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        total += weight * hazard(laws, mean + deviation * node, tenure_days)
    return total


def _level(laws: Laws) -> float:
    everyone = math.hypot(laws.mood.spread, BETWEEN_PEOPLE) * _NODES
    typical = _shape(laws, everyone, np.full_like(everyone, 365.0))
    return -math.log1p(-laws.yearly_churn) / 365 / float(_WEIGHTS @ typical)


def _shape(laws: Laws, mood: Vector, tenure_days: Vector) -> Vector:
    steepness = laws.mood.steepness
    match laws.form:
        case Form.EXPONENTIAL:
            return np.exp(-steepness * mood)
        case Form.LOGISTIC:
            return 0.02 + 1 / (1 + np.exp(2 * steepness * (mood + 1)))
        case Form.THRESHOLD:
            return np.where(mood < -0.8, 1.0, 0.3 / steepness**2)
        case Form.SETTLING:
            return np.exp(-steepness * mood) / np.sqrt(1 + tenure_days / 60)
        case Form.NULL:
            return np.ones_like(mood)
