"""What people say of who is who over the API, carried out by the real steps on a database that scans nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.topics import IDENTITIES, TIMELINE
from fidelio_shared.storage.mongo import Database
from support.api import client_on, person
from support.interactions import an_interaction, an_order, customer, email
from support.people_at_work import People

ANN, SISTER = customer("ann"), email("sister@example.org")
ORDER, VIEW = an_order(1, identifiers=[ANN]), an_interaction(2, identifiers=[SISTER])
TOGETHER = an_order(3, identifiers=[ANN, SISTER])


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
async def api(people: People) -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(people.database, publisher=people.asked) as client:
        yield client


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for is carried out by the test, not while the API waits."""
    monkeypatch.setattr("fidelio_profile.api.asking._PATIENCE_SECONDS", 0.0)


async def found(api: httpx.AsyncClient, identifier: Identifier) -> dict[str, Any]:
    answer = await api.get(f"/profiles/by/{identifier.kind}/{identifier.value}")
    answer.raise_for_status()
    view: dict[str, Any] = answer.json()
    return view


async def split(api: httpx.AsyncClient, profile: ProfileId, *identifiers: Identifier, **headers: str) -> httpx.Response:
    told = [each.model_dump() for each in identifiers]
    return await api.post(f"/profiles/{profile}/split", json={"identifiers": told}, headers=headers)


async def test_who_one_interaction_names_together_is_one_person_and_says_why(
    people: People, api: httpx.AsyncClient
) -> None:
    await people.say(ORDER, VIEW, TOGETHER)
    why = (await api.get(f"/profiles/{person(ORDER)}/identity")).json()
    assert [(each["identifier"]["kind"], each["interaction"]) for each in why["identifiers"]] == [
        ("customer_id", ORDER.id),
        ("email", VIEW.id),
    ]
    assert [(each["profile"], each["by"]) for each in why["merged"]] == [(person(VIEW), TOGETHER.id)]
    assert (await found(api, SISTER))["state"]["interactions"] == 3


async def test_a_split_moves_what_came_under_the_identifier_and_evidence_does_not_undo_it(
    people: People, api: httpx.AsyncClient
) -> None:
    await people.say(ORDER, VIEW, TOGETHER)
    answer = await split(api, person(ORDER), SISTER)
    assert (answer.status_code, answer.json()["is_done"]) == (202, False)
    await people.carry_out()
    assert (await api.get(f"/requests/{answer.json()['request']}")).json()["is_done"]
    await people.say(an_order(4, identifiers=[ANN, SISTER]), an_interaction(5, identifiers=[SISTER]))
    ann, sister = await found(api, ANN), await found(api, SISTER)
    assert (ann["profile"], ann["state"]["interactions"]) == (person(ORDER), 3)
    assert (sister["profile"], sister["state"]["interactions"]) == (answer.json()["others"][0], 2)
    assert ann["state"]["identifiers"] == [ANN.model_dump()]


async def test_what_was_on_its_way_when_a_split_came_is_forwarded(people: People, api: httpx.AsyncClient) -> None:
    await people.say(ORDER, VIEW, TOGETHER)
    late = an_interaction(6, identifiers=[SISTER])
    await people.resolver.settle(encode(late))
    on_its_way = people.resolver.published(TIMELINE.name)[-1]
    answer = await split(api, person(ORDER), SISTER)
    await people.carry_out()
    await people._settle([on_its_way])
    sister = await found(api, SISTER)
    assert (sister["profile"], sister["state"]["interactions"]) == (answer.json()["others"][0], 2)


@pytest.mark.parametrize("identifiers", [[SISTER], [email("nobody@example.org")], [ANN]])
async def test_what_is_not_the_profiles_or_all_that_it_has_cannot_be_split_off(
    identifiers: list[Identifier], people: People, api: httpx.AsyncClient
) -> None:
    await people.say(ORDER, VIEW, TOGETHER)
    await split(api, person(ORDER), SISTER)
    assert (await split(api, person(ORDER), *identifiers)).status_code == 409


async def test_a_request_with_the_same_idempotency_key_is_carried_out_once(
    people: People, api: httpx.AsyncClient
) -> None:
    await people.say(ORDER, VIEW, TOGETHER)
    first, again = [await split(api, person(ORDER), SISTER, **{"Idempotency-Key": "mine"}) for _ in range(2)]
    assert first.json() == again.json()
    other = await split(api, person(ORDER), SISTER, **{"Idempotency-Key": "other"})
    assert other.status_code == 409


async def test_people_unite_what_a_rule_keeps_apart(people: People, api: httpx.AsyncClient) -> None:
    second = an_order(7, identifiers=[customer("ann-2")])
    await people.say(ORDER, second)
    answer = await api.post(f"/profiles/{person(second)}/merge", json={"other": person(ORDER)})
    await people.carry_out()
    assert answer.json()["others"] == [max(person(ORDER), person(second))]
    view = await found(api, customer("ann-2"))
    assert (view["profile"], view["state"]["interactions"]) == (answer.json()["profile"], 2)


async def doubts(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await api.get("/identity/reviews")).json()["reviews"]
    return listed


async def two_customers_with_one_address(people: People) -> None:
    """Twice the same doubt: a profile holds one customer id."""
    await people.say(an_order(10, identifiers=[ANN, SISTER]))
    named = [customer("bob"), SISTER]
    await people.say(an_order(11, identifiers=named), an_order(12, identifiers=named))


async def test_a_doubt_is_listed_once_and_a_rejected_one_never_comes_up_again(
    people: People, api: httpx.AsyncClient
) -> None:
    await two_customers_with_one_address(people)
    (doubt,) = await doubts(api)
    assert (doubt["reason"], doubt["kind"], doubt["identifier"]) == ("limit", "customer_id", SISTER.model_dump())
    answer = await api.post(f"/identity/reviews/{doubt['review']}/reject")
    assert answer.json()["status"] == "rejected"
    await people.say(an_order(13, identifiers=[customer("bob"), SISTER]))
    assert await doubts(api) == []
    assert (await found(api, customer("bob")))["profile"] != (await found(api, ANN))["profile"]
    assert (await api.post(f"/identity/reviews/{doubt['review']}/confirm")).status_code == 409


async def test_a_confirmed_doubt_unites_beyond_the_limit(people: People, api: httpx.AsyncClient) -> None:
    await two_customers_with_one_address(people)
    (doubt,) = await doubts(api)
    await api.post(f"/identity/reviews/{doubt['review']}/confirm")
    await people.carry_out()
    assert (await found(api, customer("bob")))["profile"] == (await found(api, ANN))["profile"]
    assert (await found(api, ANN))["state"]["interactions"] == 3


async def test_what_a_process_stored_and_did_not_live_to_say_is_said_by_another(
    people: People, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.say(ORDER, VIEW, TOGETHER)
    await split(api, person(ORDER), SISTER)
    people.asked.records.clear()
    await people.database.requests.update_many({"at": {"$exists": True}}, {"$set": {"published_at": None}}, hint="_id_")
    monkeypatch.setattr("fidelio_profile.adapters.mongo_requests._FORGOTTEN_AFTER", timedelta(hours=-1))
    assert await MongoRequestStore(people.database, people.asked).publish_forgotten() == 1
    assert {each.topic for each in people.asked.records} == {TIMELINE.name, IDENTITIES.name}
    await people.carry_out()
    assert (await found(api, SISTER))["state"]["interactions"] == 1


async def test_who_may_only_read_changes_nothing(database: Database) -> None:
    async with client_on(database, key="another") as client:
        for path in ("split", "merge", "erase", "corrections", "objections"):
            assert (await client.post(f"/profiles/{person(ORDER)}/{path}", json={})).status_code == 401
