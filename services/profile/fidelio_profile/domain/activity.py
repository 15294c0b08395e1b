"""How often, and how lately, each type of interaction came over each channel."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.bounds import fits
from fidelio_profile.domain.preferred import LONGEST_CHANNEL
from fidelio_shared.contracts.canonical import Instant, milliseconds
from fidelio_shared.contracts.recent import MOST_RECENT

HALF_LIVES_DAYS = (7, 30, 90)
MOST_ACTIVITIES = 48
_LONGEST_TYPE = 64
_DAY_MS = 86_400_000

Key = tuple[str, str]
Decayed = tuple[float, float, float]


class Activity(NamedTuple):
    """`times`: how often. `decayed`: sums of 2^-(age/half-life) as of `last_at`, one per half-life.

    A tuple, because a profile has a dozen and each revision reads them all: half the time of a frozen dataclass.
    """

    times: int
    first_at: Instant
    last_at: Instant
    decayed: Decayed


Activities = Mapping[Key, Activity]


def one_activity(interaction_type: str, channel: str, at: Instant) -> Activities:
    key = (interaction_type, channel)
    return {key: Activity(1, at, at, (1.0, 1.0, 1.0))} if _is_kept(key) else {}


@lru_cache(maxsize=1024)  # asked with every interaction, always of the same few
def _is_kept(key: Key) -> bool:
    return fits(key[0], _LONGEST_TYPE) and fits(key[1], LONGEST_CHANNEL)


def join_activities(left: Activities, right: Activities) -> Activities:
    """Where there are too many, types that are declared here are kept before a customer's own."""
    joined = dict(left)
    for key, activity in right.items():
        known = joined.get(key)
        joined[key] = _join(known, activity) if known else activity
    return bottom(joined, MOST_ACTIVITIES, _is_declared)


def _is_declared(key: Key) -> bool:
    return key[0] in MOST_RECENT


def _join(left: Activity, right: Activity) -> Activity:
    earlier, later = (left, right) if left.last_at <= right.last_at else (right, left)
    age_days = (milliseconds(later.last_at) - milliseconds(earlier.last_at)) / _DAY_MS
    d7, d30, d90 = (
        new + old * 2.0 ** -(age_days / half_life)
        for new, old, half_life in zip(later.decayed, earlier.decayed, HALF_LIVES_DAYS, strict=True)
    )
    return Activity(
        times=left.times + right.times,
        first_at=min(left.first_at, right.first_at),
        last_at=later.last_at,
        decayed=(d7, d30, d90),
    )
