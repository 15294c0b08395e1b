"""How much two arms differ, with intervals that hold what they promise also for small shares and unequal arms.

Shares: the score interval of Miettinen and Nurminen (1985). Means: Welch's (1947). Several looks: Holm (1979).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import acos, copysign, cos, erfc, inf, pi, sqrt

from fidelio_notify.domain.uplift import student

CONFIDENCE = 0.95
Z = 1.959963984540054
"""Of the standard normal distribution, `CONFIDENCE` lies within."""
_CLOSE = 1e-7


@dataclass(frozen=True, slots=True)
class Share:
    """Of so many people, so many did it."""

    people: int
    reached: int

    @property
    def rate(self) -> float:
        return self.reached / self.people


@dataclass(frozen=True, slots=True)
class Mean:
    """`variance`: of the people, not of the mean. `changed`: of how many the value is not zero."""

    people: int
    mean: float
    variance: float
    changed: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Treated minus held out. `p`: the chance of one at least so large, either way, if contacting did nothing; it is
    below 5 % exactly where the interval excludes zero."""

    value: float
    low: float
    high: float
    p: float


def difference_of_shares(treated: Share, held: Share) -> Difference | None:
    """None where an arm is empty."""
    if not treated.people or not held.people:
        return None
    value = treated.rate - held.rate

    def score(difference: float) -> float:
        return _score(treated, held, difference)

    return Difference(
        value,
        low=_crossing(score, Z, value, -1.0),
        high=_crossing(score, -Z, value, 1.0),
        p=erfc(abs(score(0.0)) / sqrt(2)),
    )


def difference_of_means(treated: Mean, held: Mean) -> Difference | None:
    """None where nothing varies, or an arm has no two people: then nothing tells how far the means can be trusted."""
    if min(treated.people, held.people) < 2 or not (treated.variance or held.variance):
        return None
    value = treated.mean - held.mean
    parts = treated.variance / treated.people, held.variance / held.people
    error = sqrt(sum(parts))
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (treated.people - 1) + parts[1] ** 2 / (held.people - 1))
    reach = student.quantile(CONFIDENCE, degrees) * error
    return Difference(value, value - reach, value + reach, student.two_sided_p(value / error, degrees))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """As each must be read where all are looked at: with at most 5 % chance is any below 5 % that should not be."""
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = least
    return tuple(adjusted)


def _crossing(score: Callable[[float], float], wanted: float, inside: float, outside: float) -> float:
    """The difference where the score, which falls, passes `wanted`; `outside`, where it never does."""
    while abs(outside - inside) > _CLOSE:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if abs(score(middle)) < abs(wanted) else (inside, middle)
    return inside


def _score(treated: Share, held: Share, difference: float) -> float:
    """How many standard errors the arms are apart from `difference`, if that were the truth."""
    held_rate = _likeliest(treated, held, difference)
    rate = min(max(held_rate + difference, 0.0), 1.0)
    people = treated.people + held.people
    spread = rate * (1 - rate) / treated.people + held_rate * (1 - held_rate) / held.people
    apart = treated.rate - held.rate - difference
    if spread <= 0:
        return 0.0 if abs(apart) < _CLOSE else copysign(inf, apart)
    return apart / sqrt(spread * people / (people - 1))


def _likeliest(treated: Share, held: Share, difference: float) -> float:
    """The likeliest share among those held out, were the arms so far apart: the root of a cubic in [0, 1]."""
    people, reached = treated.people + held.people, treated.reached + held.reached
    third = people
    second = (treated.people + 2 * held.people) * difference - people - reached
    first = (held.people * difference - people - 2 * held.reached) * difference + reached
    constant = held.reached * difference * (1 - difference)
    turn = second / (3 * third)
    q = turn**3 - first * second / (6 * third**2) + constant / (2 * third)
    p = copysign(sqrt(max(turn**2 - first / (3 * third), 0.0)), q)
    if p == 0:
        return min(max(-turn, 0.0), 1.0)
    angle = (pi + acos(min(max(q / p**3, -1.0), 1.0))) / 3
    return min(max(2 * p * cos(angle) - turn, 0.0), 1.0)
