"""`accesses`: who looked at whose profile, when, and for what purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bson import ObjectId

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated

_LATEST_FIRST = {"at": -1, "_id": -1}


@dataclass(frozen=True, slots=True)
class Access:
    """`profile` None: of everybody, by a stream. `what`: the endpoint."""

    who: str
    profile: ProfileId | None
    what: str
    purpose: str | None


@dataclass(frozen=True, slots=True)
class MongoAccessStore:
    """`retention` is written into each record: another one holds for later records."""

    database: Database
    retention: timedelta

    async def insert(self, accesses: Sequence[Access]) -> None:
        now = datetime.now(UTC)
        documents = [
            {
                "profile": bytes.fromhex(each.profile) if each.profile else None,
                "at": now,
                "who": each.who,
                "what": each.what,
                "purpose": each.purpose,
                "expires_at": now + self.retention,
            }
            for each in accesses
        ]
        with translated():
            await self.database.accesses.insert_many(documents, ordered=False)

    async def page(
        self, profiles: Sequence[bytes], *, before: tuple[datetime, bytes] | None, limit: int
    ) -> Sequence[Document]:
        """Latest first. `profiles`: one person's ids. `before`: the last one of the page before."""
        query: Document = {"profile": {"$in": list(profiles)}}
        if before:
            at, key = before
            query |= {"at": {"$lte": at}, "$nor": [{"at": at, "_id": {"$gte": ObjectId(key)}}]}
        with translated():
            return await self.database.accesses.find(query).sort(_LATEST_FIRST).limit(limit).to_list()
