"""People say who is who: splits and merges over the API, carried out by the real steps on a strict database."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.topics import IDENTITIES, TIMELINE
from fidelio_shared.storage.mongo import Database
from support.api import by, client_on, person
from support.interactions import NOON, a_profile_id, an_interaction, an_order, customer, email
from support.people_at_work import FoldedAtOnce, NeverPublished, People

ANN, SISTER = customer("ann"), email("sister@example.org")
ORDER, VISIT = an_order(1, "10.00", identifiers=[ANN]), an_interaction(2, identifiers=[SISTER])
TOGETHER = an_order(3, "5.00", identifiers=[ANN, SISTER])


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
async def api(database: Database, people: People) -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(database, publisher=FoldedAtOnce(people)) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Seen:
    """What the API shows of a person."""

    profile: str
    identifiers: Sequence[Identifier]
    timeline: Sequence[str]
    interactions: int
    revenue: str | None


async def seen(api: httpx.AsyncClient, identifier: Identifier) -> Seen:
    answer = await api.get(by(identifier.kind, identifier.value), params={"include": "timeline,identity"})
    answer.raise_for_status()
    view = answer.json()
    orders = view["state"]["orders"]
    return Seen(
        view["profile"],
        [Identifier.model_validate(each) for each in view["identity"]["identifiers"]],
        sorted(each["source_id"] for each in view["timeline"]["interactions"]),
        view["state"]["interactions"],
        orders["totals"][0]["revenue"] if orders else None,
    )


async def split(api: httpx.AsyncClient, profile: ProfileId, *identifiers: Identifier, **headers: str) -> httpx.Response:
    told = {"identifiers": [each.model_dump() for each in identifiers]}
    return await api.post(f"/profiles/{profile}/split", json=told, headers=headers)


async def merge(api: httpx.AsyncClient, profile: ProfileId, other: ProfileId) -> httpx.Response:
    return await api.post(f"/profiles/{profile}/merge", json={"other": other})


async def everything(database: Database) -> dict[str, Any]:
    """What people's requests could change."""
    names = ("profiles", "timeline", "identities", "heads", "requests", "reviews")
    return {name: await database[name].find({}).sort("_id", 1).to_list() for name in names}


async def test_a_split_gives_another_person_what_came_under_the_identifiers(
    api: httpx.AsyncClient, people: People
) -> None:
    await people.say(ORDER, VISIT, TOGETHER)
    assert await seen(api, SISTER) == Seen(person(ORDER), [ANN, SISTER], ["1", "2", "3"], 3, "15.00")
    answer = await split(api, person(ORDER), SISTER)
    told = answer.json()
    (other,) = told["others"]
    assert (answer.status_code, told) == (
        200,
        {"request": told["request"], "profile": person(ORDER), "others": [other], "is_done": True},
    )
    assert (await api.get(f"/requests/{told['request']}")).json() == told
    assert await seen(api, ANN) == Seen(person(ORDER), [ANN], ["1", "3"], 2, "15.00")
    assert await seen(api, SISTER) == Seen(other, [SISTER], ["2"], 1, None)


async def test_a_split_by_the_id_of_an_absorbed_profile_is_one_of_what_it_has_become(
    api: httpx.AsyncClient, people: People
) -> None:
    await people.say(ORDER, VISIT, TOGETHER)
    told = (await split(api, person(VISIT), SISTER)).json()
    assert (told["profile"], told["is_done"]) == (person(ORDER), True)
    assert await seen(api, SISTER) == Seen(told["others"][0], [SISTER], ["2"], 1, None)


PHONE = Identifier(kind="phone", value="+33612345678")
EVIDENCE = [
    an_order(4, identifiers=[ANN, SISTER]),
    an_interaction(5, identifiers=[SISTER, PHONE]),
    an_interaction(6, identifiers=[ANN, PHONE]),
]


@pytest.mark.parametrize(("is_split", "persons"), [(True, 2), (False, 1)])
async def test_evidence_never_undoes_a_split(
    is_split: bool, persons: int, api: httpx.AsyncClient, people: People
) -> None:
    await people.say(ORDER, VISIT, TOGETHER)
    if is_split:
        await split(api, person(ORDER), SISTER)
    await people.say(*EVIDENCE)
    found = [await seen(api, each) for each in (ANN, SISTER)]
    assert len({each.profile for each in found}) == persons
    assert sorted(number for each in found[:persons] for number in each.timeline) == list("123456")
    assert (await api.get("/identity/reviews")).json()["reviews"] == []


async def test_what_was_on_its_way_when_a_split_came_reaches_its_owner_once(
    api: httpx.AsyncClient, people: People
) -> None:
    late = [an_interaction(7, identifiers=[SISTER]), an_order(8, "1.00", identifiers=[ANN])]
    await people.say(ORDER, VISIT, TOGETHER)
    on_its_way = await people.resolve(*late)
    (other,) = (await split(api, person(ORDER), SISTER)).json()["others"]
    await people.settle(on_its_way)
    await people.say(*late, VISIT)
    assert await seen(api, ANN) == Seen(person(ORDER), [ANN], ["1", "3", "8"], 3, "16.00")
    assert await seen(api, SISTER) == Seen(other, [SISTER], ["2", "7"], 2, None)


@pytest.mark.parametrize(
    ("identifiers", "why"),
    [
        ([SISTER], "not all of these identifiers are this profile's; look at its identity"),
        ([email("nobody@example.org")], "not all of these identifiers are this profile's; look at its identity"),
        ([ANN, PHONE, SISTER], "not all of these identifiers are this profile's; look at its identity"),
        ([ANN, PHONE], "at least one identifier must stay; erase the profile, or correct it, instead"),
    ],
)
async def test_a_split_that_is_not_possible_changes_nothing(
    identifiers: list[Identifier], why: str, api: httpx.AsyncClient, people: People, database: Database
) -> None:
    await people.say(ORDER, VISIT, TOGETHER, an_interaction(4, identifiers=[ANN, PHONE]))
    assert (await split(api, person(ORDER), SISTER)).status_code == 200
    before = await everything(database)
    answer = await split(api, person(ORDER), *identifiers)
    assert (answer.status_code, answer.json(), await everything(database)) == (409, {"detail": why}, before)


async def test_what_is_nobodys_cannot_be_regrouped(api: httpx.AsyncClient, people: People) -> None:
    await people.say(ORDER)
    nobody = a_profile_id("nobody")
    answers = [await split(api, nobody, ANN), await merge(api, nobody, person(ORDER))]
    answers += [await merge(api, person(ORDER), nobody), await api.get(f"/requests/{nobody}")]
    assert [each.status_code for each in answers] == [404] * 4
    assert answers[-1].json() == {"detail": "no request has this id"}


async def test_a_request_repeated_with_its_idempotency_key_is_carried_out_once(
    api: httpx.AsyncClient, people: People, database: Database
) -> None:
    await people.say(ORDER, VISIT, TOGETHER)
    first = await split(api, person(ORDER), SISTER, **{"Idempotency-Key": "mine"})
    names = ("profiles", "timeline", "identities", "heads")
    before = await everything(database)
    again = await split(api, person(ORDER), SISTER, **{"Idempotency-Key": "mine"})
    after = await everything(database)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert [after[name] for name in names] == [before[name] for name in names]
    assert len(after["requests"]) == 1
    assert (await split(api, person(ORDER), SISTER, **{"Idempotency-Key": "other"})).status_code == 409


async def test_people_merge_what_no_evidence_may(api: httpx.AsyncClient, people: People) -> None:
    """A profile holds one customer id by evidence."""
    bob = an_order(9, "2.50", identifiers=[customer("bob")], received_at=NOON + timedelta(hours=1))
    await people.say(ORDER, bob)
    answer = await merge(api, person(bob), person(ORDER))
    told = answer.json()
    assert (answer.status_code, told) == (
        200,
        {"request": told["request"], "profile": person(ORDER), "others": [person(bob)], "is_done": True},
    )
    whole = Seen(person(ORDER), [ANN, customer("bob")], ["1", "9"], 2, "12.50")
    assert await seen(api, customer("bob")) == await seen(api, ANN) == whole
    assert (await api.get(f"/profiles/{person(bob)}")).json()["merged_from"] == person(bob)
    again = await merge(api, person(bob), person(ORDER))
    assert (again.status_code, again.json()) == (409, {"detail": "these are one profile already"})


async def test_a_split_undone_by_people_is_as_if_it_had_never_been(api: httpx.AsyncClient, people: People) -> None:
    await people.say(ORDER, VISIT, TOGETHER)
    path = f"/profiles/{person(ORDER)}"
    before = (await api.get(path)).json()["state"]
    (other,) = (await split(api, person(ORDER), SISTER)).json()["others"]
    assert (await api.get(path)).json()["state"] != before
    await merge(api, other, person(ORDER))
    assert (await api.get(path)).json()["state"] == before
    assert await seen(api, SISTER) == Seen(person(ORDER), [ANN, SISTER], ["1", "2", "3"], 3, "15.00")
    assert (await api.get(f"{path}/identity")).json()["apart"] == []


async def test_a_request_is_later_done_where_fold_is_behind(database: Database, people: People) -> None:
    await people.say(ORDER, VISIT, TOGETHER)
    async with client_on(database, publisher=people.asked) as api:
        answer = await split(api, person(ORDER), SISTER)
        path = f"/requests/{answer.json()['request']}"
        assert (answer.status_code, answer.json()["is_done"], (await api.get(path)).json()) == (
            202,
            False,
            answer.json(),
        )
        assert (await api.get(by("email", SISTER.value))).status_code == 404
        await people.carry_out()
        assert (await api.get(path)).json() == answer.json() | {"is_done": True}


async def test_what_a_process_stored_and_did_not_live_to_publish_another_publishes(
    database: Database, people: People
) -> None:
    await people.say(ORDER, VISIT, TOGETHER)
    async with client_on(database, publisher=NeverPublished()) as api:
        assert (await split(api, person(ORDER), SISTER)).status_code == 503
    publisher = FoldedAtOnce(people)
    requests = MongoRequestStore(database, publisher)
    assert await requests.publish_forgotten() == 0, "the other process may still be at it"
    stored = {"at": datetime.now(UTC) - timedelta(seconds=6)}
    assert (await database.requests.update_many({}, {"$set": stored}, hint="_id_")).modified_count == 1
    assert [await requests.publish_forgotten() for _ in range(2)] == [1, 0]
    assert [each.topic for each in publisher.records] == [TIMELINE.name, IDENTITIES.name]
    async with client_on(database) as api:
        assert (await seen(api, SISTER)).timeline == ["2"]
        assert (await seen(api, ANN)).timeline == ["1", "3"]


WRITES = [
    f"/profiles/{person(ORDER)}/split",
    f"/profiles/{person(ORDER)}/merge",
    f"/identity/reviews/{hash16('test', 'review')}/confirm",
    f"/identity/reviews/{hash16('test', 'review')}/reject",
]
READS = [f"/profiles/{person(ORDER)}/identity", f"/requests/{hash16('test', 'request')}", "/identity/reviews"]


async def test_changing_who_is_who_needs_another_scope_than_reading_it(database: Database, people: People) -> None:
    await people.say(ORDER, VISIT, TOGETHER)
    reader, writer = [await MongoKeyStore(database).create(each, [each]) for each in ("read", "write")]
    before = await everything(database)
    body = {"identifiers": [SISTER.model_dump()], "other": person(VISIT)}
    async with client_on(database, key=reader or "") as api:
        refused = [(await api.post(path, json=body)).json() for path in WRITES]
        statuses = [(await api.get(path)).status_code for path in READS]
    assert refused == [{"detail": "this needs scope write, which key read has not"}] * len(WRITES)
    assert statuses == [200, 404, 200]
    async with client_on(database, key=writer or "") as api:
        refused = [(await api.get(path)).json() for path in READS]
        statuses = [(await api.post(path, json=body)).status_code for path in WRITES]
    assert refused == [{"detail": "this needs scope read, which key write has not"}] * len(READS)
    assert 403 not in statuses
    assert before["requests"] == []
