"""What agents do with tasks over the API: look, take, close; and what happens to tasks by themselves."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from fidelio_notify.calling import Calls
from fidelio_notify.domain.tasks import Task
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.storage.mongo import Database
from support.agents import NOON, TASK, a_task
from support.api import pages
from support.desk import Around

PATH = f"/tasks/{TASK.id}"
SUMMARY: dict[str, Any] = {
    "task": TASK.id,
    "profile": TASK.profile,
    "state": "open",
    "priority": 50,
    "opened_at": "2026-03-01T12:00:00.000Z",
    "due_at": "2026-03-03T12:00:00.000Z",
    "assignee": None,
    "outcome": None,
}
TAKEN_AT = "2026-03-01T12:00:00.000Z"


@pytest.fixture
def around(database: Database) -> Around:
    return Around(database)


@pytest.fixture
async def agents(around: Around) -> AsyncIterator[httpx.AsyncClient]:
    async with around.client() as client:
        yield client


async def stored(around: Around, *tasks: Task) -> None:
    for each in tasks:
        await around.tasks.add(each)


def calls(around: Around) -> Calls:
    return Calls(around.tasks, around.publisher, around.read_now, Health())


async def looked_at(around: Around) -> list[tuple[str, str]]:
    found = await around.database.accesses.find({"profile": {"$gt": b""}}).to_list()
    return [(each["profile"].hex(), each["what"]) for each in found]


async def test_the_list_tells_the_urgent_first_and_nobodys_number(around: Around, agents: httpx.AsyncClient) -> None:
    urgent = a_task("bob", priority=80)
    await stored(around, TASK, urgent, a_task("eve", due_in=timedelta(hours=1)))
    found = await pages(agents, "/tasks", limit=2)
    told = [each for page in found for each in page["tasks"]]
    assert [each["task"] for each in told] == [urgent.id, a_task("eve").id, TASK.id]
    assert told[-1] == SUMMARY
    assert sorted(await looked_at(around)) == sorted((each["profile"], "/tasks") for each in told)


async def test_a_task_is_taken_and_closed_and_says_by_whom(around: Around, agents: httpx.AsyncClient) -> None:
    await stored(around, TASK)
    taken = await agents.post(f"{PATH}/assign", json={"agent": "jo"})
    assert (taken.status_code, taken.json()["state"], taken.json()["assignee"]) == (200, "assigned", "jo")
    around.now = NOON + timedelta(hours=1)
    told = {"agent": "jo", "outcome": "reached", "note": "All is well."}
    done = await agents.post(f"{PATH}/done", json=told)
    assert done.json() == SUMMARY | {
        "state": "done",
        "assignee": "jo",
        "outcome": "reached",
        "to": TASK.to,
        "letter": TASK.letter,
        "changes": [
            {"state": "assigned", "at": TAKEN_AT, "by": "jo", "key": "bootstrap", "outcome": None, "note": None},
            {
                "state": "done",
                "at": "2026-03-01T13:00:00.000Z",
                "by": "jo",
                "key": "bootstrap",
                "outcome": "reached",
                "note": "All is well.",
            },
        ],
    }
    assert (await agents.get(PATH)).json() == done.json()
    assert (await agents.post(f"{PATH}/done", json=told)).json() == done.json()
    assert (await agents.get("/tasks", params={"state": "done", "assignee": "jo"})).json()["tasks"] == [
        SUMMARY | {"state": "done", "assignee": "jo", "outcome": "reached"}
    ]


async def test_of_agents_who_ask_at_once_one_has_it(around: Around, agents: httpx.AsyncClient) -> None:
    await stored(around, TASK)
    answers = await asyncio.gather(
        *(agents.post(f"{PATH}/assign", json={"agent": f"agent {number}"}) for number in range(8))
    )
    assert sorted(each.status_code for each in answers) == [200] + [409] * 7


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("done", {"agent": "jo", "outcome": "reached"}),
        ("give-up", {"agent": "jo"}),
    ],
)
async def test_a_task_that_is_not_theirs_nobody_closes(
    path: str, told: dict[str, str], around: Around, agents: httpx.AsyncClient
) -> None:
    await stored(around, TASK)
    assert (await agents.post(f"{PATH}/{path}", json=told)).status_code == 409
    await agents.post(f"{PATH}/assign", json={"agent": "kim"})
    assert (await agents.post(f"{PATH}/{path}", json=told)).status_code == 409
    assert (await agents.post(f"{PATH}/{path}", json=told | {"agent": "kim"})).status_code == 200


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("assign", {}),
        ("assign", {"agent": " "}),
        ("assign", {"agent": "j" * 65}),
        ("done", {"agent": "jo", "outcome": "not_reached"}),
        ("done", {"agent": "jo", "outcome": "reached", "note": "x" * 1_001}),
    ],
)
async def test_what_is_told_has_its_form(
    path: str, told: dict[str, str], around: Around, agents: httpx.AsyncClient
) -> None:
    await stored(around, TASK)
    await agents.post(f"{PATH}/assign", json={"agent": "jo"})
    assert (await agents.post(f"{PATH}/{path}", json=told)).status_code == 422


async def test_a_task_that_is_not_there_is_not_there(agents: httpx.AsyncClient, around: Around) -> None:
    answers = [await agents.get(PATH), await agents.post(f"{PATH}/assign", json={"agent": "jo"})]
    assert [each.status_code for each in answers] == [404, 404]
    assert await looked_at(around) == []


@pytest.mark.parametrize(
    ("scopes", "expected"), [(["read"], [200, 403]), (["write"], [403, 200]), (["privacy"], [403, 403])]
)
async def test_looking_and_taking_need_their_scopes(scopes: list[Any], expected: list[int], around: Around) -> None:
    await stored(around, TASK)
    key = await MongoKeyStore(around.database).create("desk", scopes)
    assert key
    async with around.client(key=key) as agents:
        statuses = [
            (await agents.get(PATH)).status_code,
            (await agents.post(f"{PATH}/assign", json={"agent": "jo"})).status_code,
        ]
    assert statuses == expected


@pytest.fixture
async def no_accesses(database: Database) -> AsyncIterator[None]:
    """Access records are refused by the database."""
    await database.command({"collMod": "accesses", "validator": {"what": "nothing"}})
    yield
    await database.command({"collMod": "accesses", "validator": {}})


@pytest.mark.usefixtures("no_accesses")
async def test_nothing_is_told_where_the_look_cannot_be_recorded(around: Around, agents: httpx.AsyncClient) -> None:
    await stored(around, TASK)
    answer = await agents.get(PATH)
    assert (answer.status_code, TASK.to in answer.text) == (503, False)
    assert (await agents.post(f"{PATH}/assign", json={"agent": "jo"})).status_code == 503
    assert await around.tasks.find(TASK.id) == TASK


async def test_what_an_agent_closed_is_told_once_all_is_well(around: Around, agents: httpx.AsyncClient) -> None:
    other = a_task("bob")
    await stored(around, TASK, other)
    for task, path, told in ((TASK, "done", {"outcome": "declined"}), (other, "give-up", {})):
        await agents.post(f"/tasks/{task.id}/assign", json={"agent": "jo"})
        await agents.post(f"/tasks/{task.id}/{path}", json={"agent": "jo", **told})
    for _ in range(2):
        await calls(around).tell()
    said = [orjson.loads(each.value or b"") for each in around.publisher.records]
    assert {(each["type"], each["data"]["outcome"], each["reference"]["id"]) for each in said} == {
        ("call.ended", "declined", TASK.id),
        ("call.missed", "not_reached", other.id),
    }
    assert len(said) == 2


async def test_what_could_not_be_published_is_told_later(around: Around, agents: httpx.AsyncClient) -> None:
    await stored(around, TASK)
    await agents.post(f"{PATH}/assign", json={"agent": "jo"})
    await agents.post(f"{PATH}/give-up", json={"agent": "jo"})
    publish_all = around.publisher.publish_all

    async def fails(_: object) -> None:
        raise Unavailable("kafka")

    around.publisher.publish_all = fails  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await calls(around).tell()
    around.publisher.publish_all = publish_all  # type: ignore[method-assign]
    await calls(around).tell()
    assert len(around.publisher.records) == 1


async def test_an_open_task_ends_at_its_deadline_and_nobody_was_called(
    around: Around, agents: httpx.AsyncClient
) -> None:
    taken = a_task("bob")
    await stored(around, TASK, taken)
    await agents.post(f"/tasks/{taken.id}/assign", json={"agent": "jo"})
    for now, state in ((TASK.due_at - timedelta(milliseconds=1), "open"), (TASK.due_at, "given_up")):
        around.now = now
        await calls(around).end_overdue()
        found = await around.tasks.find(TASK.id)
        assert found
        assert (found.state, found.outcome) == (state, None)
    await calls(around).tell()
    assert around.publisher.records == []
    assert (await agents.post(f"/tasks/{taken.id}/give-up", json={"agent": "jo"})).status_code == 200


async def test_before_the_stream_clock_has_a_time_nothing_is_taken(around: Around, agents: httpx.AsyncClient) -> None:
    around.now = None
    await stored(around, TASK)
    assert (await agents.post(f"{PATH}/assign", json={"agent": "jo"})).status_code == 503
    await calls(around).end_overdue()
    assert await around.tasks.find(TASK.id) == TASK
