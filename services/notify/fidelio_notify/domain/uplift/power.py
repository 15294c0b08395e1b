"""How many people it takes to see a difference: with 80 % power, at 5 %, arms as unequal as they are.

Fleiss, Levin and Paik (2003), section 4.5, without continuity correction: the score test makes none.
"""

from dataclasses import dataclass
from math import ceil, sqrt

from fidelio_notify.domain.uplift.statistics import Mean, Z

_POWER_Z = 0.8416212335729143
"""80 % of the standard normal distribution lie below."""
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Needed:
    """People in each arm."""

    treated: int
    held: int


def needed_for_shares(treated_rate: float, held_rate: float, *, ratio: float) -> Needed | None:
    """To see that they differ, where so many are treated for each who is held out; None where nobody has so many."""
    difference = treated_rate - held_rate
    common = (treated_rate * ratio + held_rate) / (1 + ratio)
    if not difference:
        return None
    under_none = common * (1 - common) * (1 + 1 / ratio)
    under_some = treated_rate * (1 - treated_rate) / ratio + held_rate * (1 - held_rate)
    return _needed((Z * sqrt(under_none) + _POWER_Z * sqrt(under_some)) ** 2 / difference**2, ratio)


def needed_for_means(treated: Mean, held: Mean, difference: float) -> Needed | None:
    """To see `difference` among people who vary as those that were seen."""
    ratio = treated.people / held.people
    spread = treated.variance / ratio + held.variance
    if not difference or not spread:
        return None
    return _needed((Z + _POWER_Z) ** 2 * spread / difference**2 + Z**2 / 4, ratio)


def _needed(held: float, ratio: float) -> Needed | None:
    return Needed(ceil(held * ratio), ceil(held)) if held * (1 + ratio) <= MOST else None
