"""What was to be foreseen at an instant, for whom, and by whom: labels and the oracle's chances side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fidelio_deploy.world.hazard import Vector
from fidelio_deploy.world.laws import World
from fidelio_deploy.world.oracle import foresee
from fidelio_deploy.world.outlook import Outlook, outlooks, window_at

Flags = NDArray[np.bool_]
HORIZON_DAYS = 91
ACTIVE_DAYS = 7
AT_ONCE = 1000
_LABELS = ("is_gone", "leaves", "left")


@dataclass(frozen=True, slots=True)
class Question:
    """A label, the customers of whom it is asked, and the oracle's chances. `name`: of the label."""

    name: str
    title: str
    population: Flags
    label: Flags
    oracle: Vector


@dataclass(frozen=True, slots=True)
class Truth:
    """At one instant; a row for each customer."""

    customers: tuple[str, ...]
    silence_days: Vector
    tenure_days: Vector
    questions: tuple[Question, ...]


def truth_at(world: World, at: datetime, *, horizon_days: int = HORIZON_DAYS) -> Truth:
    everybody = outlooks(world, window_at(world, at, horizon_days))
    known: list[Outlook] = []
    labels: dict[str, list[bool]] = {name: [] for name in _LABELS}
    chances: dict[str, list[float]] = {name: [] for name in _LABELS}
    while part := list(islice(everybody, AT_ONCE)):
        outlook = [each for each, _ in part]
        foreseen = foresee(world.laws, outlook, horizon_days)
        known += outlook
        for name in _LABELS:
            labels[name] += [getattr(became, name) for _, became in part]
            chances[name] += getattr(foreseen, name).tolist()
    return Truth(
        customers=tuple(each.customer for each in known),
        silence_days=np.array([each.silence_days for each in known]),
        tenure_days=np.array([each.tenure_days for each in known]),
        questions=_questions(known, labels, chances, horizon_days),
    )


def _questions(
    known: Sequence[Outlook],
    labels: Mapping[str, Sequence[bool]],
    chances: Mapping[str, Sequence[float]],
    horizon_days: int,
) -> tuple[Question, ...]:
    """What is asked of those active in the last days is harder: the rule knows next to nothing of them."""
    silence = np.array([each.silence_days for each in known])
    stays = np.array([not each.has_left for each in known], dtype=np.bool_)
    asked = (
        ("gone, of everybody", np.ones(len(known), dtype=np.bool_), "is_gone"),
        (f"gone, of those active in the last {horizon_days} days", silence <= horizon_days, "is_gone"),
        (f"leaves, of those active in the last {ACTIVE_DAYS} days", silence <= ACTIVE_DAYS, "leaves"),
        ("leaves in truth, of the same who have not yet", (silence <= ACTIVE_DAYS) & stays, "left"),
    )
    return tuple(
        Question(name, title, population, np.array(labels[name], dtype=np.bool_), np.array(chances[name]))
        for title, population, name in asked
    )
