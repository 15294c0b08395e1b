"""Call-back tasks: the list, one of them, and what an agent does with it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Response

from fidelio_notify.adapters.mongo_tasks import MongoTaskStore, Place
from fidelio_notify.api.shapes import Finishing, GivingUp, Taking, TasksPage, TaskView
from fidelio_notify.domain.tasks import LONGEST_NAME, IllegalChange, State, Task, assign, finish, give_up, was_called
from fidelio_shared.access.accesses import AccessLog, Visit, VisitOf
from fidelio_shared.access.answers import (
    Cursor,
    answer,
    bad_cursor,
    cursor,
    position,
    position_key,
    position_moment,
    refusals,
)
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.messaging.stream_clock import ReadTime

_PAGE, _LARGEST_PAGE = 50, 200
_KEY_BYTES = 16
_HIGHEST_PRIORITY = 100
TaskId = Annotated[str, Path(alias="task", pattern=r"^[0-9a-f]{32}$", description="the decision that it comes from")]
Wanted = Annotated[State, Query(alias="state", description="the state that they are in")]
Assignee = Annotated[str | None, Query(max_length=LONGEST_NAME, description="only those of this agent")]
Limit = Annotated[int, Query(ge=1, le=_LARGEST_PAGE)]


@dataclass(frozen=True, slots=True)
class TaskEndpoints:
    tasks: MongoTaskStore
    accesses: AccessLog
    now: ReadTime

    def add_to(self, reading: APIRouter, writing: APIRouter) -> None:
        reading.get("/tasks", response_model=TasksPage, responses=refusals(400))(self.page)
        reading.get("/tasks/{task}", response_model=TaskView, responses=refusals(404))(self.task)
        for name, endpoint in (("assign", self.assign), ("done", self.finish), ("give-up", self.give_up)):
            told = refusals(400, 404, 409)
            writing.post(f"/tasks/{{task}}/{name}", response_model=TaskView, responses=told)(endpoint)

    async def page(
        self,
        visit: VisitOf,
        state: Wanted = "open",
        assignee: Assignee = None,
        limit: Limit = _PAGE,
        cursor: Cursor = None,
    ) -> Response:
        """The most urgent first: by priority, then by how soon they are due. Whom to call is told task by task."""
        found = await self.tasks.page(state, assignee, _place(cursor), limit + 1)
        await self.accesses.record(visit, [each.profile for each in found[:limit]])
        return answer(_page(found, limit))

    async def task(self, task: TaskId, visit: VisitOf) -> Response:
        """With the number to call and what to say."""
        return answer(_in_full(await self._look(task, visit)))

    async def assign(self, task: TaskId, told: Taking, visit: VisitOf) -> Response:
        """Takes an open task: of two agents, one has it."""
        return await self._change(task, visit, lambda seen, at: assign(seen, told.agent, key=visit.who, at=at))

    async def finish(self, task: TaskId, told: Finishing, visit: VisitOf) -> Response:
        """Somebody spoke with the customer, whose timeline will say so."""
        return await self._change(
            task,
            visit,
            lambda seen, at: finish(seen, told.agent, told.outcome, note=told.note, key=visit.who, at=at),
        )

    async def give_up(self, task: TaskId, told: GivingUp, visit: VisitOf) -> Response:
        """The customer was not reached, and nobody tries again; their timeline will say that they were called."""
        return await self._change(
            task, visit, lambda seen, at: give_up(seen, told.agent, note=told.note, key=visit.who, at=at)
        )

    async def _look(self, task: str, visit: Visit) -> Task:
        found = await self.tasks.find(task)
        if found is None:
            raise HTTPException(404, "no task has this id")
        await self.accesses.record(visit, [found.profile])
        return found

    async def _change(self, task: str, visit: Visit, change: Callable[[Task, datetime], Task]) -> Response:
        seen = await self._look(task, visit)
        now = await self.now()
        if now is None:
            raise HTTPException(503, "the stream clock has no time yet; replay something first")
        try:
            changed = change(seen, now)
        except IllegalChange as error:
            raise HTTPException(409, str(error)) from error
        if changed != seen and not await self.tasks.change(seen, changed, is_told=not was_called(changed)):
            raise HTTPException(409, "somebody else changed it meanwhile; look at it again")
        return answer(_in_full(changed))


def _place(told: str | None) -> Place | None:
    if told is None:
        return None
    match position(told):
        case (str(priority), str(due_at), str(key)):
            if not (priority.isdecimal() and int(priority[:4]) <= _HIGHEST_PRIORITY):
                raise bad_cursor()
            place = Place(int(priority[:4]), position_moment(due_at), key)
            if len(position_key(key)) == _KEY_BYTES:
                return place
    raise bad_cursor()


def _page(found: Sequence[Task], limit: int) -> dict[str, object]:
    """`found` holds one more than `limit` where more follow."""
    last = found[limit - 1] if len(found) > limit else None
    following = cursor((str(last.priority), instant(last.due_at), last.id)) if last else None
    return {"tasks": [_summary(each) for each in found[:limit]], "next": following}


def _summary(task: Task) -> dict[str, object]:
    told = ("profile", "state", "priority", "opened_at", "due_at", "assignee", "outcome")
    return {"task": task.id, **{name: getattr(task, name) for name in told}}


def _in_full(task: Task) -> dict[str, object]:
    changes = [asdict(each) for each in task.changes]
    return {**_summary(task), "to": task.to, "letter": task.letter, "changes": changes}
