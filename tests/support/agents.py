"""Call-back tasks of which a test names only what matters, and a database of notify for them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fidelio_notify.domain.tasks import Task
from fidelio_shared.contracts.ids import ProfileId, hash16

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TASK = Task(
    id=hash16("test task", "ann"),
    profile=ProfileId(hash16("test", "ann")),
    partition=3,
    priority=50,
    opened_at=NOON,
    due_at=NOON + timedelta(days=2),
    to="+33612345678",
    letter="Ann's complaint has been open for three days.",
)


def a_task(name: str = "ann", *, priority: int = 50, due_in: timedelta = timedelta(days=2)) -> Task:
    return replace(
        TASK,
        id=hash16("test task", name),
        profile=ProfileId(hash16("test", name)),
        priority=priority,
        due_at=NOON + due_in,
    )
