"""A profile of which a split left only its identifiers: nothing is known of it, and no endpoint minds."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fidelio_shared.storage.mongo import Database
from support.api import by, client_on, person
from support.interactions import an_interaction, an_order, customer, email
from support.people_at_work import FoldedAtOnce, People
from support.profile_steps import EPOCH

ANN, ADDRESS = customer("ann"), email("ann@example.org")
ORDER = an_order(1, identifiers=[ANN, ADDRESS], account_id="acme", traits={"name": "Ann"})
EMPTIED = person(ORDER)


@pytest.fixture
async def people(database: Database) -> People:
    people = People(database)
    await people.say(ORDER)
    return people


@pytest.fixture
async def api(database: Database, people: People) -> AsyncIterator[httpx.AsyncClient]:
    """All came under the stronger identifier, which is somebody else's now."""
    async with client_on(database, publisher=FoldedAtOnce(people)) as client:
        split = {"identifiers": [ANN.model_dump()]}
        (await client.post(f"/profiles/{EMPTIED}/split", json=split)).raise_for_status()
        yield client


async def other(api: httpx.AsyncClient) -> str:
    found: str = (await api.get(by("customer_id", "ann"))).json()["profile"]
    assert found != EMPTIED
    return found


@pytest.mark.parametrize("path", [f"/profiles/{EMPTIED}", by("email", ADDRESS.value)])
async def test_its_view_has_no_state(path: str, api: httpx.AsyncClient) -> None:
    answer = await api.get(path, params={"include": "timeline,outcomes,identity"})
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "profile": EMPTIED,
            "epoch": EPOCH,
            "revision": 2,
            "state": None,
            "outcomes": {"scores": None, "segments": None, "notifications": None},
            "timeline": {"interactions": [], "next": None},
            "identity": {"identifiers": [ADDRESS.model_dump()]},
        },
    )


async def test_its_timeline_is_empty_and_its_identity_explained(api: httpx.AsyncClient) -> None:
    timeline = await api.get(f"/profiles/{EMPTIED}/timeline")
    assert timeline.json() == {"interactions": [], "next": None}
    found = (await api.get(f"/profiles/{EMPTIED}/identity")).json()
    assert [each["identifier"] for each in found["identifiers"]] == [ADDRESS.model_dump()]
    assert found["apart"] == [await other(api)]


@pytest.mark.parametrize("asked", ["ann", "ann@example.org"])
async def test_a_search_shows_whom_something_is_known_of(asked: str, api: httpx.AsyncClient) -> None:
    found = (await api.get("/profiles", params={"q": asked})).json()
    expected = [await other(api)] if asked == "ann" else []
    assert ([each["profile"] for each in found["people"]], found["next"]) == (expected, None)


async def test_its_account_counts_who_took_over(api: httpx.AsyncClient) -> None:
    found = (await api.get("/accounts/acme")).json()
    assert ([each["profile"] for each in found["people"]], found["members"], found["interactions"]) == (
        [await other(api)],
        1,
        1,
    )


@pytest.mark.parametrize("path", ["/profiles.ndjson", "/timeline.ndjson"])
async def test_streams_name_who_took_over(path: str, api: httpx.AsyncClient) -> None:
    (line,) = (await api.get(path)).text.splitlines()
    assert f'"profile":"{await other(api)}"' in line


async def test_it_can_be_exported_and_its_erasure_looked_at(api: httpx.AsyncClient) -> None:
    told: dict[str, Any] = (await api.get(f"/profiles/{EMPTIED}/export")).json()
    assert (told["profile"], told["interactions"]) == ([{"profile": EMPTIED, "revision": 2, "state": None}], [])
    assert (await api.get(f"/profiles/{EMPTIED}/export", params={"format": "html"})).status_code == 200
    preview = (await api.get(f"/profiles/{EMPTIED}/erasure")).json()
    assert (preview["interactions"], preview["identifiers"]) == (0, [ADDRESS.model_dump()])


async def test_it_is_somebody_again_with_the_next_interaction(api: httpx.AsyncClient, people: People) -> None:
    await people.say(an_interaction(2, identifiers=[ADDRESS]))
    view = (await api.get(f"/profiles/{EMPTIED}")).json()
    assert (view["revision"], view["state"]["interactions"]) == (3, 1)


async def test_it_can_be_merged_with_who_took_over(api: httpx.AsyncClient) -> None:
    merged = await api.post(f"/profiles/{await other(api)}/merge", json={"other": EMPTIED})
    assert merged.json()["is_done"]
    view = (await api.get(by("email", ADDRESS.value))).json()
    assert (view["profile"], view["state"]["interactions"]) == (EMPTIED, 1)
