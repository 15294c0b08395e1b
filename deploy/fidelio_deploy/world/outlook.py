"""Where each customer stands at an instant, and what then became of them: both of which only the world itself knows."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from fidelio_deploy.world.hazard import Vector
from fidelio_deploy.world.incidents import expected_blows
from fidelio_deploy.world.laws import World
from fidelio_deploy.world.life import Life, lives, renewals_of, usual_pace
from fidelio_deploy.world.own_time import at_home, fading, own_time, season


@dataclass(frozen=True, slots=True)
class Window:
    """An instant and the horizon after it, in days; labels look two horizons ahead."""

    day: float
    horizon_days: int

    @property
    def ends(self) -> float:
        return self.day + 2 * self.horizon_days

    @property
    def half(self) -> float:
        return self.day + self.horizon_days


@dataclass(frozen=True, slots=True)
class Outlook:
    """`silence_days`: since the last own activity; `order_silence_days`: since the last order.

    `decided_days`: since the decision to leave; nan: none yet. `own_ahead`: own days that would pass up to each day of
    the window. `home_ahead`: 0 for days of the window away. `mean_mood`: what the mood returns to, incidents included;
    `blows`: mean square of what they take, a day.
    """

    customer: str
    silence_days: float
    order_silence_days: float
    tenure_days: float
    has_left: bool
    decided_days: float
    fades: bool
    mood: float
    mean_mood: float
    blows: float
    sessions_a_day: float
    gap_days: float
    gap_shape: float
    own_since_order: float
    own_ahead: Vector
    home_ahead: Vector
    renewal_in_days: float


@dataclass(frozen=True, slots=True)
class Became:
    """`is_gone`: not active in the two horizons. `leaves`: cancelled in the first, or not active in the second.

    `left`: left for good in the first horizon, whatever was seen of it. `buys_nothing`: in the two horizons.
    """

    is_gone: bool
    leaves: bool
    left: bool
    buys_nothing: bool


def window_at(world: World, at: datetime, horizon_days: int) -> Window:
    window = Window(world.day(at), horizon_days)
    if window.day <= 0 or window.ends > world.days:
        needed = f"{2 * horizon_days} days of this world after it"
        raise ValueError(
            f"{at:%Y-%m-%d} needs {needed}; it begins {world.starts:%Y-%m-%d} and ends {world.ends:%Y-%m-%d}"
        )
    return window


def outlooks(world: World, window: Window) -> Iterator[tuple[Outlook, Became]]:
    """Of everybody who joined by then."""
    seasons = season(world.laws.calendar, world.days)
    for life in lives(world):
        if life.person.joined_day <= window.day:
            yield _outlook(world, life, window, seasons), _became(life, window)


def _outlook(world: World, life: Life, window: Window, seasons: Vector) -> Outlook:
    person, now = life.person, window.day
    leaving = life.leaving if life.leaving and life.leaving.decided_day <= now else None
    pace = usual_pace(person, seasons)
    if leaving and leaving.fades:
        pace = fading(pace, leaving.decided_day, world.laws.farewell.fading_days)
    time = own_time(pace)
    ahead = time.at(np.arange(2 * window.horizon_days + 1, dtype=np.float64) + now) - time.on(now)
    core, orders = life.core, life.orders
    mean, square = expected_blows(world.laws, person)
    renewals = renewals_of(person, world.days)
    return Outlook(
        customer=person.name,
        silence_days=now - _last(core, now),
        order_silence_days=now - _last(orders, now),
        tenure_days=now - person.joined_day,
        has_left=life.left_day <= now,
        decided_days=now - leaving.decided_day if leaving else math.nan,
        fades=leaving is not None and leaving.fades,
        mood=life.mood_on(now),
        mean_mood=person.contentment - mean / world.laws.mood.reversion,
        blows=square,
        sessions_a_day=person.sessions_a_day,
        gap_days=person.gap_days,
        gap_shape=person.gap_shape,
        own_since_order=time.on(now) - time.on(_last(orders, now)),
        own_ahead=ahead,
        home_ahead=_home_ahead(world, life, window),
        renewal_in_days=float(min(renewals[renewals > now], default=math.inf)) - now,
    )


def _home_ahead(world: World, life: Life, window: Window) -> Vector:
    first = math.floor(window.day)
    return at_home(life.person.holidays, world.days)[first : first + 2 * window.horizon_days]


def _became(life: Life, window: Window) -> Became:
    core = life.core.tolist()
    leaving, is_cancelled = life.leaving, False
    if leaving and leaving.is_loud and life.person.has_subscription:
        is_cancelled = window.day < leaving.left_day <= window.half
    return Became(
        is_gone=not _any_within(core, window.day, window.ends),
        leaves=is_cancelled or not _any_within(core, window.half, window.ends),
        left=window.day < life.left_day <= window.half,
        buys_nothing=not _any_within(life.orders.tolist(), window.day, window.ends),
    )


def _last(days: Vector, until: float) -> float:
    return float(days[bisect_right(days, until) - 1])


def _any_within(days: list[float], after: float, until: float) -> bool:
    return bisect_right(days, after) < bisect_right(days, until)
