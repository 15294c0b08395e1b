"""`tasks`: what agents have to call about. Whoever changes a task says which one they saw: only one of two succeeds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from fidelio_notify.domain.tasks import Change, State, Task
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated

_KEPT_SECONDS = 400 * 86_400
_ORDER = [("priority", DESCENDING), ("due_at", ASCENDING), ("_id", ASCENDING)]
TASK_INDEXES: dict[str, list[IndexModel]] = {
    "tasks": [
        IndexModel([("state", ASCENDING), *_ORDER]),
        IndexModel([("assignee", ASCENDING), ("state", ASCENDING), *_ORDER]),
        IndexModel([("state", ASCENDING), ("due_at", ASCENDING)]),
        IndexModel([("profile", ASCENDING)]),
        IndexModel([("is_told", ASCENDING)], partialFilterExpression={"is_told": False}),
        IndexModel([("stored_at", ASCENDING)], expireAfterSeconds=_KEPT_SECONDS),
    ],
}


@dataclass(frozen=True, slots=True)
class Place:
    """In the order of the list: of the last task of a page."""

    priority: int
    due_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class MongoTaskStore:
    database: Database

    async def add(self, task: Task) -> None:
        """One of this decision that is there already stays as it is."""
        with translated():
            await self.database.tasks.update_one(
                {"_id": bytes.fromhex(task.id)}, {"$setOnInsert": _document(task)}, upsert=True
            )

    async def find(self, task: str) -> Task | None:
        with translated():
            found = await self.database.tasks.find_one({"_id": bytes.fromhex(task)})
        return _task_from(found) if found else None

    async def page(self, state: State, assignee: str | None, behind: Place | None, limit: int) -> Sequence[Task]:
        """The most urgent first: by priority, then by how soon they are due."""
        query: Document = {"state": state} | ({"assignee": assignee} if assignee is not None else {})
        if behind:
            query["priority"] = {"$lte": behind.priority}
            query["$or"] = _behind(behind)
        with translated():
            found = await self.database.tasks.find(query).sort(_ORDER).limit(limit).to_list()
        return [_task_from(each) for each in found]

    async def change(self, before: Task, after: Task, *, is_told: bool = True) -> bool:
        """False where it is not as `before` says any more: somebody else was faster. `is_told`: nothing of this change
        is still to be published."""
        with translated():
            result = await self.database.tasks.update_one(
                {"_id": bytes.fromhex(before.id), "state": before.state, "assignee": before.assignee},
                {"$set": _changing(after) | {"is_told": is_told}},
            )
        return result.matched_count == 1

    async def untold(self, limit: int) -> Sequence[Task]:
        """Closed, and not yet published; the process may have ended in between."""
        with translated():
            found = await self.database.tasks.find({"is_told": False}).limit(limit).to_list()
        return [_task_from(each) for each in found]

    async def told(self, tasks: Iterable[str]) -> None:
        ids = [bytes.fromhex(each) for each in tasks]
        with translated():
            await self.database.tasks.update_many({"_id": {"$in": ids}}, {"$set": {"is_told": True}})

    async def overdue(self, now: datetime, limit: int) -> Sequence[Task]:
        """Open ones whose deadline is over."""
        query = {"state": "open", "due_at": {"$lte": now}}
        with translated():
            found = await self.database.tasks.find(query).sort("due_at", ASCENDING).limit(limit).to_list()
        return [_task_from(each) for each in found]

    async def is_erased(self, profile: ProfileId) -> bool:
        """As their card says, which is written before anything is forgotten."""
        with translated():
            found = await self.database.contacts.find_one({"_id": bytes.fromhex(profile)}, {"erased_at": 1})
        return found is not None and "erased_at" in found

    async def forget(self, profiles: Iterable[ProfileId]) -> None:
        with translated():
            await self.database.tasks.delete_many({"profile": {"$in": [bytes.fromhex(each) for each in profiles]}})


def _behind(place: Place) -> list[Document]:
    return [
        {"priority": {"$lt": place.priority}},
        {"priority": place.priority, "due_at": {"$gt": place.due_at}},
        {"priority": place.priority, "due_at": place.due_at, "_id": {"$gt": bytes.fromhex(place.id)}},
    ]


def _changing(task: Task) -> Document:
    return {"state": task.state, "assignee": task.assignee, "changes": [asdict(each) for each in task.changes]}


def _document(task: Task) -> Document:
    return {
        "profile": bytes.fromhex(task.profile),
        "partition": task.partition,
        "priority": task.priority,
        "opened_at": task.opened_at,
        "due_at": task.due_at,
        "to": task.to,
        "letter": task.letter,
        "is_told": True,
        "stored_at": datetime.now(UTC),
        **_changing(task),
    }


def _task_from(document: Mapping[str, Any]) -> Task:
    plain = {name: document[name] for name in ("partition", "priority", "opened_at", "due_at", "to", "letter")}
    return Task(
        id=document["_id"].hex(),
        profile=ProfileId(document["profile"].hex()),
        state=document["state"],
        assignee=document["assignee"],
        changes=tuple(Change(**each) for each in document["changes"]),
        **plain,
    )
