"""One customer's life: what they do, what befalls them, how they feel, and when they leave."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fidelio_deploy.world.hazard import Vector
from fidelio_deploy.world.incidents import MONTH, YEAR, Incident, incidents_of
from fidelio_deploy.world.laws import World
from fidelio_deploy.world.leaving import Leaving, leaving_of, mood_of, risk_of
from fidelio_deploy.world.own_time import OwnTime, at_home, fading, own_time, season
from fidelio_deploy.world.people import Person, a_person

_LIFE, _DECISION = 0, 1


@dataclass(frozen=True, slots=True)
class Life:
    """All days count from the start of the world. `mood` and `risk`: of each day from that of joining on.

    `orders` begin with the one by which the person joined.
    """

    person: Person
    orders: Vector
    sessions: Vector
    renewals: Vector
    payments: Vector
    incidents: tuple[Incident, ...]
    mood: Vector
    risk: Vector
    leaving: Leaving | None

    @property
    def left_day(self) -> float:
        return self.leaving.left_day if self.leaving else math.inf

    @property
    def core(self) -> Vector:
        """When the person was active themselves, oldest first."""
        return np.sort(np.concatenate((self.orders, self.sessions, self.renewals)))

    def mood_on(self, day: float) -> float:
        place = math.floor(day) - math.floor(self.person.joined_day)
        return float(self.mood[min(place, self.mood.size - 1)])


@dataclass(frozen=True, slots=True)
class _Doings:
    """In own time: who fades does the same, later or never."""

    orders: Vector
    sessions: Vector


def lives(world: World) -> Iterator[Life]:
    seasons = season(world.laws.calendar, world.days)
    for index in range(world.customers):
        yield _live(world, index, seasons)


def usual_pace(person: Person, seasons: Vector) -> Vector:
    return seasons * at_home(person.holidays, seasons.size)


def renewals_of(person: Person, days: int) -> Vector:
    """A subscription is renewed each year; who is away that day does it on the first day back."""
    if not person.has_subscription:
        return np.empty(0)
    due = np.arange(person.joined_day + YEAR, days, YEAR)
    for first, length in person.holidays:
        due = np.where((due >= first) & (due < first + length), first + length + due % 1, due)
    return due[due < days]


def _live(world: World, index: int, seasons: Vector) -> Life:
    """First as if nobody ever left; from the decision on, the same doings at the pace of who fades."""
    dice = world.dice(index, purpose=_LIFE)
    person = a_person(world, index, dice)
    pace = usual_pace(person, seasons)
    usual = own_time(pace)
    doings = _doings(person, usual, dice)
    payments = np.arange(person.joined_day + MONTH, world.days, MONTH) if person.has_subscription else np.empty(0)
    orders = _orders(person, doings, usual)
    incidents = incidents_of(world.laws, person, usual=usual, orders=orders, payments=payments, dice=dice)
    mood = mood_of(world, person, incidents, dice)
    risk = risk_of(world, person, mood)
    leaving = leaving_of(world.laws, person, risk, world.dice(index, purpose=_DECISION))
    lived, left, decided = usual, math.inf, math.inf
    if leaving:
        left, decided = leaving.left_day, leaving.decided_day
        lived = own_time(fading(pace, decided, world.laws.farewell.fading_days)) if leaving.fades else usual
    return Life(
        person=person,
        orders=_before(left, _orders(person, doings, lived)),
        sessions=_before(left, lived.days_of(doings.sessions)),
        renewals=_before(left, renewals_of(person, world.days)),
        payments=_before(left, payments),
        incidents=tuple(each for each in incidents if each.day < decided),
        mood=mood,
        risk=risk,
        leaving=leaving,
    )


def _doings(person: Person, usual: OwnTime, dice: np.random.Generator) -> _Doings:
    starts, ends = usual.on(person.joined_day), float(usual.elapsed[-1])
    sessions = dice.uniform(starts, ends, dice.poisson(person.sessions_a_day * (ends - starts)))
    return _Doings(_renewal_process(person, starts=starts, ends=ends, dice=dice), np.sort(sessions))


def _renewal_process(person: Person, *, starts: float, ends: float, dice: np.random.Generator) -> Vector:
    """The order at the start is not among them."""
    at_once = 16 + int((ends - starts) / person.gap_days)
    parts, last = [np.empty(0)], starts
    while last < ends:
        parts.append(last + np.cumsum(dice.gamma(person.gap_shape, person.gap_days / person.gap_shape, at_once)))
        last = float(parts[-1][-1])
    return _before(ends, np.concatenate(parts))


def _orders(person: Person, doings: _Doings, lived: OwnTime) -> Vector:
    return np.concatenate(([person.joined_day], lived.days_of(doings.orders)))


def _before(day: float, days: Vector) -> Vector:
    return days[days < day]
