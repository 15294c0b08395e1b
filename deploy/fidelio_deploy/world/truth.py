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
_LABELS = ("is_gone", "leaves", "left", "buys_nothing")


@dataclass(frozen=True, slots=True)
class Question:
    """A label, the customers of whom it is asked, the rule's scores and the oracle's. `name`: of the label."""

    name: str
    title: str
    population: Flags
    label: Flags
    silence_days: Vector
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
        silence_days=_column(known, "silence_days"),
        tenure_days=_column(known, "tenure_days"),
        questions=_questions(known, labels, chances, horizon_days),
    )


def _questions(
    known: Sequence[Outlook],
    labels: Mapping[str, Sequence[bool]],
    chances: Mapping[str, Sequence[float]],
    horizon_days: int,
) -> tuple[Question, ...]:
    """What is asked of those active in the last days is harder: the rule knows next to nothing of them."""
    silence, unsold = (_column(known, name) for name in ("silence_days", "order_silence_days"))
    everybody, stays = np.ones(len(known), dtype=np.bool_), _column(known, "has_left") == 0
    recently, lately = f"in the last {horizon_days} days", f"in the last {ACTIVE_DAYS} days"
    asked = (
        ("gone, of everybody", everybody, "is_gone", silence),
        (f"gone, of those active {recently}", silence <= horizon_days, "is_gone", silence),
        (f"leaves, of those active {lately}", silence <= ACTIVE_DAYS, "leaves", silence),
        ("leaves in truth, of the same who have not yet", (silence <= ACTIVE_DAYS) & stays, "left", silence),
        ("buys nothing, of everybody", everybody, "buys_nothing", unsold),
        (f"buys nothing, of those who bought {recently}", unsold <= horizon_days, "buys_nothing", unsold),
    )
    return tuple(
        Question(name, title, population, np.array(labels[name], dtype=np.bool_), rule, np.array(chances[name]))
        for title, population, name, rule in asked
    )


def _column(known: Sequence[Outlook], name: str) -> Vector:
    return np.array([getattr(each, name) for each in known], dtype=np.float64)
