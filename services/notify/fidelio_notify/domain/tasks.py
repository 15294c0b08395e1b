"""Call-back tasks: people call people. A task is open, then somebody's, then done or given up."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from fidelio_shared.contracts.ids import ProfileId

State = Literal["open", "assigned", "done", "given_up"]
Outcome = Literal["reached", "not_reached", "declined"]
DoneOutcome = Literal["reached", "declined"]
STATES: tuple[State, ...] = get_args(State)
DEADLINE = "deadline"
"""Who gave up a task that nobody took in time."""

LONGEST_NOTE = 1_000
LONGEST_NAME = 64
HALF_WORTH = 500.0
"""The customer value, in money, that earns half of the points for value: about that of a good customer of a shop."""

_FOR_VALUE, _FOR_RISK = 60, 40


class IllegalChange(Exception):
    """The task cannot change so: says why, and what can be done; never whom it is about."""


@dataclass(frozen=True, slots=True)
class Change:
    """`by`: the agent, or `deadline`. `key`: name of the API key it was said under; empty where nobody said it."""

    state: State
    at: datetime
    by: str
    key: str = ""
    outcome: Outcome | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """`id` is the decision's. `to`: the number to call. `letter`: what the agent should know and may say. `changes`:
    who changed it when, the first one first; a new task has none."""

    id: str
    profile: ProfileId
    partition: int
    priority: int
    opened_at: datetime
    due_at: datetime
    to: str
    letter: str
    state: State = "open"
    assignee: str | None = None
    changes: tuple[Change, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        return self.changes[-1].outcome if self.changes else None


def priority(value: float | None, risk: float | None) -> int:
    """0 to 100: 60 value / (value + 500) + 40 risk, rounded; what is not known counts as nothing.

    `value`: what is expected to be earned from the customer, in money. `risk`: chance, 0 to 1, that they leave. More of
    either never lowers it. Value weighs more: it is what a call can keep, and calls are few.
    """
    worth = max(value or 0.0, 0.0)
    chance = min(max(risk or 0.0, 0.0), 1.0)
    return round(_FOR_VALUE * worth / (worth + HALF_WORTH) + _FOR_RISK * chance)


def assign(task: Task, agent: str, *, key: str, at: datetime) -> Task:
    """The task is this agent's; saying it again changes nothing. Raises IllegalChange where it is not to be had."""
    if (task.state, task.assignee) == ("assigned", agent):
        return task
    if task.state != "open":
        raise IllegalChange(f"{_as_it_is(task)}; take an open one")
    if at >= task.due_at:
        raise IllegalChange("its deadline is over, it is no use any more; take another one")
    return replace(_changed(task, Change("assigned", at, agent, key)), assignee=agent)


def finish(task: Task, agent: str, outcome: DoneOutcome, *, note: str | None = None, key: str, at: datetime) -> Task:
    """Somebody spoke with the customer, who may have declined. Saying it again changes nothing."""
    return _close(task, Change("done", at, agent, key, outcome, note))


def give_up(task: Task, agent: str, *, note: str | None = None, key: str, at: datetime) -> Task:
    """The customer was not reached, and nobody tries again. Saying it again changes nothing."""
    return _close(task, Change("given_up", at, agent, key, "not_reached", note))


def expire(task: Task, at: datetime) -> Task:
    """Nobody took it by its deadline. One that somebody has is theirs to close, later too: they may be calling."""
    if task.state != "open" or at < task.due_at:
        raise IllegalChange("only an open task ends at its deadline, and no sooner")
    return _changed(task, Change("given_up", task.due_at, DEADLINE))


def was_called(task: Task) -> bool:
    """Whether an agent closed it: then somebody called, and the customer's timeline should say so."""
    return task.outcome is not None


def _close(task: Task, change: Change) -> Task:
    last = task.changes[-1] if task.changes else None
    if last and replace(last, at=change.at, key=change.key) == change:
        return task
    return _changed(_own(task, change.by), change)


def _own(task: Task, agent: str) -> Task:
    if task.state != "assigned":
        raise IllegalChange(f"{_as_it_is(task)}; only a task that is assigned to you can be closed")
    if task.assignee != agent:
        raise IllegalChange("somebody else has it; only who has it can close it")
    return task


def _changed(task: Task, change: Change) -> Task:
    if not 0 < len(change.by) <= LONGEST_NAME:
        raise IllegalChange(f"an agent's name has 1 to {LONGEST_NAME} characters")
    if len(change.note or "") > LONGEST_NOTE:
        raise IllegalChange(f"a note has at most {LONGEST_NOTE} characters")
    return replace(task, state=change.state, changes=(*task.changes, change))


def _as_it_is(task: Task) -> str:
    return f"it is {task.state.replace('_', ' ')} already" if task.state != "open" else "it is nobody's yet"
