"""An account: who belongs to it, and what its members come to."""

from collections.abc import AsyncIterator

import httpx
import pytest

from fidelio_shared.storage.mongo import Database
from support.api import client_on, pages, person
from support.interactions import an_interaction, an_order, customer
from support.profile_steps import live


@pytest.fixture
async def api(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(database) as client:
        yield client


async def test_an_account_sums_up_its_members(api: httpx.AsyncClient, database: Database) -> None:
    acme, other = {"account_id": "acme"}, {"account_id": "acme/other"}
    ann, bob, eve = ([customer(each)] for each in ("ann", "bob", "eve"))
    await live(
        database,
        an_order(1, "10.10", identifiers=ann, **acme),
        an_order(2, "0.20", identifiers=ann),
        an_order(3, "5.00", "CHF", identifiers=bob),
        an_interaction(4, identifiers=bob, **acme),
        an_order(5, "1000000000000.0001", identifiers=bob, **acme),
        an_order(6, "99.00", identifiers=eve, **other),
    )
    found = (await api.get("/accounts/acme")).json()
    people = {each["profile"] for each in found.pop("people")}
    assert people == {person(an_interaction(1)), person(an_interaction(3))}
    assert found == {
        "account": "acme",
        "is_complete": True,
        "members": 2,
        "interactions": 5,
        "orders": 4,
        "revenue": [{"currency": "CHF", "revenue": "5.00"}, {"currency": "EUR", "revenue": "1000000000010.3001"}],
        "next": None,
    }
    assert (await api.get("/accounts/acme/other")).json()["members"] == 1


async def test_members_come_in_pages(api: httpx.AsyncClient, database: Database) -> None:
    people = [an_interaction(each, identifiers=[customer(str(each))], account_id="acme") for each in range(7)]
    await live(database, *people)
    for limit in (1, 3, 6, 7, 8):
        found = await pages(api, "/accounts/acme", limit=limit)
        shown = [each["profile"] for page in found for each in page["people"]]
        assert shown == sorted(map(person, people))
        assert {page["members"] for page in found} == {7}


@pytest.mark.parametrize("path", ["/accounts/nobody", "/accounts/$gt", "/accounts/%00", "/accounts/ACME"])
async def test_an_account_without_members_is_none(path: str, api: httpx.AsyncClient, database: Database) -> None:
    await live(database, an_interaction(1, account_id="acme"))
    assert (await api.get(path)).status_code == 404
