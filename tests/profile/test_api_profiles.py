"""The profile over HTTP, on a real MongoDB that never scans a collection."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from fidelio_profile.adapters.mongo_outcomes import MongoOutcomeStore
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.storage.mongo import Database, Document
from support.api import KEY, by, client_on, person
from support.interactions import NOON, a_profile_id, a_refold, an_interaction, an_order, customer, email
from support.outcomes import a_notification, a_score, a_segment_change
from support.profile_steps import EPOCH, a_fold, a_resolver, live


@pytest.fixture
async def api(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(database) as client:
        yield client


async def test_the_whole_profile_comes_with_its_outcomes(api: httpx.AsyncClient, database: Database) -> None:
    order = an_order(1)
    await live(database, order)
    score = a_score(profile=person(order))
    told = [score, a_segment_change(profile=score.profile), a_notification(profile=score.profile)]
    await MongoOutcomeStore(database).save(told)
    found = (await api.get(f"/profiles/{person(order)}")).json()
    assert (found["profile"], found["epoch"], found["revision"]) == (person(order), EPOCH, 1)
    assert found["state"]["orders"]["totals"] == [{"currency": "EUR", "count": 1, "revenue": "10.00"}]
    assert found["outcomes"]["scores"]["sequence"] == score.sequence
    assert found["outcomes"]["segments"]["entered"] == ["active"]
    assert [each["step"] for each in found["outcomes"]["notifications"]] == ["decided"]


async def test_without_outcomes_each_of_them_is_null(api: httpx.AsyncClient, database: Database) -> None:
    await live(database, an_interaction(1))
    found = (await api.get(f"/profiles/{person(an_interaction(1))}")).json()
    assert found["outcomes"] == {"scores": None, "segments": None, "notifications": None}


async def test_a_view_says_that_the_profile_is_just_being_folded_anew(
    api: httpx.AsyncClient, database: Database
) -> None:
    await live(database, *(an_order(number) for number in range(3)))
    profile = person(an_order(0))
    before = (await api.get(f"/profiles/{profile}")).json()
    fold = a_fold(database, most_at_once=2)
    fold.next_offset = 1_000
    await fold.settle(encode(a_refold(profile=profile)))
    assert (await api.get(f"/profiles/{profile}")).json() == {**before, "revision": 4, "is_refolding": True}


@pytest.mark.parametrize(
    "value", ["ann@example.org", "a/b/c", "Zoë 🎻", "50% off", "a?b#c", "timeline", "x" * 512], ids=repr
)
async def test_any_value_of_an_identifier_finds_its_person(
    value: str, api: httpx.AsyncClient, database: Database
) -> None:
    first = an_interaction(1, identifiers=[Identifier(kind="loyalty_id", value=value)])
    await live(database, first)
    found = await api.get(by("loyalty_id", value))
    assert (found.status_code, found.json()["profile"]) == (200, person(first))


async def test_who_is_not_folded_yet_is_not_found(api: httpx.AsyncClient, database: Database) -> None:
    first = an_interaction(1)
    await a_resolver(database).settle(encode(first))
    for path in (f"/profiles/{person(first)}", by("customer_id", "ann")):
        assert (await api.get(path)).status_code == 404
    assert (await api.get("/profiles", params={"q": "ann"})).json() == {"people": [], "next": None}
    await live(database, first)
    assert (await api.get(by("customer_id", "ann"))).json()["profile"] == person(first)


async def test_by_another_identifier_it_is_the_same_answer(api: httpx.AsyncClient, database: Database) -> None:
    first = an_interaction(1, identifiers=[customer("42"), email("ann@example.org")])
    await live(database, first)
    answers = [await api.get(path) for path in (f"/profiles/{person(first)}", by("customer_id", "42"))]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/profiles/{a_profile_id('nobody')}", 404),
        (f"/profiles/{a_profile_id('nobody')}/timeline", 404),
        (by("email", "nobody@example.org"), 404),
        (by("no such kind", "nobody"), 404),
        ("/profiles/42", 422),
        (f"/profiles/{'A' * 32}", 422),
        ("/profiles/42/timeline", 422),
        (f"/profiles/{a_profile_id()}/timeline?limit=0", 422),
        (f"/profiles/{a_profile_id()}/timeline?limit=201", 422),
        (f"/profiles/{a_profile_id()}/timeline?limit=many", 422),
        (f"/profiles/{a_profile_id()}/timeline?cursor=nonsense", 400),
        (f"/profiles/{a_profile_id()}/timeline?cursor=bm8gdGltZXxubyBrZXk=", 400),
        (by("email", "x" * 513), 422),
    ],
)
async def test_what_cannot_be_answered_is_told_as_such(path: str, status: int, api: httpx.AsyncClient) -> None:
    answer = await api.get(path)
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)


@pytest.mark.parametrize("key", ["", "wrong", KEY.upper(), f"{KEY} "])
@pytest.mark.parametrize(
    "path", [f"/profiles/{a_profile_id()}", by("email", "a@b.c"), f"/profiles/{a_profile_id()}/timeline"]
)
async def test_without_the_key_nothing_is_told(key: str, path: str, database: Database) -> None:
    async with client_on(database, key=key) as client:
        answer = await client.get(path)
    assert (answer.status_code, KEY in answer.text) == (401, False)


async def test_a_profile_that_did_not_change_is_not_sent_again(api: httpx.AsyncClient, database: Database) -> None:
    first = an_interaction(1)
    await live(database, first)
    path = f"/profiles/{person(first)}"
    tag = (await api.get(path)).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"another", {tag}', "*"):
        answer = await api.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    assert (await api.get(by("customer_id", "ann"), headers={"If-None-Match": tag})).status_code == 304
    assert (await api.get(path, headers={"If-None-Match": '"another"'})).status_code == 200


@pytest.mark.parametrize("change", ["an interaction", "a score"])
async def test_a_tag_covers_the_profile_and_its_outcomes(
    change: str, api: httpx.AsyncClient, database: Database
) -> None:
    first = an_interaction(1)
    await live(database, first)
    path = f"/profiles/{person(first)}"
    tag = (await api.get(path)).headers["ETag"]
    if change == "a score":
        await MongoOutcomeStore(database).save([a_score(profile=person(first))])
    else:
        await live(database, an_interaction(2))
    answer = await api.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["ETag"] != tag) == (200, True)


async def timeline(api: httpx.AsyncClient, profile: ProfileId, limit: int) -> list[list[Any]]:
    """Its pages, as ids."""
    pages: list[list[Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await api.get(
            f"/profiles/{profile}/timeline", params={"limit": limit, **({"cursor": cursor} if cursor else {})}
        )
        pages.append([each["source_id"] for each in answer.json()["interactions"]])
        cursor = answer.json()["next"]
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 12, 13])
async def test_a_timeline_is_paged_without_loss_also_where_instants_are_equal(
    limit: int, api: httpx.AsyncClient, database: Database
) -> None:
    told = [an_interaction(number, occurred_at=NOON + timedelta(hours=number // 4)) for number in range(12)]
    await live(database, *told)
    pages = await timeline(api, person(told[0]), limit)
    latest_first = sorted(told, key=lambda each: (each.occurred_at, each.id), reverse=True)
    assert [each for page in pages for each in page] == [each.source_id for each in latest_first]
    assert all(len(page) <= limit for page in pages)


async def test_what_happens_between_two_pages_neither_repeats_nor_hides_an_entry(
    api: httpx.AsyncClient, database: Database
) -> None:
    told = [an_interaction(number, occurred_at=NOON + timedelta(hours=number)) for number in range(4)]
    await live(database, *told)
    first = (await api.get(f"/profiles/{person(told[0])}/timeline", params={"limit": 2})).json()
    await live(database, an_interaction(9, occurred_at=NOON + timedelta(hours=9)))
    second = await api.get(f"/profiles/{person(told[0])}/timeline", params={"limit": 2, "cursor": first["next"]})
    seen = [each["source_id"] for page in (first, second.json()) for each in page["interactions"]]
    assert seen == ["3", "2", "1", "0"]


async def test_entries_are_the_interactions_as_they_were_told(api: httpx.AsyncClient, database: Database) -> None:
    order = an_order(1, data={"basket": [{"sku": "A-1", "count": 2}]})
    await live(database, order)
    entries = (await api.get(f"/profiles/{person(order)}/timeline")).json()["interactions"]
    assert [Interaction.model_validate(each) for each in entries] == [order]


async def test_the_description_of_the_api_names_every_route(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    assert set(paths) == {
        "/profiles",
        "/profiles.ndjson",
        "/profiles/{profile}",
        "/profiles/by/{kind}/{value}",
        "/profiles/{profile}/timeline",
        "/accounts/{account}",
        "/timeline.ndjson",
        "/profiles/{profile}/identity",
        "/profiles/{profile}/split",
        "/profiles/{profile}/merge",
        "/requests/{request}",
        "/identity/reviews",
        "/identity/reviews/{review}/confirm",
        "/identity/reviews/{review}/reject",
        "/profiles/{profile}/export",
        "/profiles/{profile}/accesses",
        "/profiles/{profile}/corrections",
        "/profiles/{profile}/objections",
        "/profiles/{profile}/erasure",
        "/profiles/{profile}/erase",
        "/erasures/{erasure}",
    }
    for told in (operation for each in paths.values() for operation in each.values()):
        assert told["description"]
        assert {"401", "403", "422", "503"} <= set(told["responses"])


async def test_without_its_database_it_says_so() -> None:
    nothing_listens = AsyncMongoClient[Document]("mongodb://127.0.0.1:1/", serverSelectionTimeoutMS=100)
    async with nothing_listens, client_on(nothing_listens.get_database("profile")) as client:
        answer = await client.get(f"/profiles/{a_profile_id()}")
    assert (answer.status_code, "mongodb" in answer.text) == (503, True)
