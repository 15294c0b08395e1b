"""Who is in which segment and why, over HTTP, on a database that refuses to scan."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from fidelio_deploy.mongo import Mongod
from fidelio_scoring.adapters.mongo_standings import MongoStandings
from fidelio_scoring.api.segments import SegmentEndpoints
from fidelio_scoring.api.shapes import Form
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_scoring.domain.standing import Rules
from fidelio_scoring.handlers import RulesInUse
from fidelio_shared.access.accesses import AccessLog
from fidelio_shared.access.mongo_accesses import MongoAccessStore
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.access.streams import Places
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.storage.mongo import Database
from support.scored import SCORED_BY, a_person, client_on, scored, store
from support.scoring_commands import run
from support.standings import DAY, LIFECYCLE, NOON, SHIPPED

NEW = ("ann", "bob", "cy", "dora", "eve")
SINCE = [NOON + number * DAY for number in range(5)]
CUSTOMERS = Rules(
    SHIPPED,
    parse_segments(
        "{schema: 1, name: other, version: 1, segments: [{name: customers, kind: value, labels: {en: Cu, fr: Cl}, "
        "description: {en: D, fr: D}, when: {orders: {at_least: 1}}}]}"
    ),
)


@pytest.fixture
async def lived(database: Database) -> Database:
    await store(database, *(scored(name, since) for name, since in zip(NEW, SINCE, strict=True)))
    await store(database, scored("old", NOON - 300 * DAY, NOON - 90 * DAY))
    return database


def told(*numbers: int) -> list[dict[str, str]]:
    """The newcomers by profile."""
    members = sorted((a_person(NEW[each]), instant(SINCE[each])) for each in range(5))
    return [{"profile": profile, "since": since} for profile, since in (members[each] for each in numbers)]


async def accesses(database: Database) -> Sequence[tuple[str | None, str]]:
    found = await database.accesses.find({"expires_at": {"$gt": datetime(2000, 1, 1, tzinfo=UTC)}}).to_list()
    return sorted((each["profile"].hex() if each["profile"] else None, each["what"]) for each in found)


async def test_the_definitions_in_use_are_told_with_how_many_are_in_each(lived: Database) -> None:
    async with client_on(lived) as api:
        answer = (await api.get("/segments")).json()
    assert (answer["version"], answer["profiles_by_other_rules"]) == (LIFECYCLE.version, 0)
    assert {each["name"]: each["members"] for each in answer["segments"]} == {
        "lapsed": 0,
        "at_risk": 0,
        "new": 5,
        "active": 1,
    }
    assert answer["segments"][2] == {
        "name": "new",
        "kind": "lifecycle",
        "group": "stage",
        "label": {"en": "X", "fr": "X"},
        "description": {"en": "X", "fr": "X"},
        "hash": LIFECYCLE.segments[2].hash,
        "members": 5,
    }


async def test_a_segment_is_counted_exactly(lived: Database) -> None:
    async with client_on(lived) as api:
        found = [(await api.get(f"/segments/{each}/count")).json() for each in ("new", "lapsed")]
    assert found == [
        {"segment": "new", "members": 5, "is_defined": True},
        {"segment": "lapsed", "members": 0, "is_defined": True},
    ]


async def test_members_come_by_profile_page_after_page_each_once_and_are_on_record(lived: Database) -> None:
    pages: list[Any] = []
    cursor = None
    async with client_on(lived) as api:
        while not pages or cursor:
            parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            pages.append((await api.get("/segments/new/members", params=parameters)).json())
            cursor = pages[-1]["next"]
    assert [each["members"] for each in pages] == [told(0, 1), told(2, 3), told(4)]
    path = "/segments/{segment}/members"
    assert await accesses(lived) == sorted((a_person(name), path) for name in NEW)


@pytest.mark.parametrize("asked", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv;q=1, */*"}}])
async def test_the_whole_segment_comes_as_csv(lived: Database, asked: dict[str, Any]) -> None:
    async with client_on(lived) as api:
        answer = await api.get("/segments/new/members", **asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.DictReader(io.StringIO(answer.text))) == told(0, 1, 2, 3, 4)
    assert await accesses(lived) == [(None, "/segments/{segment}/members")]


async def test_the_whole_segment_comes_a_line_each(lived: Database) -> None:
    async with client_on(lived) as api:
        answer = await api.get("/segments/new/members", headers={"Accept": "application/x-ndjson"})
        first = (await api.get("/segments/new/members?limit=3")).json()["next"]
        rest = await api.get("/segments/new/members", params={"format": "ndjson", "cursor": first})
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert list(map(orjson.loads, answer.text.splitlines())) == told(0, 1, 2, 3, 4)
    assert list(map(orjson.loads, rest.text.splitlines())) == told(3, 4)


async def test_members_of_a_segment_that_is_defined_no_more_can_be_asked_for_while_they_are_there(
    lived: Database,
) -> None:
    async with client_on(lived, CUSTOMERS) as api:
        answers = [(await api.get(f"/segments/{each}")).json() for each in ("new/count", "active/members")]
        customers = (await api.get("/segments")).json()
        gone = await api.get("/segments/lapsed/members")
    count, members = answers
    assert count == {"segment": "new", "members": 5, "is_defined": False}
    assert [each["profile"] for each in members["members"]] == [a_person("old")]
    assert (customers["profiles_by_other_rules"], customers["segments"][0]["members"]) == (6, 0)
    assert gone.status_code == 404


async def test_why_somebody_is_in_a_segment_is_told_condition_by_condition(lived: Database) -> None:
    async with client_on(lived, now=NOON + 10 * DAY) as api:
        now = (await api.get(f"/profiles/{a_person('ann')}/segments/new")).json()
        later = (
            await api.get(f"/profiles/{a_person('ann')}/segments/new", params={"at": instant(NOON + 60 * DAY)})
        ).json()
    until = instant(NOON + 60 * DAY)
    assert now == {
        "profile": a_person("ann"),
        "segment": "new",
        "definition": LIFECYCLE.version,
        "at": instant(NOON + 10 * DAY),
        "member_since": instant(NOON),
        "explanation": {
            "words": {"en": "in “X”", "fr": "dans « X »"},
            "holds": True,
            "since": None,
            "until": until,
            "parts": [
                {
                    "words": {
                        "en": "first order: under 60 days ago",
                        "fr": "première commande : il y a moins de 60 jours",
                    },
                    "holds": True,
                    "since": instant(NOON),
                    "until": until,
                    "parts": [],
                }
            ],
        },
    }
    assert (later["at"], later["explanation"]["holds"]) == (until, False)
    assert [each[0] for each in await accesses(lived)] == [a_person("ann")] * 2


async def test_on_the_stream_clock_it_is_told_as_of_the_time_last_used_for_the_profile(lived: Database) -> None:
    async with client_on(lived, now=None) as api:
        answer = (await api.get(f"/profiles/{a_person('old')}/segments/lapsed")).json()
    assert (answer["at"], answer["member_since"]) == (instant(NOON - 90 * DAY), None)


async def test_what_cannot_be_told_is_refused_by_name(lived: Database) -> None:
    known, unknown = a_person("ann"), a_person("nobody")
    await store(lived, replace(scored("objector", NOON), facts=None))
    await lived.scores.insert_one({"_id": bytes.fromhex(a_person("erased")), "erased_at": NOON})
    paths = [
        f"/profiles/{known}/segments/nothing",
        f"/profiles/{unknown}/segments/new",
        f"/profiles/{a_person('objector')}/segments/new",
        f"/profiles/{a_person('erased')}/segments/new",
        f"/profiles/{known}/segments/new?at=2026-13-01T00:00:00Z",
        f"/profiles/{known}/segments/new?at=0001-01-01T00:00:00Z",
        "/segments/new/members?cursor=me",
        "/segments/new/members?format=xml",
        "/segments/new/members?limt=3",
    ]
    async with client_on(lived) as api:
        assert [(await api.get(each)).status_code for each in paths] == [404, 404, 409, 410, 422, 422, 400, 422, 422]
    assert await accesses(lived) == []


async def test_nobody_gets_in_without_a_key_with_the_scope(lived: Database) -> None:
    key = await MongoKeyStore(lived).create("desk", ["write"])
    paths = ("/segments", "/segments/new/members?format=csv", "/scores")
    codes = []
    for told_key in ("of somebody else", key or ""):
        async with client_on(lived, key=told_key) as api:
            codes.append([(await api.get(each)).status_code for each in paths])
    assert codes == [[401] * 3, [403] * 3]


async def test_a_key_of_the_command_opens_the_api(strict_mongod: Mongod, lived: Database) -> None:
    _, (key,), _ = await run(strict_mongod, lived, "keys", "create", "desk", "--scope", "read")
    async with client_on(lived, key=key) as api:
        assert (await api.get("/segments/new/count")).status_code == 200


@pytest.mark.parametrize(("form", "taken"), [("json", 0), ("csv", 1), ("ndjson", 1)])
async def test_only_a_whole_segment_takes_one_of_the_few_places_of_streams(
    database: Database, form: Form, taken: int
) -> None:
    places = Places()
    accesses = AccessLog(MongoAccessStore(database, DAY).insert)
    endpoints = SegmentEndpoints(MongoStandings(database), RulesInUse(SCORED_BY), accesses, places, None)
    assert [places.running async for _ in endpoints.place(form)] == [taken]
    assert places.running == 0
