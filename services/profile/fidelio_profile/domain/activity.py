"""How often, and how lately, each type of interaction came over each channel."""

from collections.abc import Mapping
from dataclasses import dataclass

from fidelio_profile.domain.bottom import bottom
from fidelio_shared.contracts.canonical import Instant, milliseconds

HALF_LIVES_DAYS = (7, 30, 90)
MOST_ACTIVITIES = 128
_DAY_MS = 86_400_000

Key = tuple[str, str]
Decayed = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Activity:
    """`decayed`: sums of 2^-(age/half-life) as of `last_at`, one per half-life."""

    count: int
    first_at: Instant
    last_at: Instant
    decayed: Decayed


Activities = Mapping[Key, Activity]


def one_activity(at: Instant) -> Activity:
    return Activity(1, at, at, (1.0, 1.0, 1.0))


def join_activities(left: Activities, right: Activities) -> Activities:
    joined = dict(left)
    for key, activity in right.items():
        known = joined.get(key)
        joined[key] = _join(known, activity) if known else activity
    return bottom(joined, MOST_ACTIVITIES)


def _join(left: Activity, right: Activity) -> Activity:
    earlier, later = (left, right) if left.last_at <= right.last_at else (right, left)
    age_days = (milliseconds(later.last_at) - milliseconds(earlier.last_at)) / _DAY_MS
    d7, d30, d90 = (
        new + old * 2.0 ** -(age_days / half_life)
        for new, old, half_life in zip(later.decayed, earlier.decayed, HALF_LIVES_DAYS, strict=True)
    )
    return Activity(
        count=left.count + right.count,
        first_at=min(left.first_at, right.first_at),
        last_at=later.last_at,
        decayed=(d7, d30, d90),
    )
