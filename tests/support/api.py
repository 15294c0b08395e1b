"""The profile's API on a real database, without a network between."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import FastAPI

from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_profile.api.application import ApiSettings, open_api, profile_application
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ids import ProfileId, profile_id
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import Database
from support.profile_steps import SUPPRESSOR, RecordingPublisher

KEY = "a secret of the api"
ACCESS_DAYS = 30


def application_on(database: Database, publisher: Publisher | None = None) -> FastAPI:
    application = profile_application()
    requests = MongoRequestStore(database, publisher or RecordingPublisher(), SUPPRESSOR)
    open_api(application, database, requests, ApiSettings(KEY, ACCESS_DAYS, shipped_identity_rules()))
    return application


def client_on(database: Database, *, key: str = KEY, publisher: Publisher | None = None) -> httpx.AsyncClient:
    """Each client is an application of its own: it remembers no keys of another."""
    transport = httpx.ASGITransport(application_on(database, publisher))
    return httpx.AsyncClient(transport=transport, base_url="http://profile", headers={"X-API-Key": key})


def person(first: Interaction) -> ProfileId:
    return profile_id(first.id)


def by(kind: str, value: str) -> str:
    return f"/profiles/by/{kind}/{quote(value, safe='')}"


async def pages(api: httpx.AsyncClient, path: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """To the last one."""
    found: list[Mapping[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await api.get(path, params=parameters | ({"cursor": cursor} if cursor else {}))
        answer.raise_for_status()
        found.append(answer.json())
        cursor = answer.json()["next"]
        assert len(found) < 1_000, "the pages do not end"
    return found


async def merge(database: Database, absorbed: ProfileId, into: ProfileId) -> None:
    """As a merge leaves it in the database."""
    key, winner = bytes.fromhex(absorbed), bytes.fromhex(into)
    moved = (await database.profiles.find_one({"_id": key}) or {}).get("members", [])
    await database.profiles.replace_one({"_id": key}, {"merged_into": winner, "epoch": 7, "revision": 9, "state": None})
    await database.profiles.update_one({"_id": winner}, {"$push": {"members": {"$each": [key, *moved]}}})
    keys = (await database.heads.find_one({"_id": key}) or {}).get("keys", [])
    await database.identities.update_many({"_id": {"$in": keys}}, {"$set": {"profile": winner}})
    await database.heads.update_one({"_id": winner}, {"$addToSet": {"keys": {"$each": keys}, "absorbed": key}})
    await database.heads.update_one({"_id": key}, {"$set": {"merged_into": winner, "keys": []}})
