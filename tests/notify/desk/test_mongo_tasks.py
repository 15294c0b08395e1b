"""Tasks on a real database: taken by one, listed by urgency, forgotten with their person."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo import AsyncMongoClient

from fidelio_notify.adapters.callback_provider import ERASED, INCOMPLETE, CallbackProvider
from fidelio_notify.adapters.mongo_tasks import MongoTaskStore, Place
from fidelio_notify.domain.letters.letter import Letter
from fidelio_notify.domain.tasks import Task, assign, finish
from fidelio_notify.providers import Accepted, Call, Order, Refused, Unknown
from fidelio_shared.storage.mongo import Database, Document
from support.agents import NOON, TASK, a_task
from support.desk import Around, a_person

ORDER = Order(
    decision=TASK.id,
    channel="callback",
    to=TASK.to,
    letter=Letter(TASK.letter),
    call=Call(TASK.profile, TASK.partition, TASK.priority, TASK.opened_at, TASK.due_at),
)
TAKEN = assign(TASK, "jo", key="desk", at=NOON)


@pytest.fixture
def tasks(database: Database) -> MongoTaskStore:
    return MongoTaskStore(database)


async def add(tasks: MongoTaskStore, *told: Task) -> None:
    for each in told:
        await tasks.add(each)


async def test_a_task_is_stored_as_it_is_and_once(tasks: MongoTaskStore) -> None:
    await add(tasks, TASK)
    await tasks.change(TASK, TAKEN)
    await add(tasks, replace(TASK, priority=99))
    assert await tasks.find(TASK.id) == TAKEN
    assert await tasks.find(a_task("nobody").id) is None


async def test_of_agents_who_want_the_same_task_one_has_it(tasks: MongoTaskStore) -> None:
    await add(tasks, TASK)
    wanted = [assign(TASK, f"agent {number}", key="desk", at=NOON) for number in range(8)]
    has = await asyncio.gather(*(tasks.change(TASK, each) for each in wanted))
    assert sum(has) == 1
    assert await tasks.find(TASK.id) == wanted[has.index(True)]


async def test_the_most_urgent_come_first_page_by_page(tasks: MongoTaskStore) -> None:
    hours = [5, 1, 3, 3, 2, 4]
    told = [a_task(str(place), priority=place % 2, due_in=timedelta(hours=due)) for place, due in enumerate(hours)]
    await add(tasks, *told, replace(a_task("taken"), state="assigned", assignee="jo"))
    expected = sorted(told, key=lambda each: (-each.priority, each.due_at, each.id))
    found: list[Task] = []
    behind: Place | None = None
    while page := await tasks.page("open", None, behind, limit=2):
        found += page
        behind = Place(page[-1].priority, page[-1].due_at, page[-1].id)
        assert len(found) <= len(told), "the pages do not end"
    assert found == expected


async def test_an_agents_own_tasks_can_be_asked_for(tasks: MongoTaskStore) -> None:
    mine, others = (assign(a_task(name), name, key="desk", at=NOON) for name in ("jo", "kim"))
    await add(tasks, TASK, mine, others)
    assert await tasks.page("assigned", "jo", None, limit=9) == [mine]
    assert await tasks.page("assigned", "jo", Place(50, mine.due_at, mine.id), limit=9) == []


async def test_the_list_is_read_from_an_index_in_its_order(database: Database) -> None:
    query = {"state": "open", "priority": {"$lte": 5}, "assignee": "jo"}
    order = [("priority", -1), ("due_at", 1), ("_id", 1)]
    for asked in (query, {name: each for name, each in query.items() if name != "assignee"}):
        plan = str((await database.tasks.find(asked).sort(order).explain())["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in plan
        assert "'stage': 'SORT'" not in plan


async def test_what_was_closed_is_told_though_its_process_ended(tasks: MongoTaskStore) -> None:
    done = finish(TAKEN, "jo", "reached", key="desk", at=NOON)
    await add(tasks, TASK, a_task("open"))
    await tasks.change(TASK, TAKEN)
    await tasks.change(TAKEN, done, is_told=False)
    assert await tasks.untold(limit=9) == [done]
    await tasks.told([done.id])
    assert await tasks.untold(limit=9) == []


async def test_those_whose_deadline_is_over_are_found(tasks: MongoTaskStore) -> None:
    soon, later = a_task("soon", due_in=timedelta(hours=1)), a_task("later", due_in=timedelta(hours=2))
    taken = replace(a_task("taken", due_in=timedelta(hours=1)), state="assigned", assignee="jo")
    await add(tasks, later, soon, taken)
    assert await tasks.overdue(soon.due_at - timedelta(milliseconds=1), limit=9) == []
    assert await tasks.overdue(soon.due_at, limit=9) == [soon]


async def test_nothing_is_left_of_whom_is_forgotten(tasks: MongoTaskStore) -> None:
    other = a_task("bob")
    await add(tasks, TASK, other)
    await tasks.forget([TASK.profile])
    assert [await tasks.find(each.id) for each in (TASK, other)] == [None, other]


async def test_an_order_becomes_a_task_once_however_often_it_is_sent(tasks: MongoTaskStore) -> None:
    provider = CallbackProvider(tasks)
    async with provider.session() as session:
        assert [await session.send(ORDER) for _ in range(2)] == [Accepted(TASK.id)] * 2
        assert await session.send(replace(ORDER, call=None)) == Refused(INCOMPLETE)
    assert provider.repeats_safely
    assert await tasks.page("open", None, None, limit=9) == [TASK]


async def test_who_was_erased_meanwhile_is_not_called(tasks: MongoTaskStore) -> None:
    around = Around(tasks.database)
    await around.know(a_person())
    async with CallbackProvider(tasks).session() as session:
        assert await session.send(ORDER) == Accepted(TASK.id)
        await around.know(a_person(revision=8).model_copy(update={"erased_at": NOON}))
        assert await session.send(ORDER) == Refused(ERASED)
    assert await tasks.find(TASK.id) is None


async def test_where_the_database_does_not_answer_nobody_knows() -> None:
    async with AsyncMongoClient[Document]("mongodb://127.0.0.1:1", serverSelectionTimeoutMS=50) as nowhere:
        async with CallbackProvider(MongoTaskStore(nowhere.get_database("notify"))).session() as session:
            assert await session.send(ORDER) == Unknown()
