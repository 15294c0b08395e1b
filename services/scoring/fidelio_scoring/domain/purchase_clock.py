"""The purchase clock: MBG/NBD (Batislam, Denizel and Filiztekin 2007). All times in weeks.

While alive, a customer buys at a Poisson rate that varies over customers as Gamma(r, alpha), and leaves after each
purchase, the first included, with a probability that varies as Beta(a, b).
"""

from dataclasses import dataclass
from math import exp, expm1, inf, lgamma, log, log1p

LARGEST_EXPONENT = 600


@dataclass(frozen=True, slots=True)
class ClockParameters:
    """All positive; alpha is in weeks."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What the clock needs of a history: repeat purchase days, and weeks from the first purchase to the last."""

    repeats: int
    recency_weeks: float


def log_likelihood(clock: ClockParameters, seen: Seen, age_weeks: float) -> float:
    x, shape = seen.repeats, clock.r + seen.repeats
    alive = -shape * log(clock.alpha + age_weeks)
    gone = log(clock.a / (clock.b + x)) - shape * log(clock.alpha + seen.recency_weeks)
    rate = lgamma(shape) - lgamma(clock.r) + clock.r * log(clock.alpha)
    return rate + _log_beta(clock.a, clock.b + x + 1) - _log_beta(clock.a, clock.b) + _log_sum(alive, gone)


def logit_dead(clock: ClockParameters, seen: Seen, age_weeks: float) -> float:
    """Log-odds that the customer has left by this age. Strictly increasing in age."""
    waited = (age_weeks - seen.recency_weeks) / (clock.alpha + seen.recency_weeks)
    return log(clock.a / (clock.b + seen.repeats)) + (clock.r + seen.repeats) * log1p(waited)


def logit_c_h(clock: ClockParameters, seen: Seen, *, age_weeks: float, horizon_weeks: float) -> float:
    """Log-odds of no purchase within `horizon_weeks`. Strictly increasing in age; finite where C_H rounds to 0 or 1.

    With D the odds of having left, and q the chance that who stays buys nothing: C_H / (1 - C_H) = (D + q) / (1 - q).
    """
    log_q = -(clock.r + seen.repeats) * log1p(horizon_weeks / (clock.alpha + age_weeks))
    return _log_sum(logit_dead(clock, seen, age_weeks), log_q) - log(-expm1(log_q))


def no_purchase_probability(clock: ClockParameters, seen: Seen, *, age_weeks: float, horizon_weeks: float) -> float:
    return sigmoid(logit_c_h(clock, seen, age_weeks=age_weeks, horizon_weeks=horizon_weeks))


def age_when_dead(clock: ClockParameters, seen: Seen, probability: float) -> float:
    """The age at which, if nothing is bought, the chance of having left reaches `probability` (between 0 and 1).

    Never before the last purchase; infinite beyond the range of a float.
    """
    odds = log(probability / (1 - probability)) - log(clock.a / (clock.b + seen.repeats))
    growth = odds / (clock.r + seen.repeats)
    if growth > LARGEST_EXPONENT:
        return inf
    return max((clock.alpha + seen.recency_weeks) * exp(growth) - clock.alpha, seen.recency_weeks)


def sigmoid(log_odds: float) -> float:
    if log_odds >= 0:
        return 1 / (1 + exp(-log_odds))
    odds = exp(log_odds)
    return odds / (1 + odds)


def _log_sum(one: float, other: float) -> float:
    """ln(e^one + e^other) without overflow."""
    larger, smaller = (one, other) if one >= other else (other, one)
    return larger + log1p(exp(smaller - larger))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
