"""Who is meant: a search for people in service, on a server that never scans a collection."""

from collections.abc import AsyncIterator, Iterable
from random import Random
from typing import Any

import httpx
import pytest

from fidelio_profile.adapters.mongo_outcomes import MongoOutcomeStore
from fidelio_profile.domain.outcomes import Outcome
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.contracts.scoring import Band, Membership
from fidelio_shared.storage.mongo import Database
from support.api import client_on, merge, pages, person
from support.interactions import NOON, an_interaction, an_order, customer, email
from support.outcomes import a_score, a_segment_change
from support.profile_steps import live

ANN = an_order(
    1,
    identifiers=[customer("42"), email("ann.smith@example.org"), Identifier(kind="phone", value="+33612345678")],
    traits={"first_name": "Ann", "last_name": "Smith"},
)
ZOE = an_order(2, identifiers=[customer("annabel"), email("zoe@example.org")], traits={"name": "Zoë O'Neil-Ann"})
BOB = an_order(3, identifiers=[customer("7"), email("smith.ann@example.org")], traits={"name": "Bob (50%)"})


@pytest.fixture
async def api(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(database) as client:
        yield client


async def found(api: httpx.AsyncClient, **asked: Any) -> list[ProfileId]:
    return [each["profile"] for page in await pages(api, "/profiles", **asked) for each in page["people"]]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("42", [ANN]),
        ("7", [BOB]),
        ("customer_id:42", [ANN]),
        ("+33612345678", [ANN]),
        (" ann.smith@example.org ", [ANN]),
        ("Ann.Smith@Example.org", [ANN]),
        ("annabel", [ZOE]),
        ("ann", [ANN, ZOE]),
        ("ANN S", [ANN]),
        ("smith", [BOB, ANN]),
        ("smith ann", [ANN]),
        ("zoe", [ZOE]),
        ("zoë o'n", [ZOE]),
        ("neil", [ZOE]),
        ("o neil ann", [ZOE]),
        ("50", [BOB]),
        ("a", []),
        ("4", []),
        ("nobody", []),
        (".*", []),
        ("^ann", [ANN, ZOE]),
        ("$gt", []),
        ("   ", []),
    ],
)
async def test_people_are_found_by_what_one_knows_of_them(
    asked: str, expected: list[Interaction], api: httpx.AsyncClient, database: Database
) -> None:
    await live(database, ANN, ZOE, BOB)
    assert sorted(await found(api, q=asked)) == sorted(map(person, expected))


async def test_exact_identifiers_come_first_then_addresses_then_names(
    api: httpx.AsyncClient, database: Database
) -> None:
    by_name = an_order(4, identifiers=[customer("1")], traits={"name": "Annabel"})
    by_address = an_order(5, identifiers=[email("annabel@example.org")])
    await live(database, by_name, by_address, ZOE)
    for limit in (1, 2, 3):
        assert await found(api, q="annabel", limit=limit) == [person(each) for each in (ZOE, by_address, by_name)]


async def test_a_person_is_shown_with_what_tells_them_apart(api: httpx.AsyncClient, database: Database) -> None:
    await live(database, ANN)
    page = (await api.get("/profiles", params={"q": "42"})).json()
    assert page == {
        "people": [
            {
                "profile": person(ANN),
                "name": "Ann Smith",
                "identifiers": [
                    {"kind": "customer_id", "value": "42"},
                    {"kind": "email", "value": "ann.smith@example.org"},
                    {"kind": "phone", "value": "+33612345678"},
                ],
                "interactions": 1,
                "last_at": "2026-03-01T12:00:00.000Z",
            }
        ],
        "next": None,
    }


FORENAMES = ("Ann", "Anna", "Anne-Ann", "Ána", "Bea", "An An Ann")


def crowd(random: Random) -> list[Interaction]:
    """People with several names and addresses that begin alike."""
    return [
        an_interaction(
            number,
            identifiers=[customer(f"c{number}"), *_addresses(random, number)],
            traits={"name": random.choice(FORENAMES), "first_name": random.choice(FORENAMES), "last_name": "Anson"},
        )
        for number in range(40)
    ]


def _addresses(random: Random, number: int) -> Iterable[Identifier]:
    for place in range(random.randint(0, 3)):
        yield email(f"{random.choice(('an', 'ann', 'bea'))}{place}.{number}@example.org")


@pytest.mark.parametrize("asked", ["an", "ann", "an an", "bea", "anson"])
@pytest.mark.parametrize("seed", range(3))
async def test_pages_of_any_size_show_everybody_once_and_in_one_order(
    seed: int, asked: str, api: httpx.AsyncClient, database: Database
) -> None:
    people = crowd(Random(seed))
    await live(database, *people)
    whole = await found(api, q=asked, limit=50)
    assert sorted(whole) == sorted(person(each) for each in people if _begins(each, asked))
    for limit in (1, 2, 7, 39, 40):
        assert await found(api, q=asked, limit=limit) == whole


def _begins(told: Interaction, asked: str) -> bool:
    """The plain meaning: an address, or the words of a name from any of them on, begin with it."""
    whole, first, last = (str(told.traits[each]) for each in ("name", "first_name", "last_name"))
    words = [_plain(each).split() for each in (whole, f"{first} {last}", f"{last} {first}")]
    beginnings = [" ".join(each[place:]) for each in words for place in range(len(each))]
    addresses = [each.value for each in told.identifiers if each.kind == "email"]
    return any(each.startswith(asked) for each in beginnings + addresses)


def _plain(name: str) -> str:
    return name.lower().replace("á", "a").replace("-", " ")


async def test_a_merged_person_is_found_once_and_by_either_identifier(
    api: httpx.AsyncClient, database: Database
) -> None:
    await live(database, ANN, BOB)
    await merge(database, person(BOB), person(ANN))
    for asked in ("7", "42", "smith", "smith.ann@example.org"):
        assert await found(api, q=asked) == [person(ANN)]


async def test_segments_and_bands_list_their_people(api: httpx.AsyncClient, database: Database) -> None:
    people = [an_interaction(number, identifiers=[customer(str(number))]) for number in range(9)]
    await live(database, *people)
    await MongoOutcomeStore(database).save(
        [each for number in range(9) for each in _outcomes(person(people[number]), number)]
    )
    expected = {name: sorted(person(people[number]) for number in numbers) for name, numbers in _MEMBERS.items()}
    for limit in (1, 2, 3, 50):
        assert await found(api, segment="active", limit=limit) == expected["active"]
        assert await found(api, segment="at_risk", limit=limit) == expected["at_risk"]
        assert await found(api, band="high", limit=limit) == expected["high"]
    assert await found(api, band="low") == await found(api, segment="nobody's") == []


_MEMBERS = {"active": range(9), "at_risk": range(0, 9, 2), "high": range(0, 9, 3), "watch": (1, 2, 4, 5, 7, 8)}


def _outcomes(profile: ProfileId, number: int) -> list[Outcome]:
    segments = [name for name in ("active", "at_risk") if number in _MEMBERS[name]]
    change, score = a_segment_change(profile=profile), a_score(profile=profile)
    band: Band = "high" if number in _MEMBERS["high"] else "watch"
    memberships = tuple(Membership(segment=each, since=NOON) for each in segments)
    return [
        change.model_copy(update={"memberships": memberships}),
        score.model_copy(update={"churn": score.churn.model_copy(update={"band": band})}),
    ]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 422),
        ({"q": "ann", "band": "high"}, 422),
        ({"segment": "active", "band": "high"}, 422),
        ({"q": ""}, 422),
        ({"q": "x" * 513}, 422),
        ({"band": "tiny"}, 422),
        ({"q": "ann", "limit": 51}, 422),
        ({"q": "ann", "cursor": "nonsense"}, 400),
        ({"q": "ann", "cursor": "WyJuYW1lIiwiYW5uIiwibm8gaGV4Il0="}, 400),
        ({"q": "ann", "cursor": "WyJ3aGVyZSIsImFubiJd"}, 400),
        ({"q": "ann", "cursor": "W3siJGd0IjoiIn0sImFubiJd"}, 400),
        ({"band": "high", "cursor": "WyJubyBoZXgiXQ=="}, 400),
        ({"band": "high", "cursor": "WyJhYSIsImJiIl0="}, 400),
    ],
)
async def test_what_cannot_be_searched_for_is_refused(
    asked: dict[str, Any], status: int, api: httpx.AsyncClient
) -> None:
    answer = await api.get("/profiles", params=asked)
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)


async def test_a_refusal_does_not_repeat_what_was_searched_for(api: httpx.AsyncClient) -> None:
    told = "ann@example.org" * 40
    assert "example" not in (await api.get("/profiles", params={"q": told})).text
    assert "example" not in (await api.get(f"/profiles/by/email/{told}")).text


@pytest.mark.parametrize("asked", [{"q": "smith"}, {"q": "ann000"}, {"band": "high"}])
async def test_a_page_looks_at_no_more_entries_than_a_few_times_its_size(
    asked: dict[str, str], api: httpx.AsyncClient, database: Database
) -> None:
    people = [
        an_interaction(number, identifiers=[email(f"ann{number:06}@example.org")], traits={"last_name": "Smith"})
        for number in range(300)
    ]
    await live(database, *people)
    await MongoOutcomeStore(database).save(
        [each for number in range(300) for each in _outcomes(person(people[number]), 0)]
    )
    await database.command("profile", 2)
    page = (await api.get("/profiles", params=asked | {"limit": "10"})).json()
    await database.command("profile", 0)
    seen = await database["system.profile"].find({}).to_list()
    assert (len(page["people"]), page["next"] is None) == (10, False)
    assert 0 < sum(each.get("keysExamined", 0) + each.get("docsExamined", 0) for each in seen) < 200
