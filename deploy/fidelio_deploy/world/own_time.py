"""A person's own time: it runs faster in the season, stands still on holidays, and slows down for who is fading."""

import math
from dataclasses import dataclass

import numpy as np

from fidelio_deploy.world.hazard import Vector
from fidelio_deploy.world.laws import Calendar

FADES_TO = 0.08
END_OF_DAY = 1 - 1e-8
"""Less than a millisecond before the next: rounding puts nothing on a holiday's first day."""


@dataclass(frozen=True, slots=True)
class OwnTime:
    """`pace`: own days that pass in each day of the world. `elapsed`: own days up to the start of each, and the end."""

    pace: Vector
    elapsed: Vector

    def at(self, days: Vector) -> Vector:
        return np.interp(days, np.arange(self.elapsed.size), self.elapsed)

    def on(self, day: float) -> float:
        return float(np.interp(day, np.arange(self.elapsed.size), self.elapsed))

    def days_of(self, own: Vector) -> Vector:
        """When these own times are reached; times that are never reached are left out. Never inside a standstill."""
        reached = own[own < self.elapsed[-1]]
        whole = np.searchsorted(self.elapsed, reached, side="right") - 1
        within: Vector = np.minimum((reached - self.elapsed[whole]) / self.pace[whole], END_OF_DAY)
        days: Vector = whole + within
        return days


def own_time(pace: Vector) -> OwnTime:
    return OwnTime(pace, np.concatenate(([0.0], np.cumsum(pace))))


def season(calendar: Calendar, days: int) -> Vector:
    """A year's mean is 1."""
    phase = 2 * math.pi * (np.arange(days) - calendar.peak_day) / 365.25
    wave: Vector = np.cos(phase)
    return 1 + calendar.swing * wave


def at_home(holidays: tuple[tuple[int, int], ...], days: int) -> Vector:
    """1 for the days at home, 0 for those away."""
    home = np.ones(days)
    for first, length in holidays:
        home[first : first + length] = 0
    return home


def fading(pace: Vector, decided_day: float, fading_days: float) -> Vector:
    """From the day after the decision on."""
    age = np.arange(pace.size) - math.floor(decided_day)
    factor = np.maximum(FADES_TO, np.exp(-age / (fading_days / 2)))
    return np.where(age > 0, pace * factor, pace)
