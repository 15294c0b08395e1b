"""What befalls people, and how it weighs on them."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fidelio_deploy.world.hazard import Vector
from fidelio_deploy.world.laws import Laws
from fidelio_deploy.world.own_time import OwnTime
from fidelio_deploy.world.people import USUAL_SESSIONS_A_DAY, Person

YEAR, MONTH = 365.25, 30.4375
FAILING_SHARE = 0.03


class Trouble(StrEnum):
    LATE_DELIVERY = "late_delivery"
    TICKET = "ticket"
    FAILED_PAYMENT = "failed_payment"


WEIGHTS = {Trouble.LATE_DELIVERY: 0.8, Trouble.TICKET: 0.6, Trouble.FAILED_PAYMENT: 0.5}
"""How far each pulls the mood down, in units of the world's `blow`."""


@dataclass(frozen=True, slots=True)
class Incident:
    """`cause`: the number of the order or payment that it happened to; of a ticket, its own."""

    day: float
    trouble: Trouble
    cause: int


def incidents_of(
    laws: Laws, person: Person, *, usual: OwnTime, orders: Vector, payments: Vector, dice: np.random.Generator
) -> tuple[Incident, ...]:
    """Oldest first."""
    late = np.flatnonzero(dice.random(orders.size) < laws.late_delivery_share)
    failed = np.flatnonzero(dice.random(payments.size) < FAILING_SHARE)
    starts, ends = usual.on(person.joined_day), float(usual.elapsed[-1])
    tickets = dice.uniform(starts, ends, dice.poisson(ticket_rate(laws, person) * (ends - starts)))
    found = [Incident(float(orders[each]) + dice.uniform(3, 8), Trouble.LATE_DELIVERY, int(each)) for each in late]
    found += [Incident(float(payments[each]), Trouble.FAILED_PAYMENT, int(each)) for each in failed]
    found += [Incident(day, Trouble.TICKET, each) for each, day in enumerate(usual.days_of(tickets).tolist())]
    return tuple(sorted(found, key=lambda each: each.day))


def ticket_rate(laws: Laws, person: Person) -> float:
    """A day. Who uses more finds more to ask."""
    return laws.tickets_a_year / YEAR * (0.4 + math.pow(person.sessions_a_day / USUAL_SESSIONS_A_DAY, 0.6))


def expected_blows(laws: Laws, person: Person) -> tuple[float, float]:
    """Mean, and mean square, of what incidents take from the mood in a day."""
    blows = (
        (laws.late_delivery_share / person.gap_days, Trouble.LATE_DELIVERY),
        (ticket_rate(laws, person), Trouble.TICKET),
        (FAILING_SHARE / MONTH if person.has_subscription else 0.0, Trouble.FAILED_PAYMENT),
    )
    mean = sum(rate * WEIGHTS[trouble] * laws.mood.blow for rate, trouble in blows)
    square = sum(rate * (WEIGHTS[trouble] * laws.mood.blow) ** 2 for rate, trouble in blows)
    return mean, square
