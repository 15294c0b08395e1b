"""Playbooks and their switches, and the suppression list, over the API."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fidelio_notify.domain.unwanted import Unwanted
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.storage.mongo import Database
from support.agents import NOON
from support.desk import ANNS, Around

STOPPED = {"playbook": "check_in", "by": "bootstrap", "why": "A wrong link."}
ADDRESS = {"address": " Ann@Example.org"}


@pytest.fixture
def around(database: Database) -> Around:
    return Around(database)


@pytest.fixture
async def api(around: Around) -> AsyncIterator[httpx.AsyncClient]:
    async with around.client() as client:
        yield client


async def test_a_playbook_is_stopped_and_released_and_says_so(api: httpx.AsyncClient) -> None:
    async def is_stopped() -> bool:
        (playbook,) = (await api.get("/playbooks")).json()["playbooks"]
        return bool(playbook["is_stopped"])

    assert not await is_stopped()
    told = {"playbook": "check_in", "why": "A wrong link."}
    answer = (await api.post("/switches", json=told)).json()
    assert await is_stopped()
    assert (await api.get("/switches")).json() == answer
    assert [{name: each[name] for name in STOPPED} for each in answer["switches"]] == [STOPPED]
    assert (await api.delete("/switches/check_in")).json() == {"switches": []}
    assert (await api.delete("/switches/check_in")).status_code == 404
    assert not await is_stopped()
    await api.post("/switches", json=told | {"playbook": "*"})
    assert await is_stopped()


async def test_a_playbook_that_is_not_there_is_not_stopped(api: httpx.AsyncClient) -> None:
    answer = await api.post("/switches", json={"playbook": "chek_in", "why": "A slip."})
    assert (answer.status_code, (await api.get("/switches")).json()) == (404, {"switches": []})


async def test_a_playbook_is_told_as_it_is_in_use(api: httpx.AsyncClient) -> None:
    assert (await api.get("/playbooks")).json() == {
        "file": "shipped.yaml",
        "version": "shipped@1",
        "playbooks": [
            {
                "name": "check_in",
                "version": 3,
                "label": {"en": "Check-in", "fr": "Prise de nouvelles"},
                "trigger": "OnRequest",
                "purpose": "marketing",
                "is_transactional": False,
                "priority": 50,
                "holdout": 0.1,
                "expires_after_seconds": 172_800.0,
                "goal": {"types": ["order.placed"], "within_seconds": 1_209_600.0},
                "steps": [
                    {
                        "after_seconds": 0.0,
                        "channels": ["email"],
                        "variants": [{"name": "plain", "share": 1.0, "template": "check_in"}],
                        "offer": None,
                    }
                ],
                "is_stopped": False,
            }
        ],
    }


async def test_an_address_is_listed_looked_up_and_taken_off(around: Around, api: httpx.AsyncClient) -> None:
    listed = {"is_listed": True, "why": "complained", "since": "2026-03-01T12:00:00.000Z", "decision": None}
    assert (await api.post("/unwanted/checks", json=ADDRESS)).json() == {"is_listed": False}
    assert (await api.post("/unwanted", json=ADDRESS | {"why": "complained"})).json() == listed
    assert (await api.post("/unwanted/checks", json=ADDRESS)).json() == listed
    assert await around.unwanted.of([ANNS]) == {ANNS.value: Unwanted("complained", NOON)}
    reason = {"reason": "A new consent by letter."}
    assert (await api.post("/unwanted/removals", json=ADDRESS | reason)).json() == {"is_listed": False}
    assert (await api.post("/unwanted/removals", json=ADDRESS | reason)).status_code == 404


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/unwanted", {"address": "0612345678", "why": "bounced"}),
        ("/unwanted", {"address": "ann@example.org", "why": "disliked"}),
        ("/unwanted/removals", {"address": "ann@example.org", "reason": " "}),
        ("/unwanted/checks", {"address": "ann@ example.org"}),
    ],
)
async def test_what_is_no_address_or_no_reason_is_refused_unrepeated(
    path: str, told: dict[str, str], api: httpx.AsyncClient
) -> None:
    answer = await api.post(path, json=told)
    assert (answer.status_code, told["address"] in answer.text) == (422, False)


@pytest.mark.parametrize(("scopes", "expected"), [(["read"], [200, 403, 403, 403]), (["write"], [403, 200, 200, 200])])
async def test_changing_needs_another_scope_than_looking(
    scopes: list[Any], expected: list[int], around: Around
) -> None:
    key = await MongoKeyStore(around.database).create("desk", scopes)
    assert key
    asked: list[tuple[str, str, dict[str, str] | None]] = [
        ("POST", "/unwanted/checks", ADDRESS),
        ("POST", "/unwanted", ADDRESS | {"why": "bounced"}),
        ("POST", "/switches", {"playbook": "*", "why": "A drill."}),
        ("DELETE", "/switches/*", None),
    ]
    async with around.client(key=key) as api:
        assert [(await api.request(verb, path, json=told)).status_code for verb, path, told in asked] == expected


async def test_without_a_key_nothing_else_is_open(around: Around) -> None:
    async with around.client(key=None) as nobody:
        paths = [each for each, methods in (await nobody.get("/openapi.json")).json()["paths"].items() if methods]
        private = [each for each in paths if not each.startswith(("/unsubscribe/", "/callbacks/"))]
        asked = [each.replace("{task}", "0" * 32).replace("{decision}", "0" * 32) for each in private]
        statuses = {
            (await nobody.request(verb, each, json={})).status_code for each in asked for verb in ("GET", "POST")
        }
    assert len(private) == 15
    assert statuses <= {401, 405}
