"""Who lives in a world: what differs between people, and stays with them."""

import math
from dataclasses import dataclass

import numpy as np

from fidelio_deploy.world.hazard import BETWEEN_PEOPLE
from fidelio_deploy.world.laws import Calendar, World

EARLY_SHARE = 0.5
USUAL_SESSIONS_A_DAY = 0.12
SHAPES = (0.6, 1.6)


@dataclass(frozen=True, slots=True)
class Person:
    """`gap_days`, `gap_shape`: of the Gamma law of own days between orders. `holidays`: first day, days; apart."""

    index: int
    name: str
    joined_day: float
    gap_days: float
    gap_shape: float
    basket: float
    sessions_a_day: float
    has_app: bool
    has_subscription: bool
    contentment: float
    speaks_up: float
    reads_mail: float
    machine_opens: bool
    bounces: bool
    consents: bool
    holidays: tuple[tuple[int, int], ...]


def a_person(world: World, index: int, dice: np.random.Generator) -> Person:
    joined_day = _joined(world.days, dice)
    sessions = _clipped(USUAL_SESSIONS_A_DAY * dice.lognormal(0, 0.8), 0.01, 1.5) if dice.random() < 0.65 else 0.0
    return Person(
        index=index,
        name=f"{world.seed}-{index:05d}",
        joined_day=joined_day,
        gap_days=_clipped(40 * dice.lognormal(0, 0.6), 7, 200),
        gap_shape=dice.uniform(*SHAPES),
        basket=45 * dice.lognormal(0, 0.5),
        sessions_a_day=sessions,
        has_app=dice.random() < 0.6,
        has_subscription=dice.random() < 0.35,
        contentment=dice.normal(0.25, BETWEEN_PEOPLE),
        speaks_up=_clipped(0.12 * (0.5 + sessions / USUAL_SESSIONS_A_DAY) ** 0.7, 0.02, 0.7),
        reads_mail=dice.beta(2, 5),
        machine_opens=dice.random() < world.laws.post.machine_share,
        bounces=dice.random() < world.laws.post.bouncing_share,
        consents=dice.random() < 0.6,
        holidays=_holidays(world.laws.calendar, math.floor(joined_day) + 1, world.days, dice),
    )


def _joined(days: int, dice: np.random.Generator) -> float:
    """Half of them in the first tenth of the time."""
    return float(dice.uniform(0, days * 0.1) if dice.random() < EARLY_SHARE else dice.uniform(days * 0.1, days))


def _holidays(calendar: Calendar, first: int, days: int, dice: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """One to six weeks each, with at least three weeks at home in between."""
    found: list[tuple[int, int]] = []
    day = float(first)
    while (day := day + 21 + dice.exponential(365 / calendar.holidays_a_year)) < days:
        length = int(dice.integers(7, 43))
        found.append((math.floor(day), length))
        day += length
    return tuple(found)


def _clipped(value: float, lowest: float, highest: float) -> float:
    return min(max(value, lowest), highest)
