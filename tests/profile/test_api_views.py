"""What a view includes, whom it shows after merges and erasures, and which interactions a timeline shows."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from fidelio_profile.adapters.mongo_outcomes import MongoOutcomeStore
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database
from support.api import by, client_on, merge, pages, person
from support.interactions import NOON, a_profile_id, an_interaction, an_order, customer, email
from support.outcomes import a_score
from support.profile_steps import live

ALWAYS = {"profile", "epoch", "revision", "state"}
ANN, ANNA, ANNE = (an_order(number, identifiers=[customer(str(number))]) for number in (1, 2, 3))


@pytest.fixture
async def api(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(database) as client:
        yield client


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        (None, {"outcomes"}),
        ("", set[str]()),
        ("identity", {"identity"}),
        ("timeline,outcomes", {"timeline", "outcomes"}),
        ("outcomes,outcomes,timeline", {"timeline", "outcomes"}),
        ("identity,timeline,outcomes", {"timeline", "outcomes", "identity"}),
    ],
)
async def test_a_view_includes_what_is_asked_for(
    include: str | None, expected: set[str], api: httpx.AsyncClient, database: Database
) -> None:
    await live(database, ANN)
    parameters = {} if include is None else {"include": include}
    for path in (f"/profiles/{person(ANN)}", by("customer_id", "1")):
        assert (await api.get(path, params=parameters)).json().keys() == ALWAYS | expected


@pytest.mark.parametrize("include", ["everything", "outcomes,", ",", "outcomes;timeline", "Timeline"])
async def test_what_cannot_be_included_is_refused(include: str, api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/profiles/{a_profile_id()}", params={"include": include})
    assert (answer.status_code, answer.json()["detail"].startswith("include: ")) == (422, True)


async def test_identity_lists_by_what_the_person_is_found(api: httpx.AsyncClient, database: Database) -> None:
    await live(database, an_interaction(1, identifiers=[customer("a:b"), email("ann@example.org")]))
    found = (await api.get(f"{by('customer_id', 'a:b')}?include=identity")).json()
    assert found["identity"]["identifiers"] == [
        {"kind": "customer_id", "value": "a:b"},
        {"kind": "email", "value": "ann@example.org"},
    ]


async def test_the_timeline_of_a_view_is_its_first_page(api: httpx.AsyncClient, database: Database) -> None:
    told = [an_interaction(each, occurred_at=NOON + timedelta(hours=each)) for each in range(60)]
    await live(database, *told)
    path = f"/profiles/{person(told[0])}"
    view = (await api.get(f"{path}?include=timeline")).json()
    first = (await api.get(f"{path}/timeline")).json()
    assert view["timeline"] == first
    assert [each["source_id"] for each in first["interactions"]] == [str(each) for each in range(59, 9, -1)]
    rest = (await api.get(f"{path}/timeline", params={"cursor": view["timeline"]["next"]})).json()
    assert ([each["source_id"] for each in rest["interactions"]], rest["next"]) == (list("9876543210"), None)


async def test_a_merged_profile_is_answered_by_what_it_has_become(api: httpx.AsyncClient, database: Database) -> None:
    """Twice merged: two hops."""
    await live(database, ANN, ANNA, ANNE)
    await MongoOutcomeStore(database).save([a_score(profile=person(ANN))])
    await merge(database, person(ANNE), person(ANNA))
    await merge(database, person(ANNA), person(ANN))
    direct, hopped, by_value = [
        (await api.get(path)).json()
        for path in (f"/profiles/{person(ANN)}", f"/profiles/{person(ANNE)}", by("customer_id", "3"))
    ]
    assert "merged_from" not in direct
    assert hopped == direct | {"merged_from": person(ANNE)}
    assert by_value == direct
    assert direct["outcomes"]["scores"]["sequence"] == 1


async def test_a_look_at_a_merged_profile_is_one_at_what_it_has_become(
    api: httpx.AsyncClient, database: Database
) -> None:
    await live(database, ANN, ANNA)
    await merge(database, person(ANNA), person(ANN))
    await api.get(f"/profiles/{person(ANNA)}")
    await api.get(f"/profiles/{person(ANNA)}/timeline")
    assert [each["profile"].hex() for each in await database.accesses.find({}).to_list()] == [person(ANN)] * 2


async def test_a_timeline_holds_what_came_under_absorbed_ids(api: httpx.AsyncClient, database: Database) -> None:
    told = [
        an_order(each, identifiers=[customer(str(each % 3))], occurred_at=NOON + timedelta(hours=each // 2))
        for each in range(12)
    ]
    await live(database, *told)
    await merge(database, person(told[2]), person(told[1]))
    await merge(database, person(told[1]), person(told[0]))
    latest_first = [each.source_id for each in sorted(told, key=lambda each: (each.occurred_at, each.id), reverse=True)]
    for asked in told[:3]:
        for limit in (1, 5, 12):
            assert await timeline(api, person(asked), limit=limit) == latest_first


async def test_merges_without_end_are_an_error_of_the_store(api: httpx.AsyncClient, database: Database) -> None:
    await live(database, ANN, ANNA)
    await merge(database, person(ANNA), person(ANN))
    await database.profiles.replace_one(
        {"_id": bytes.fromhex(person(ANN))}, {"merged_into": bytes.fromhex(person(ANNA))}
    )
    assert (await api.get(f"/profiles/{person(ANN)}")).status_code == 503


async def test_an_erased_profile_is_gone_without_a_word(api: httpx.AsyncClient, database: Database) -> None:
    await live(database, ANN, ANNA)
    await merge(database, person(ANNA), person(ANN))
    key = bytes.fromhex(person(ANN))
    await database.profiles.replace_one({"_id": key}, {"_id": key, "erased_at": datetime(2026, 3, 1, tzinfo=UTC)})
    for path in (f"/profiles/{person(ANN)}", f"/profiles/{person(ANNA)}", f"/profiles/{person(ANN)}/timeline"):
        answer = await api.get(path)
        assert (answer.status_code, answer.json()) == (410, {"detail": "Gone"})
    assert await database.accesses.find({}).to_list() == []


KINDS = [("web", "page.viewed"), ("web", "product.viewed"), ("store", "order.placed"), ("phone", "call.ended")]
HISTORY = [
    an_interaction(each, channel=KINDS[each % 4][0], type=KINDS[each % 4][1], occurred_at=NOON + timedelta(hours=each))
    for each in range(24)
]


async def timeline(api: httpx.AsyncClient, profile: ProfileId, **parameters: Any) -> list[str]:
    found = await pages(api, f"/profiles/{profile}/timeline", **parameters)
    return [each["source_id"] for page in found for each in page["interactions"]]


def hour(number: int) -> str:
    return (NOON + timedelta(hours=number)).isoformat()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"channel": "web"}, lambda each: each.channel == "web"),
        ({"channel": ["store", "phone"]}, lambda each: each.channel != "web"),
        ({"type": "order.placed"}, lambda each: each.type == "order.placed"),
        ({"type": ["order.placed", "call.ended"], "channel": "phone"}, lambda each: each.type == "call.ended"),
        ({"type": "never.heard"}, lambda each: False),
        ({"since": hour(20)}, lambda each: each.occurred_at >= NOON + timedelta(hours=20)),
        ({"until": hour(3)}, lambda each: each.occurred_at < NOON + timedelta(hours=3)),
        ({"since": hour(3), "until": "2026-03-01T18:00:00+03:00"}, lambda each: False),
        (
            {"since": hour(3), "until": hour(9), "channel": "web"},
            lambda each: each.channel == "web" and timedelta(hours=3) <= each.occurred_at - NOON < timedelta(hours=9),
        ),
    ],
)
@pytest.mark.parametrize("limit", [2, 50])
async def test_a_timeline_shows_only_what_is_asked_for(
    limit: int, parameters: dict[str, Any], expected: Any, api: httpx.AsyncClient, database: Database
) -> None:
    await live(database, *HISTORY)
    shown = [each.source_id for each in reversed(HISTORY) if expected(each)]
    assert await timeline(api, person(HISTORY[0]), limit=limit, **parameters) == shown


@pytest.mark.parametrize(
    "parameters",
    [
        {"since": "2026-03-01T00:00:00"},
        {"since": "yesterday"},
        {"until": "0001-01-01T00:00:00+09:00"},
        {"type": ["a"] * 21},
    ],
)
async def test_what_is_no_instant_is_refused(parameters: dict[str, Any], api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/profiles/{a_profile_id()}/timeline", params=parameters)).status_code == 422


async def test_a_page_looks_at_no_more_than_it_shows(api: httpx.AsyncClient, database: Database) -> None:
    """Of a long timeline, after a merge, in its middle: read by the index in its order, and not sorted."""
    own, absorbed = (
        [
            an_interaction(
                1000 * who + each, identifiers=[customer(str(who))], occurred_at=NOON + timedelta(hours=each)
            )
            for each in range(150)
        ]
        for who in (1, 2)
    )
    await live(database, *own, *absorbed)
    await merge(database, person(absorbed[0]), person(own[0]))
    path = f"/profiles/{person(own[0])}/timeline"
    cursor = (await api.get(path, params={"limit": 100})).json()["next"]
    await database.command("profile", 2)
    assert len((await api.get(path, params={"limit": 10, "cursor": cursor})).json()["interactions"]) == 10
    await database.command("profile", 0)
    (seen,) = [each for each in await database["system.profile"].find({}).to_list() if each["ns"].endswith(".timeline")]
    assert (seen["docsExamined"] <= 14, seen["keysExamined"] <= 14, seen.get("hasSortStage", False)) == (
        True,
        True,
        False,
    )
