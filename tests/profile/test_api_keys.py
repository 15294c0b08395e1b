"""Who is let in: keys with scopes, and what a refusal says."""

import hashlib
from datetime import UTC, datetime

import pytest
from pymongo import AsyncMongoClient

from fidelio_shared.access.key_ring import REMEMBERED_SECONDS, KeyRing
from fidelio_shared.access.keys import BOOTSTRAP, SCOPES, Key, Scope, digest
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.storage.mongo import Database, Document
from support.api import KEY, client_on
from support.interactions import a_profile_id
from support.settling import Clock

PATH = f"/profiles/{a_profile_id('nobody')}"


@pytest.fixture
async def keys(database: Database) -> MongoKeyStore:
    return MongoKeyStore(database)


async def a_key(keys: MongoKeyStore, name: str = "desk", *scopes: Scope) -> str:
    created = await keys.create(name, scopes or ("read",))
    assert created is not None
    return created


async def asked(database: Database, key: str) -> tuple[int, str]:
    async with client_on(database, key=key) as client:
        answer = await client.get(PATH)
    return answer.status_code, answer.json()["detail"]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (("read",), (404, "no profile has this id")),
        (("write", "read"), (404, "no profile has this id")),
        (("write",), (403, "this needs scope read, which key desk has not")),
        (("privacy", "write"), (403, "this needs scope read, which key desk has not")),
    ],
)
async def test_a_key_opens_what_its_scopes_name(
    scopes: tuple[Scope, ...], expected: tuple[int, str], keys: MongoKeyStore, database: Database
) -> None:
    assert await asked(database, await a_key(keys, "desk", *scopes)) == expected


async def test_no_key_and_an_unknown_one_are_told_apart(database: Database) -> None:
    assert await asked(database, "") == (401, "X-API-Key is missing")
    assert await asked(database, "fidelio_00") == (401, "X-API-Key is unknown or was revoked")


async def test_the_key_of_the_settings_opens_everything(database: Database) -> None:
    assert (await asked(database, KEY))[0] == 404
    ring = KeyRing(MongoKeyStore(database), digest(KEY))
    assert await ring._holder(digest(KEY)) == Key(BOOTSTRAP, frozenset(SCOPES))


async def test_a_key_is_kept_as_its_digest_alone(keys: MongoKeyStore, database: Database) -> None:
    created = await a_key(keys)
    (stored,) = await database["keys"].find({}).to_list()
    assert stored.pop("created_at") <= datetime.now(UTC)
    expected = {"_id": hashlib.sha256(created.encode()).digest(), "name": "desk", "scopes": ["read"]}
    assert stored == {**expected, "revoked_at": None}


async def test_a_revoked_key_opens_nothing_while_others_still_do(keys: MongoKeyStore, database: Database) -> None:
    ended, kept = await a_key(keys, "ended"), await a_key(keys, "kept")
    assert await keys.revoke("ended") == 1
    assert await asked(database, ended) == (401, "X-API-Key is unknown or was revoked")
    assert (await asked(database, kept))[0] == 404


async def test_a_name_has_one_valid_key_at_a_time(keys: MongoKeyStore) -> None:
    first = await a_key(keys)
    assert await keys.create("desk", ["read"]) is None
    assert (await keys.revoke("desk"), await keys.revoke("desk")) == (1, 0)
    assert await a_key(keys) != first
    assert [(each.key.name, each.revoked_at is None) for each in await keys.listing()] == [
        ("desk", False),
        ("desk", True),
    ]


async def test_a_key_is_remembered_for_seconds_and_its_end_is_noticed_after_them(
    keys: MongoKeyStore, database: Database
) -> None:
    clock = Clock()
    ring = KeyRing(keys, digest(KEY), clock)
    told = digest(await a_key(keys))
    assert await ring._holder(told) == Key("desk", frozenset({"read"}))
    await keys.revoke("desk")
    assert await ring._holder(told) is not None
    await clock.sleep(REMEMBERED_SECONDS)
    assert await ring._holder(told) is None


async def test_what_nobody_knows_is_not_remembered(keys: MongoKeyStore) -> None:
    ring = KeyRing(keys, digest(KEY))
    for number in range(3):
        assert await ring._holder(digest(f"guess {number}")) is None
    assert ring._known == {}


async def test_without_the_database_the_first_key_is_known_and_others_wait() -> None:
    nothing_listens = AsyncMongoClient[Document]("mongodb://127.0.0.1:1/", serverSelectionTimeoutMS=100)
    async with nothing_listens, client_on(nothing_listens.get_database("profile"), key="fidelio_1") as client:
        answers = [await client.get(PATH), await client.get(PATH, headers={"X-API-Key": ""})]
    assert [each.status_code for each in answers] == [503, 401]
