"""Student's t: its two-sided tail and quantile, without a numerical library."""

import math
from statistics import NormalDist

_STRIPS = 100
_FURTHEST = 40.0
"""Where there are more than 30 degrees of freedom, nothing measurable lies beyond."""


def two_sided_p(t: float, degrees: float) -> float:
    """The chance of a value at least so far from zero, to 1e-6.

    With t = sqrt(degrees) tan(a) the density becomes c cos(a)^(degrees - 1), which Simpson's rule integrates well.
    """
    nearer = min(abs(t), _FURTHEST) if degrees > 30 else abs(t)
    within = 2 * _constant(degrees) * _simpson(degrees - 1, math.atan(nearer / math.sqrt(degrees)))
    return min(max(1 - within, 0.0), 1.0)


def quantile(confidence: float, degrees: float) -> float:
    """So far from zero, on both sides together, lies the share `confidence` of all values.

    By Newton's steps from the normal distribution's, which is nearer to zero: the tail is convex, so that none of them
    goes too far.
    """
    reached, step = NormalDist().inv_cdf((1 + confidence) / 2), 1.0
    while step > 1e-9 * reached:
        step = (two_sided_p(reached, degrees) - (1 - confidence)) / (2 * _density(reached, degrees))
        reached += step
    return reached


def _density(t: float, degrees: float) -> float:
    return _constant(degrees) / math.sqrt(degrees) * math.pow(1 + t * t / degrees, -(degrees + 1) / 2)


def _constant(degrees: float) -> float:
    return math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(math.pi)


def _simpson(power: float, end: float) -> float:
    """The integral of cos(a)^power from 0 to `end`, which is less than a right angle."""
    width = end / _STRIPS
    heights = [math.pow(math.cos(width * strip), power) for strip in range(_STRIPS + 1)]
    return width / 3 * (heights[0] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2]) + heights[-1])
