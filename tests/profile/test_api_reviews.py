"""Doubts about who is who: listed once, settled by people, explained with what links a person."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fidelio_profile.domain.people import identity_key
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.storage.mongo import Database
from support.api import by, client_on, pages, person
from support.interactions import NOON, a_profile_id, an_interaction, an_order, customer, device, email
from support.people_at_work import FoldedAtOnce, People

ANN, BOB, ADDRESS = customer("ann"), customer("bob"), email("ann@example.org")
HER_ORDER, HIS_ORDER = an_order(1, identifiers=[ANN, ADDRESS]), an_order(2, identifiers=[BOB])
DOUBTFUL = [an_order(each, identifiers=[BOB, ADDRESS], received_at=NOON + timedelta(hours=each)) for each in (3, 4)]
"""A profile holds one customer id by evidence: the weaker identifier is set aside."""
DOUBT = hash16("review", person(HIS_ORDER), identity_key(ADDRESS), "limit")


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
async def api(database: Database, people: People) -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(database, publisher=FoldedAtOnce(people)) as client:
        yield client


async def listed(api: httpx.AsyncClient, **asked: Any) -> list[Any]:
    return [each for page in await pages(api, "/identity/reviews", **asked) for each in page["reviews"]]


async def settle(api: httpx.AsyncClient, what: str, review: str = DOUBT) -> httpx.Response:
    return await api.post(f"/identity/reviews/{review}/{what}")


async def owner(api: httpx.AsyncClient, identifier: Identifier) -> str | None:
    answer = await api.get(by(identifier.kind, identifier.value))
    return answer.json()["profile"] if answer.status_code == 200 else None


def a_doubt(status: str = "open") -> dict[str, object]:
    return {
        "review": DOUBT,
        "profile": person(HIS_ORDER),
        "identifier": ADDRESS.model_dump(),
        "reason": "limit",
        "kind": "customer_id",
        "owner": person(HER_ORDER),
        "interaction": DOUBTFUL[0].id,
        "at": "2026-03-01T15:00:00.000Z",
        "status": status,
    }


async def test_a_doubt_is_listed_once_however_often_it_comes_up(
    api: httpx.AsyncClient, people: People, database: Database
) -> None:
    await people.say(HER_ORDER, HIS_ORDER, *DOUBTFUL)
    assert await listed(api) == [a_doubt()]
    assert await listed(api, status="rejected") == await listed(api, status="confirmed") == []
    looks = await database.accesses.find({}).to_list()
    assert [(each["profile"].hex(), each["what"]) for each in looks] == [
        (each, "/identity/reviews") for each in sorted(map(person, (HER_ORDER, HIS_ORDER)))
    ]


async def test_doubts_come_in_pages(api: httpx.AsyncClient, people: People) -> None:
    for number in range(5):
        hers, his = customer(f"her {number}"), customer(f"his {number}")
        address = email(f"{number}@example.org")
        told = [[hers, address], [his], [his, address]]
        await people.say(
            *(an_order(10 * number + place, identifiers=each) for place, each in enumerate(told, start=10))
        )
    whole = await listed(api, limit=100)
    assert (len(whole), [each["review"] for each in whole]) == (5, sorted(each["review"] for each in whole))
    for limit in (1, 2, 5):
        assert await listed(api, limit=limit) == whole


async def test_what_people_rejected_is_never_asked_again(api: httpx.AsyncClient, people: People) -> None:
    await people.say(HER_ORDER, HIS_ORDER, *DOUBTFUL)
    answer = await settle(api, "reject")
    assert (answer.status_code, answer.json()) == (200, a_doubt("rejected"))
    phone = Identifier(kind="phone", value="+33612345678")
    await people.say(
        an_order(5, identifiers=[BOB, ADDRESS]),
        an_order(6, identifiers=[ANN, phone]),
        an_order(7, identifiers=[BOB, phone]),
    )
    assert await listed(api) == []
    assert await listed(api, status="rejected") == [a_doubt("rejected")]
    assert [await owner(api, each) for each in (ANN, ADDRESS, phone, BOB)] == [
        *[person(HER_ORDER)] * 3,
        person(HIS_ORDER),
    ]
    for what in ("confirm", "reject"):
        again = await settle(api, what)
        assert (again.status_code, again.json()) == (409, {"detail": "this review was rejected before"})


async def test_what_people_confirmed_is_one_person_beyond_the_limit(api: httpx.AsyncClient, people: People) -> None:
    await people.say(HER_ORDER, HIS_ORDER, *DOUBTFUL)
    answer = await settle(api, "confirm")
    assert (answer.status_code, answer.json()) == (200, a_doubt("confirmed"))
    await people.say(an_order(5, identifiers=[BOB, ADDRESS]), an_order(6, identifiers=[ANN, BOB]))
    assert [await owner(api, each) for each in (ANN, ADDRESS, BOB)] == [person(HER_ORDER)] * 3
    view = (await api.get(f"/profiles/{person(HER_ORDER)}")).json()
    assert view["state"]["interactions"] == 6
    assert (await listed(api), await listed(api, status="confirmed")) == ([], [a_doubt("confirmed")])
    again = await settle(api, "reject")
    assert (again.status_code, again.json()) == (409, {"detail": "this review was confirmed before"})


@pytest.mark.parametrize(("what", "finds"), [("confirm", person(HIS_ORDER)), ("reject", None)])
async def test_an_identifier_too_many_that_nobody_has_is_added_where_people_say_so(
    what: str, finds: str | None, api: httpx.AsyncClient, people: People
) -> None:
    own = [email(f"{each}@example.org") for each in range(5)]
    await people.say(HIS_ORDER, an_order(3, identifiers=[BOB, *own]), an_order(4, identifiers=[BOB, ADDRESS]))
    (doubt,) = await listed(api)
    assert (doubt["identifier"], doubt["kind"], doubt["owner"]) == (ADDRESS.model_dump(), "email", None)
    assert (await settle(api, what)).status_code == 200
    assert await owner(api, ADDRESS) == finds
    await people.say(an_order(5, identifiers=[BOB, ADDRESS]))
    assert await listed(api) == []
    assert await owner(api, ADDRESS) == finds


async def test_a_doubt_that_came_true_otherwise_can_still_be_confirmed(api: httpx.AsyncClient, people: People) -> None:
    await people.say(HER_ORDER, HIS_ORDER, *DOUBTFUL)
    merged = await api.post(f"/profiles/{person(HIS_ORDER)}/merge", json={"other": person(HER_ORDER)})
    assert merged.status_code == 200
    refused = await settle(api, "reject")
    assert (refused.status_code, refused.json()) == (409, {"detail": "these are one profile already; split it"})
    assert await listed(api) == [a_doubt()]
    assert (await settle(api, "confirm")).json() == a_doubt("confirmed")
    assert await listed(api) == []


async def test_people_may_merge_what_they_rejected_before(api: httpx.AsyncClient, people: People) -> None:
    await people.say(HER_ORDER, HIS_ORDER, *DOUBTFUL)
    await settle(api, "reject")
    merged = await api.post(f"/profiles/{person(HIS_ORDER)}/merge", json={"other": person(HER_ORDER)})
    assert (merged.status_code, merged.json()["is_done"]) == (200, True)
    assert await owner(api, BOB) == person(HER_ORDER)


@pytest.mark.parametrize("what", ["confirm", "reject"])
async def test_a_review_that_there_is_not_cannot_be_settled(what: str, api: httpx.AsyncClient) -> None:
    answer = await settle(api, what)
    assert (answer.status_code, answer.json()) == (404, {"detail": "no review has this id"})


async def test_why_this_is_one_person(api: httpx.AsyncClient, people: People) -> None:
    """Links, a chain of merges, a doubt, who was separated and what is shared."""
    tablet, shop = device("tablet"), device("till")
    first = an_order(1, identifiers=[ANN, ADDRESS])
    phone, second = Identifier(kind="phone", value="+33612345678"), email("second@example.org")
    by_phone = an_order(20, identifiers=[phone], received_at=NOON + timedelta(minutes=1))
    by_mail = an_order(21, identifiers=[second, tablet], received_at=NOON + timedelta(minutes=2))
    joins = an_order(22, identifiers=[phone, second], received_at=NOON + timedelta(minutes=3))
    joins_all = an_order(23, identifiers=[ADDRESS, second], received_at=NOON + timedelta(minutes=4))
    at_till = an_order(24, identifiers=[ANN, shop], received_at=NOON + timedelta(minutes=5))
    others = [an_interaction(30 + each, identifiers=[customer(f"other {each}"), shop]) for each in range(5)]
    doubt = an_order(40, identifiers=[ANN, BOB], received_at=NOON + timedelta(minutes=6))
    await people.say(first, by_phone, by_mail, joins, joins_all, at_till, *others, HIS_ORDER, doubt)
    split = {"identifiers": [tablet.model_dump()]}
    (apart,) = (await api.post(f"/profiles/{person(first)}/split", json=split)).json()["others"]
    found = (await api.get(f"/profiles/{person(by_mail)}/identity")).json()
    assert found == {
        "profile": person(first),
        "created_at": "2026-03-01T12:00:00.000Z",
        "identifiers": [
            {"identifier": each.model_dump(), "interaction": by.id, "at": at, "is_shared": is_shared}
            for each, by, at, is_shared in (
                (ANN, first, "2026-03-01T12:00:00.000Z", False),
                (shop, at_till, "2026-03-01T12:05:00.000Z", True),
                (ADDRESS, first, "2026-03-01T12:00:00.000Z", False),
                (second, by_mail, "2026-03-01T12:02:00.000Z", False),
                (phone, by_phone, "2026-03-01T12:01:00.000Z", False),
            )
        ],
        "merged": [
            {"profile": person(by_mail), "by": joins.id, "at": "2026-03-01T12:03:00.000Z"},
            {"profile": person(by_phone), "by": joins_all.id, "at": "2026-03-01T12:04:00.000Z"},
        ],
        "apart": [apart],
        "doubts": [
            {
                "review": hash16("review", person(first), identity_key(BOB), "limit"),
                "identifier": BOB.model_dump(),
                "reason": "limit",
                "kind": "customer_id",
                "owner": person(HIS_ORDER),
                "interaction": doubt.id,
                "at": "2026-03-01T12:06:00.000Z",
                "status": "open",
            }
        ],
    }


async def test_who_merged_them_is_told_of_a_merge_by_people(api: httpx.AsyncClient, people: People) -> None:
    await people.say(HER_ORDER, HIS_ORDER)
    merge = await api.post(f"/profiles/{person(HIS_ORDER)}/merge", json={"other": person(HER_ORDER)})
    found = (await api.get(f"/profiles/{person(HER_ORDER)}/identity")).json()
    assert [(each["profile"], each["by"]) for each in found["merged"]] == [
        (each, merge.json()["request"]) for each in merge.json()["others"]
    ]


async def test_a_look_at_the_explanation_is_on_record(
    api: httpx.AsyncClient, people: People, database: Database
) -> None:
    await people.say(HER_ORDER)
    assert (await api.get(f"/profiles/{a_profile_id('nobody')}/identity")).status_code == 404
    await api.get(f"/profiles/{person(HER_ORDER)}/identity", headers={"X-Purpose": "a call"})
    (look,) = await database.accesses.find({}).to_list()
    assert (look["profile"].hex(), look["what"], look["purpose"]) == (
        person(HER_ORDER),
        "/profiles/{profile}/identity",
        "a call",
    )
