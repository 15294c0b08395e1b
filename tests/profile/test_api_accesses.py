"""Every look at a profile is on record before it is answered."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from fidelio_shared.access.accesses import MOST_GATHERED, AccessLog, Visit
from fidelio_shared.access.mongo_accesses import Access
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.storage.mongo import Database
from support.api import ACCESS_DAYS, by, client_on, merge, pages, person
from support.interactions import a_profile_id, an_interaction, customer, email
from support.profile_steps import live

ANN = an_interaction(
    1, identifiers=[customer("1"), email("ann@example.org")], account_id="acme", traits={"name": "Ann"}
)
BOB = an_interaction(
    2, identifiers=[customer("2"), email("bob@example.org")], account_id="acme", traits={"name": "Bob"}
)


@pytest.fixture
async def api(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await live(database, ANN, BOB)
    async with client_on(database) as client:
        yield client


async def accesses(database: Database) -> list[dict[str, Any]]:
    found = await database.accesses.find({}, {"_id": 0, "at": 0, "expires_at": 0}).to_list()
    return [each | {"profile": each["profile"].hex() if each["profile"] else None} for each in found]


@pytest.mark.parametrize(
    ("path", "what", "whose"),
    [
        (f"/profiles/{person(ANN)}", "/profiles/{profile}", [ANN]),
        (by("customer_id", "2"), "/profiles/by/{kind}/{value:path}", [BOB]),
        (f"/profiles/{person(ANN)}/timeline", "/profiles/{profile}/timeline", [ANN]),
        ("/profiles?q=bob@", "/profiles", [BOB]),
        ("/accounts/acme", "/accounts/{account:path}", [ANN, BOB]),
    ],
)
async def test_a_look_says_who_saw_whom_where_and_why(
    path: str, what: str, whose: Sequence[Any], api: httpx.AsyncClient, database: Database
) -> None:
    answer = await api.get(path, headers={"X-Purpose": "a call about order A-17"})
    assert answer.status_code == 200
    shared = {"who": "bootstrap", "what": what, "purpose": "a call about order A-17"}
    expected = [shared | {"profile": person(each)} for each in whose]
    assert sorted(await accesses(database), key=_whose) == sorted(expected, key=_whose)


@pytest.mark.parametrize("path", ["/timeline.ndjson", "/profiles.ndjson"])
async def test_a_stream_is_one_look_at_everybody(path: str, api: httpx.AsyncClient, database: Database) -> None:
    assert (await api.get(path)).status_code == 200
    assert await accesses(database) == [{"who": "bootstrap", "what": path, "purpose": None, "profile": None}]


@pytest.mark.parametrize(
    "path",
    [
        f"/profiles/{a_profile_id('nobody')}",
        by("email", "nobody@example.org"),
        f"/profiles/{person(ANN)}?include=everything",
        "/profiles?q=nobody",
        "/accounts/nobody",
    ],
)
async def test_where_nobody_was_seen_nothing_is_on_record(
    path: str, api: httpx.AsyncClient, database: Database
) -> None:
    await api.get(path)
    assert await accesses(database) == []


async def test_an_unchanged_profile_was_looked_at_too(api: httpx.AsyncClient, database: Database) -> None:
    tag = (await api.get(f"/profiles/{person(ANN)}")).headers["ETag"]
    assert (await api.get(f"/profiles/{person(ANN)}", headers={"If-None-Match": tag})).status_code == 304
    assert len(await accesses(database)) == 2


async def test_a_purpose_has_an_end(api: httpx.AsyncClient, database: Database) -> None:
    answers = [await api.get(f"/profiles/{person(ANN)}", headers={"X-Purpose": "x" * size}) for size in (128, 129)]
    assert [each.status_code for each in answers] == [200, 422]
    assert [each["purpose"] for each in await accesses(database)] == ["x" * 128]


async def test_a_record_knows_its_end(api: httpx.AsyncClient, database: Database) -> None:
    before = datetime.now(UTC)
    await api.get(f"/profiles/{person(ANN)}")
    (found,) = await database.accesses.find({}).to_list()
    assert before - timedelta(milliseconds=1) <= found["at"] <= datetime.now(UTC)
    assert found["expires_at"] - found["at"] == timedelta(days=ACCESS_DAYS)
    ends = [each for each in (await database.accesses.index_information()).values() if "expireAfterSeconds" in each]
    assert [(each["key"], each["expireAfterSeconds"]) for each in ends] == [([("expires_at", 1)], 0)]


async def test_the_records_of_one_person_are_told_page_by_page_latest_first(
    api: httpx.AsyncClient, database: Database
) -> None:
    for number in range(5):
        await api.get(f"/profiles/{person(ANN)}", headers={"X-Purpose": str(number)})
    await api.get(f"/profiles/{person(BOB)}")
    found = await pages(api, f"/profiles/{person(ANN)}/accesses", limit=2)
    told = [each for page in found for each in page["accesses"]]
    own = "/profiles/{profile}/accesses"
    assert [(each["what"], each["purpose"]) for each in told] == [
        (own, None),
        *(("/profiles/{profile}", str(number)) for number in reversed(range(5))),
    ]
    assert [len(each["accesses"]) for each in found] == [2, 2, 2]
    assert {each["who"] for each in told} == {"bootstrap"}


async def test_looks_at_who_became_part_of_a_person_are_theirs(api: httpx.AsyncClient, database: Database) -> None:
    await api.get(f"/profiles/{person(BOB)}", headers={"X-Purpose": "before"})
    await merge(database, person(BOB), person(ANN))
    found = (await api.get(f"/profiles/{person(BOB)}/accesses")).json()
    assert [each["purpose"] for each in found["accesses"]] == [None, "before"]


@pytest.mark.parametrize("told", ["x", "WyJhIl0=", "WyIyMDI2LTAzLTAxVDEyOjAwOjAwWiIsICIwMCJd"])
async def test_records_behind_a_cursor_of_nobodys_are_refused(told: str, api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/profiles/{person(ANN)}/accesses", params={"cursor": told})).status_code == 400


class HeldWrites:
    """Ends when it is let, and fails where it is told to."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.sizes: list[int] = []
        self.fails = False

    async def __call__(self, accesses: Sequence[Access]) -> None:
        self.sizes.append(len(accesses))
        await self.let.wait()
        if self.fails:
            raise Unavailable("mongodb")


VISIT = Visit("desk", "/profiles/{profile}", None)


async def begun(log: AccessLog) -> asyncio.Task[None]:
    """A look that is being written."""
    task = asyncio.create_task(log.record(VISIT, [a_profile_id()]))
    async with asyncio.timeout(5):
        while not log._writing.locked():
            await asyncio.sleep(0)
    return task


async def waiting(log: AccessLog, looks: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(log.record(VISIT, [a_profile_id()])) for _ in range(looks)]
    async with asyncio.timeout(5):
        while len(log._gathered) < looks:
            await asyncio.sleep(0)
    return tasks


async def test_looks_that_come_during_a_write_share_the_next_one() -> None:
    writes = HeldWrites()
    log = AccessLog(writes)
    tasks = [await begun(log), *await waiting(log, 41)]
    assert not any(each.done() for each in tasks)
    writes.let.set()
    await asyncio.gather(*tasks)
    assert writes.sizes == [1, 41]


async def test_a_write_that_fails_fails_all_that_share_it_and_nobody_after_them() -> None:
    writes = HeldWrites()
    log = AccessLog(writes)
    tasks = [await begun(log), *await waiting(log, 3)]
    writes.fails = True
    writes.let.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in found] == [Unavailable] * 4
    writes.fails = False
    await log.record(VISIT, [a_profile_id()])
    assert writes.sizes == [1, 3, 1]


async def test_who_goes_away_takes_nobody_elses_record_along() -> None:
    writes = HeldWrites()
    log = AccessLog(writes)
    first, (leaving, staying) = await begun(log), await waiting(log, 2)
    first.cancel()
    leaving.cancel()
    writes.let.set()
    await staying
    assert (first.cancelled(), leaving.cancelled(), writes.sizes) == (True, True, [1, 2])


async def test_where_too_many_wait_the_next_is_refused_rather_than_kept() -> None:
    writes = HeldWrites()
    log = AccessLog(writes)
    first = await begun(log)
    last = asyncio.create_task(log.record(VISIT, [a_profile_id()] * MOST_GATHERED))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await log.record(VISIT, [a_profile_id()])
    writes.let.set()
    await asyncio.gather(first, last)
    assert writes.sizes == [1, MOST_GATHERED]


async def test_what_cannot_be_recorded_is_not_answered(database: Database) -> None:
    """The collection refuses: everything can be read, nothing written."""
    await live(database, ANN)
    await database.command("collMod", "accesses", validator={"who": "nobody"}, validationLevel="strict")
    async with client_on(database) as api:
        answers = [await api.get(path) for path in (f"/profiles/{person(ANN)}", "/profiles?q=ann@", "/timeline.ndjson")]
    assert [each.status_code for each in answers] == [503] * 3
    assert all("ann" not in each.text for each in answers)


def _whose(found: dict[str, Any]) -> str:
    return str(found["profile"])
