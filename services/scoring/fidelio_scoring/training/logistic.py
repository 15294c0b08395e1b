"""Logistic regression; the weights of a model file are not negative, so that silence can never lower a risk."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from threadpoolctl import threadpool_limits

from fidelio_scoring.training.evaluation import Flags, Vector


@dataclass(frozen=True, slots=True)
class Line:
    """Log-odds = intercept + weights @ columns."""

    intercept: float
    weights: tuple[float, ...]

    def log_odds(self, columns: Vector) -> Vector:
        return np.asarray(self.intercept + columns @ np.array(self.weights))


def fit_logistic(columns: Vector, gone: Flags, *, ridge: float, lowest: float | None = 0) -> Line:
    """The ridge counts per standard deviation of a column, on the mean log-loss; a constant column gets weight 0.

    No weight is below `lowest`.
    """
    spread = columns.std(axis=0)
    scale = np.where(spread > 0, spread, np.inf)
    standard = (columns - columns.mean(axis=0)) / scale

    def loss(line: Vector) -> tuple[float, Vector]:
        log_odds = line[0] + standard @ line[1:]
        missed = expit(log_odds) - gone
        value = np.mean(np.logaddexp(0, log_odds) - gone * log_odds) + ridge / 2 * line[1:] @ line[1:]
        return float(value), np.append(missed.mean(), standard.T @ missed / gone.size + ridge * line[1:])

    bounds = [(None, None)] + [(lowest, None)] * columns.shape[1]
    precise = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000}
    with threadpool_limits(limits=1, user_api="blas"):  # for matrices of a few rows, threads only wait for each other
        found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds, options=precise)
    weights = found.x[1:] / scale
    return Line(float(found.x[0] - weights @ columns.mean(axis=0)), tuple(weights.tolist()))
