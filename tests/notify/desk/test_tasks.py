"""What becomes of a call-back task: every change that may be, every one that may not, and what counts for urgency."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_notify.call_records import call_record
from fidelio_notify.domain.tasks import (
    LONGEST_NOTE,
    Change,
    IllegalChange,
    Task,
    assign,
    expire,
    finish,
    give_up,
    priority,
    was_called,
)
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.messaging.records import Outgoing
from support.agents import NOON, TASK

LATER = NOON + timedelta(hours=1)
OVER = TASK.due_at
TAKEN = assign(TASK, "jo", key="desk", at=NOON)
DONE = finish(TAKEN, "jo", "reached", note="All is well.", key="desk", at=LATER)
LOST = give_up(TAKEN, "jo", key="desk", at=LATER)
ENDED = expire(TASK, OVER)


def test_a_task_says_who_changed_it_when_and_to_what() -> None:
    assert (
        replace(
            TASK,
            state="done",
            assignee="jo",
            changes=(
                Change("assigned", NOON, "jo", "desk"),
                Change("done", LATER, "jo", "desk", "reached", "All is well."),
            ),
        )
        == DONE
    )
    assert (LOST.state, LOST.outcome, LOST.assignee) == ("given_up", "not_reached", "jo")
    assert (ENDED.state, ENDED.outcome, ENDED.changes) == (
        "given_up",
        None,
        (Change("given_up", TASK.due_at, "deadline"),),
    )
    assert [was_called(each) for each in (TASK, TAKEN, DONE, LOST, ENDED)] == [False, False, True, True, False]


ASSIGN: Callable[[Task], Task] = lambda task: assign(task, "jo", key="desk", at=LATER)  # noqa: E731
TAKE_AWAY: Callable[[Task], Task] = lambda task: assign(task, "kim", key="desk", at=LATER)  # noqa: E731
FINISH: Callable[[Task], Task] = lambda task: finish(task, "jo", "reached", key="desk", at=LATER)  # noqa: E731
FINISH_ANOTHERS: Callable[[Task], Task] = lambda task: finish(task, "kim", "declined", key="desk", at=LATER)  # noqa: E731
GIVE_UP: Callable[[Task], Task] = lambda task: give_up(task, "jo", key="desk", at=LATER)  # noqa: E731
EXPIRE: Callable[[Task], Task] = lambda task: expire(task, OVER)  # noqa: E731
EXPIRE_EARLY: Callable[[Task], Task] = lambda task: expire(task, OVER - timedelta(milliseconds=1))  # noqa: E731
ASSIGN_LATE: Callable[[Task], Task] = lambda task: assign(task, "jo", key="desk", at=OVER)  # noqa: E731
ILLEGAL = {
    "open": (TASK, [FINISH, FINISH_ANOTHERS, GIVE_UP, EXPIRE_EARLY, ASSIGN_LATE]),
    "assigned": (TAKEN, [TAKE_AWAY, FINISH_ANOTHERS, EXPIRE]),
    "done": (DONE, [ASSIGN, TAKE_AWAY, FINISH, FINISH_ANOTHERS, GIVE_UP, EXPIRE]),
    "given up": (LOST, [ASSIGN, TAKE_AWAY, FINISH, FINISH_ANOTHERS, EXPIRE]),
    "over": (ENDED, [ASSIGN, TAKE_AWAY, FINISH, FINISH_ANOTHERS, GIVE_UP, EXPIRE]),
}


@pytest.mark.parametrize("state", ILLEGAL)
def test_what_a_state_does_not_allow_is_refused(state: str) -> None:
    task, changes = ILLEGAL[state]
    for change in changes:
        with pytest.raises(IllegalChange):
            change(task)


def test_a_change_told_twice_is_one_change() -> None:
    assert assign(TAKEN, "jo", key="desk", at=LATER) == TAKEN
    assert finish(DONE, "jo", "reached", note="All is well.", key="desk", at=OVER) == DONE
    assert GIVE_UP(LOST) == LOST


def test_who_has_a_task_may_close_it_after_its_deadline() -> None:
    assert finish(TAKEN, "jo", "declined", key="desk", at=OVER + timedelta(hours=1)).outcome == "declined"


def test_notes_and_names_have_bounds() -> None:
    assert finish(TAKEN, "jo", "reached", note="x" * LONGEST_NOTE, key="desk", at=LATER).state == "done"
    for agent, note in (("jo", "x" * (LONGEST_NOTE + 1)),):
        with pytest.raises(IllegalChange, match="note"):
            finish(TAKEN, agent, "reached", note=note, key="desk", at=LATER)
    for agent in ("", "j" * 65):
        with pytest.raises(IllegalChange, match="name"):
            assign(TASK, agent, key="desk", at=LATER)


@pytest.mark.parametrize(
    ("value", "risk", "expected"),
    [
        (None, None, 0),
        (0.0, 0.0, 0),
        (500.0, 0.0, 30),
        (500.0, 0.5, 50),
        (500.0, 1.0, 70),
        (None, 1.0, 40),
        (2_000.0, None, 48),
        (1e9, 1.0, 100),
        (-300.0, 0.5, 20),
    ],
)
def test_priority_is_made_of_value_and_risk(value: float | None, risk: float | None, expected: int) -> None:
    assert priority(value, risk) == expected


VALUES = st.floats(-1e6, 1e12) | st.none()
RISKS = st.floats(0, 1) | st.none()


@given(VALUES, VALUES, RISKS, RISKS)
def test_who_is_worth_more_or_likelier_to_leave_is_never_called_later(
    value: float | None, other: float | None, risk: float | None, higher: float | None
) -> None:
    low, high = sorted((value or 0.0, other or 0.0))
    less, more = sorted((risk or 0.0, higher or 0.0))
    assert 0 <= priority(low, less) <= priority(high, less) <= priority(high, more) <= 100


def test_a_call_is_an_interaction_of_the_customer() -> None:
    topic = "channels.phone"
    record = call_record(DONE)
    assert record == Outgoing(topic, TASK.profile.encode(), record.value, record.headers)
    assert orjson.loads(record.value or b"") == {
        "source": "fidelio/notify",
        "id": f"call/{TASK.id}",
        "type": "call.ended",
        "occurred_at": "2026-03-01T13:00:00.000Z",
        "identifiers": [{"kind": "phone", "value": TASK.to}],
        "reference": {"kind": "decision", "id": TASK.id},
        "data": {"outcome": "reached", "note": "All is well."},
    }
    assert dict(record.headers)["ce_id"] == record_id(topic, TASK.id).encode()


def test_a_customer_who_was_not_reached_missed_a_call() -> None:
    said = orjson.loads(call_record(LOST).value or b"")
    assert (said["type"], said["data"]) == ("call.missed", {"outcome": "not_reached"})


def test_a_task_that_nobody_took_is_no_call() -> None:
    with pytest.raises(AssertionError, match="nobody called"):
        call_record(ENDED)
