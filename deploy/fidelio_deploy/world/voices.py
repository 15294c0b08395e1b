"""What customers say: tickets, complaints, and the answers to surveys, of which the calm ones are missing."""

from collections.abc import Iterator

import numpy as np

from fidelio_deploy.world.happening import Happening, one_of, referring
from fidelio_deploy.world.incidents import Incident, Trouble
from fidelio_deploy.world.life import Life

COMPLAINT_CHANNELS = ("support", "phone", "email", "chat")
REOPENED_SHARE = 0.12
SURVEY_DAYS = 91
SCALES = {"csat": (3.5, 0.9, 1, 5), "nps": (7.0, 2.0, 0, 10), "ces": (4.6, 1.2, 1, 7)}
"""Of each scale the answer of who is neither glad nor cross, what a unit of mood adds, the lowest and the highest."""


def voices_of(life: Life, days: int, dice: np.random.Generator) -> Iterator[Happening]:
    for incident in life.incidents:
        if incident.trouble is Trouble.TICKET:
            yield from _ticket(life, incident, dice)
        if dice.random() < life.person.speaks_up:
            yield _complaint(incident.day + dice.exponential(1.5), dice)
    if life.leaving and life.leaving.is_loud:
        yield _complaint(dice.uniform(life.leaving.decided_day, life.leaving.left_day), dice)
    for day in np.arange(life.person.joined_day + SURVEY_DAYS, min(days, life.left_day), SURVEY_DAYS).tolist():
        yield from _answer(life, day, "nps", dice)


def answering_share(mood: float) -> float:
    """The unhappy answer most, the happy more than the calm."""
    return min(0.9, 0.12 + (0.35 * -mood if mood < 0 else 0.15 * mood))


def _ticket(life: Life, incident: Incident, dice: np.random.Generator) -> Iterator[Happening]:
    ticket = referring("ticket", f"{life.person.name}-{incident.cause}")
    resolved = incident.day + 0.1 + dice.exponential(2.5)
    yield Happening(incident.day, "support", "ticket.opened", ticket)
    yield Happening(resolved, "support", "ticket.resolved", ticket)
    if dice.random() < REOPENED_SHARE and resolved + 1 < life.left_day:
        yield Happening(resolved + 1, "support", "ticket.reopened", ticket)
        yield Happening(resolved + 1.1 + dice.exponential(2.5), "support", "ticket.resolved", ticket)
    yield from _answer(life, resolved + 0.2, one_of(("csat", "ces"), dice), dice)


def _complaint(day: float, dice: np.random.Generator) -> Happening:
    return Happening(day, one_of(COMPLAINT_CHANNELS, dice), "complaint.filed")


def _answer(life: Life, day: float, scale: str, dice: np.random.Generator) -> Iterator[Happening]:
    mood = life.mood_on(day)
    calm, step, lowest, highest = SCALES[scale]
    value = min(max(round(calm + step * (mood + 0.5 * dice.normal())), lowest), highest)
    if dice.random() < answering_share(mood) and day < life.left_day:
        rating = {"rating": {"scale": scale, "value": value}}
        yield Happening(day + dice.exponential(0.5), "survey", "survey.answered", rating)
