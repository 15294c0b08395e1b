"""Log-likelihoods of the buy-till-you-die models over many customers, and their fits. All times in weeks.

BG/NBD: Fader, Hardie and Lee (2005a). MBG/NBD: Batislam et al. (2007). Pareto/NBD: Schmittlein et al. (1987), as in
Fader and Hardie's note "A note on deriving the Pareto/NBD model". Gamma-Gamma: Fader and Hardie (2013).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

Vector = NDArray[np.float64]
PRIOR_SD = 1.5
Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class Summaries:
    """A row a customer: repeat purchase days, and weeks from the first purchase to the last and until now."""

    repeats: Vector
    recency: Vector
    age: Vector


@dataclass(frozen=True, slots=True)
class Spending:
    """A row a customer with repeat purchases: their number, and their average amount (above 0)."""

    repeats: Vector
    average: Vector


@dataclass(frozen=True, slots=True)
class Fit:
    parameters: tuple[float, ...]
    log_likelihood: float


def nbd(parameters: Sequence[float], seen: Summaries) -> Vector:
    """Nobody ever leaves: what a clock must beat to show that anybody does."""
    r, alpha = parameters
    return _rate(r, alpha, seen) - (r + seen.repeats) * np.log(alpha + seen.age)


def bg_nbd(parameters: Sequence[float], seen: Summaries) -> Vector:
    r, alpha, a, b = parameters
    x, shape = seen.repeats, r + seen.repeats
    alive = betaln(a, b + x) - shape * np.log(alpha + seen.age)
    gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - shape * np.log(alpha + seen.recency)
    return np.asarray(_rate(r, alpha, seen) - betaln(a, b) + np.logaddexp(alive, np.where(x > 0, gone, -np.inf)))


def mbg_nbd(parameters: Sequence[float], seen: Summaries) -> Vector:
    r, alpha, a, b = parameters
    x, shape = seen.repeats, r + seen.repeats
    alive = -shape * np.log(alpha + seen.age)
    gone = np.log(a / (b + x)) - shape * np.log(alpha + seen.recency)
    return np.asarray(_rate(r, alpha, seen) + betaln(a, b + x + 1) - betaln(a, b) + np.logaddexp(alive, gone))


def pareto_nbd(parameters: Sequence[float], seen: Summaries) -> Vector:
    r, alpha, s, beta = parameters
    x, total, larger = seen.repeats, r + s + seen.repeats, max(alpha, beta)
    second = np.full_like(x, s + 1) if alpha >= beta else r + x

    def term(time: Vector) -> Vector:
        series = hyp2f1(total, second, total + 1, abs(alpha - beta) / (larger + time))
        return np.asarray(series / (larger + time) ** total)

    alive = (alpha + seen.age) ** -(r + x) * (beta + seen.age) ** -s
    gone = s / total * (term(seen.recency) - term(seen.age))
    return np.asarray(_rate(r, alpha, seen) + s * np.log(beta) + np.log(alive + gone))


def gamma_gamma(parameters: Sequence[float], spent: Spending) -> Vector:
    p, q, gamma = parameters
    px, total = p * spent.repeats, spent.repeats * spent.average
    shape = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma)
    return np.asarray(shape + px * np.log(total) - np.log(spent.average) - (px + q) * np.log(gamma + total))


def bg_nbd_alive(parameters: Sequence[float], *, repeats: int, recency: float, age: float) -> float:
    r, alpha, a, b = parameters
    if repeats == 0:
        return 1.0
    return float(1 / (1 + a / (b + repeats - 1) * ((alpha + age) / (alpha + recency)) ** (r + repeats)))


def bg_nbd_expected(parameters: Sequence[float], *, repeats: int, recency: float, age: float, ahead: float) -> float:
    """Purchases expected in the next `ahead` weeks."""
    r, alpha, a, b = parameters
    shape, total = r + repeats, a + b + repeats - 1
    series = hyp2f1(shape, b + repeats, total, ahead / (alpha + age + ahead))
    bought = 1 - ((alpha + age) / (alpha + age + ahead)) ** shape * series
    return float(total / (a - 1) * bought * bg_nbd_alive(parameters, repeats=repeats, recency=recency, age=age))


def gamma_gamma_expected(parameters: Sequence[float], *, repeats: int, average: float) -> float:
    """The amount expected of the next purchase: the customer's own average, drawn towards everybody's."""
    p, q, gamma = parameters
    own = p * repeats / (p * repeats + q - 1)
    return (1 - own) * gamma * p / (q - 1) + own * average


def most_likely(log_likelihood: Callable[[Sequence[float], Data], Vector], data: Data, *, parameters: int) -> Fit:
    return _best(log_likelihood, data, parameters=parameters, penalty=0.0)


def most_probable(log_likelihood: Callable[[Sequence[float], Data], Vector], data: Data, *, parameters: int) -> Fit:
    """With a prior N(0, 1.5^2) on every log-parameter: plain likelihood runs to the boundary on some real logs."""
    return _best(log_likelihood, data, parameters=parameters, penalty=0.5 / PRIOR_SD**2)


def _rate(r: float, alpha: float, seen: Summaries) -> Vector:
    return np.asarray(gammaln(r + seen.repeats) - gammaln(r) + r * np.log(alpha))


def _best(
    log_likelihood: Callable[[Sequence[float], Data], Vector], data: Data, *, parameters: int, penalty: float
) -> Fit:
    def loss(logarithms: Vector) -> float:
        return float(penalty * logarithms @ logarithms - log_likelihood(np.exp(logarithms).tolist(), data).sum())

    precise = {"xatol": 1e-7, "fatol": 1e-8, "maxiter": 20_000, "maxfev": 20_000}
    found = minimize(loss, np.ones(parameters), method="Nelder-Mead", options=precise)
    best = np.exp(found.x).tolist()
    return Fit(tuple(best), float(log_likelihood(best, data).sum()))
