"""Intervals of a difference of shares: the one in use, and others that are taken for as good."""

from collections.abc import Callable
from math import sqrt

from fidelio_notify.domain.uplift.statistics import Share, Z, difference_of_shares

Interval = Callable[[Share, Share], tuple[float, float]]


def score(treated: Share, held: Share) -> tuple[float, float]:
    found = difference_of_shares(treated, held)
    assert found is not None
    return found.low, found.high


def wald(treated: Share, held: Share) -> tuple[float, float]:
    """As textbooks have it: each arm's variance by its own rate, none where nobody did it."""
    error = sqrt(sum(each.rate * (1 - each.rate) / each.people for each in (treated, held)))
    value = treated.rate - held.rate
    return value - Z * error, value + Z * error


def of_equal_arms(treated: Share, held: Share) -> tuple[float, float]:
    """Forgets that one arm is smaller: both have half of all people."""
    half = (treated.people + held.people) / 2
    error = sqrt(sum(each.rate * (1 - each.rate) / half for each in (treated, held)))
    value = treated.rate - held.rate
    return value - Z * error, value + Z * error
