"""How people feel from day to day, and when they decide to leave and are gone."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fidelio_deploy.world.hazard import Vector, hazard
from fidelio_deploy.world.incidents import WEIGHTS, Incident
from fidelio_deploy.world.laws import Form, Laws, World
from fidelio_deploy.world.own_time import at_home
from fidelio_deploy.world.people import Person

FADING_SHAPE = 3.0
NOTICE_DAYS = 4.0
AN_HOUR = 1 / 24


@dataclass(frozen=True, slots=True)
class Leaving:
    """Nothing that the person does themselves comes at or after `left_day`."""

    decided_day: float
    left_day: float
    fades: bool
    is_loud: bool


def mood_of(world: World, person: Person, incidents: Iterable[Incident], dice: np.random.Generator) -> Vector:
    """Of each day, from that of joining on."""
    law, first = world.laws.mood, math.floor(person.joined_day)
    blows = np.zeros(world.days - first)
    for each in incidents:
        if each.day < world.days:
            blows[math.floor(each.day) - first] += WEIGHTS[each.trouble] * law.blow
    shaken = dice.normal(0, daily_spread(law.reversion, law.spread), blows.size)
    pulls = law.reversion * person.contentment + shaken - blows
    mood, path = person.contentment + law.spread * dice.normal(), []
    for pull in pulls.tolist():
        mood += pull - law.reversion * mood
        path.append(mood)
    return np.array(path)


def daily_spread(reversion: float, spread: float) -> float:
    return spread * math.sqrt(1 - (1 - reversion) ** 2)


def risk_of(world: World, person: Person, mood: Vector) -> Vector:
    """Nobody decides to leave while away; in the null world nothing at all matters."""
    first = math.floor(person.joined_day)
    risk = hazard(world.laws, mood, np.arange(mood.size, dtype=np.float64))
    return risk if world.laws.form is Form.NULL else risk * at_home(person.holidays, world.days)[first:]


def leaving_of(laws: Laws, person: Person, risk: Vector, dice: np.random.Generator) -> Leaving | None:
    """None for who does not decide to within the world's time."""
    resists, reached = dice.exponential(), np.cumsum(risk)
    place = int(np.searchsorted(reached, resists))
    if place == risk.size:
        return None
    within = 1 - (reached[place] - resists) / risk[place]
    decided = max(math.floor(person.joined_day) + place + float(within), person.joined_day + AN_HOUR)
    if laws.form is Form.NULL:
        return Leaving(decided, decided, fades=False, is_loud=False)
    fades = dice.random() < laws.farewell.fading_share
    fading, notice = dice.gamma(FADING_SHAPE, laws.farewell.fading_days / FADING_SHAPE), dice.exponential(NOTICE_DAYS)
    left = decided + (fading if fades else notice)
    return Leaving(decided, left, fades=fades, is_loud=dice.random() < laws.farewell.loud_share)
