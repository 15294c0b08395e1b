"""`keys`: the API's keys, by the digest of each."""

import hmac
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fidelio_shared.access.keys import Key, Scope, digest, token
from fidelio_shared.storage.mongo import Database, translated

MOST_KEYS = 1_000
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class StoredKey:
    key: Key
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class MongoKeyStore:
    database: Database

    async def holder(self, told: bytes) -> Key | None:
        """Of a digest; None where it is unknown or was revoked."""
        with translated():
            found = await self.database["keys"].find_one({"_id": told})
        if found is None or not hmac.compare_digest(found["_id"], told) or found["revoked_at"]:
            return None
        return _key_from(found)

    async def create(self, name: str, scopes: Collection[Scope]) -> str | None:
        """The new key, which is kept nowhere; None where a valid one of this name is there."""
        with translated():
            if await self.database["keys"].find_one({"name": name, "revoked_at": None}):
                return None
            created = token(secrets.token_bytes(_SECRET_BYTES))
            await self.database["keys"].insert_one(
                {
                    "_id": digest(created),
                    "name": name,
                    "scopes": sorted(scopes),
                    "created_at": datetime.now(UTC),
                    "revoked_at": None,
                }
            )
        return created

    async def revoke(self, name: str) -> int:
        """How many valid ones there were."""
        with translated():
            done = await self.database["keys"].update_many(
                {"name": name, "revoked_at": None}, {"$set": {"revoked_at": datetime.now(UTC)}}
            )
        return done.modified_count

    async def listing(self) -> Sequence[StoredKey]:
        """By name, then age."""
        with translated():
            cursor = self.database["keys"].find({"name": {"$gt": ""}}).sort([("name", 1), ("created_at", 1)])
            found = await cursor.limit(MOST_KEYS).to_list()
        return [StoredKey(_key_from(each), each["created_at"], each["revoked_at"]) for each in found]


def _key_from(document: Mapping[str, Any]) -> Key:
    return Key(document["name"], frozenset(document["scopes"]))
