"""Everything in one answer, a line each, held a batch at a time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from fastapi import HTTPException

from fidelio_profile.adapters.mongo_streams import MongoStreams
from fidelio_profile.adapters.mongo_views import Selection
from fidelio_shared.access.streams import MOST_STREAMS, Places
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.storage.mongo import Database
from support.api import client_on, merge, person
from support.interactions import NOON, an_interaction, an_order, customer
from support.profile_steps import live

TOLD = [
    (an_order if each % 3 else an_interaction)(
        each, identifiers=[customer(str(each % 7))], occurred_at=NOON + timedelta(minutes=(each * 37) % 500)
    )
    for each in range(500)
]


@pytest.fixture
async def api(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(database) as client:
        yield client


async def lines(api: httpx.AsyncClient, path: str, **asked: Any) -> list[Any]:
    answer = await api.get(path, params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert answer.content == b"" or answer.content.endswith(b"\n")
    return [orjson.loads(each) for each in answer.content.splitlines()]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, lambda each: True),
        ({"type": "order.placed"}, lambda each: each.type == "order.placed"),
        ({"type": ["order.placed", "page.viewed"]}, lambda each: True),
        ({"type": "never.heard"}, lambda each: False),
        (
            {"since": "2026-03-01T13:00:00Z", "until": "2026-03-01T17:00:00+01:00"},
            lambda each: timedelta(hours=1) <= each.occurred_at - NOON < timedelta(hours=4),
        ),
    ],
)
async def test_a_stream_has_every_interaction_once_profile_by_profile(
    asked: dict[str, Any], expected: Any, api: httpx.AsyncClient, database: Database
) -> None:
    await live(database, *TOLD)
    found = await lines(api, "/timeline.ndjson", **asked)
    owners = {each.identifiers: person(each) for each in reversed(TOLD)}
    latest_first = sorted(filter(expected, TOLD), key=lambda each: (each.occurred_at, each.id), reverse=True)
    wanted = sorted(latest_first, key=lambda each: owners[each.identifiers])
    assert [Interaction.model_validate(each["interaction"]) for each in found] == wanted
    assert [each["profile"] for each in found] == [owners[each.identifiers] for each in wanted]


async def test_a_stream_has_every_profile_that_is_one(api: httpx.AsyncClient, database: Database) -> None:
    people = [an_order(each, identifiers=[customer(str(each))]) for each in range(450)]
    await live(database, *people)
    await merge(database, person(people[0]), person(people[1]))
    erased = bytes.fromhex(person(people[2]))
    await database.profiles.replace_one({"_id": erased}, {"erased_at": NOON})
    found = await lines(api, "/profiles.ndjson")
    assert [each["profile"] for each in found] == sorted(map(person, [people[1], *people[3:]]))
    view = (await api.get(f"/profiles/{person(people[1])}?include=")).json()
    assert found[[each["profile"] for each in found].index(person(people[1]))] == view


@pytest.mark.parametrize("path", ["/timeline.ndjson", "/profiles.ndjson"])
async def test_a_stream_of_nothing_is_empty(path: str, api: httpx.AsyncClient) -> None:
    assert await lines(api, path) == []


async def test_a_stream_is_read_as_it_is_taken(database: Database) -> None:
    """Who takes one batch has had one read."""
    await live(database, *TOLD)
    await database.command("profile", 2)
    batches = MongoStreams(database).profiles(), MongoStreams(database).interactions(Selection())
    sizes = [len(await anext(each)) for each in batches]
    await database.command("profile", 0)
    reads = await database["system.profile"].find({"op": {"$in": ["query", "getmore"]}}).to_list()
    assert (sizes, len(reads), max(each["nreturned"] for each in reads)) == ([7, 200], 2, 200)
    for each in batches:
        await each.aclose()


async def test_only_a_few_streams_run_at_a_time() -> None:
    streams = Places()
    places = [streams.place() for _ in range(MOST_STREAMS + 1)]
    for each in places[:-1]:
        await anext(each)
    with pytest.raises(HTTPException) as refused:
        await anext(places[-1])
    assert refused.value.status_code == 503
    await places[0].aclose()
    await anext(streams.place())


async def test_a_place_is_free_again_after_an_answer(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        answers = await asyncio.gather(*(api.get("/profiles.ndjson") for _ in range(MOST_STREAMS)))
        assert [each.status_code for each in answers] == [200] * MOST_STREAMS
