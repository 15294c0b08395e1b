"""Profiles that an older version folded."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fidelio_shared.contracts.canonical import moment
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import STATE_VERSION
from fidelio_shared.storage.mongo import Database, Document, translated

_OLDER: Document = {"state_version": {"$lt": STATE_VERSION}, "state": {"$type": "object"}}
_BY_VERSION = [("state_version", 1), ("_id", 1)]


@dataclass(frozen=True, slots=True)
class Older:
    """`at`: of the latest interaction."""

    profile: ProfileId
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True)
class MongoVersions:
    database: Database

    async def count_older(self) -> int:
        with translated():
            return await self.database.profiles.count_documents(_OLDER, hint=_BY_VERSION)

    async def older(self, *, page: int) -> AsyncIterator[Sequence[Older]]:
        """Each once: those that are folded meanwhile leave the walk behind it."""
        last: Document = {}
        while True:
            query = {"$and": [_OLDER, last]} if last else _OLDER
            wanted = {"state_version": 1, "revision": 1, "state.last_at": 1}
            with translated():
                found = self.database.profiles.find(query, wanted).sort(_BY_VERSION).hint(_BY_VERSION).limit(page)
                documents = await found.to_list()
            if not documents:
                return
            yield [
                Older(ProfileId(each["_id"].hex()), each["revision"], moment(each["state"]["last_at"]))
                for each in documents
            ]
            version, key = documents[-1]["state_version"], documents[-1]["_id"]
            last = {"$or": [{"state_version": version, "_id": {"$gt": key}}, {"state_version": {"$gt": version}}]}
