"""What the API and `verify` read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_profile.adapters.timeline_documents import interaction_from
from fidelio_profile.domain.state import State, join, lift
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated


@dataclass(frozen=True, slots=True)
class MongoProfileViews:
    database: Database

    async def whole(self, profile: ProfileId) -> Document | None:
        """The profile joined with its outcomes, in one aggregation."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"_id": bytes.fromhex(profile)}},
            {"$lookup": {"from": "outcomes", "localField": "_id", "foreignField": "_id", "as": "outcomes"}},
        ]
        with translated():
            async with await self.database.profiles.aggregate(pipeline) as cursor:
                async for document in cursor:
                    return document
        return None

    async def owner(self, kind: str, value: str) -> ProfileId | None:
        with translated():
            found = await self.database.identities.find_one({"_id": f"{kind}:{value}"})
        return ProfileId(found["profile"].hex()) if found else None

    async def timeline(
        self, profile: ProfileId, *, before: tuple[datetime, bytes] | None, limit: int
    ) -> Sequence[Document]:
        """Latest first. `before`: the last entry of the page before."""
        query: Document = {"profile": bytes.fromhex(profile), "kind": "interaction"}
        if before:
            at, key = before
            query["$or"] = [{"occurred_at": {"$lt": at}}, {"occurred_at": at, "_id": {"$lt": key}}]
        with translated():
            cursor = self.database.timeline.find(query).sort([("occurred_at", -1), ("_id", -1)]).limit(limit)
            return await cursor.to_list()

    async def pages_with_refold(self, size: int) -> AsyncIterator[Sequence[tuple[Document, State | None]]]:
        """Every profile with its timeline folded anew, each page read at one instant, also under traffic."""
        last: bytes | None = None
        while True:
            with translated():
                async with self.database.client.start_session(snapshot=True) as session:
                    page = await self._page(last, size, session)
                    refolded = await self._refolded([each["_id"] for each in page], session)
            if not page:
                return
            yield [(each, refolded.get(each["_id"])) for each in page]
            last = page[-1]["_id"]

    async def _page(self, last: bytes | None, size: int, session: AsyncClientSession) -> list[Document]:
        query = {"_id": {"$gt": last}} if last is not None else {}
        return await self.database.profiles.find(query, session=session).sort("_id", 1).limit(size).to_list()

    async def _refolded(self, profiles: list[bytes], session: AsyncClientSession) -> dict[bytes, State]:
        states: dict[bytes, State] = {}
        query = {"profile": {"$in": profiles}, "kind": "interaction"}
        async for document in self.database.timeline.find(query, {"profile": 1, "body": 1}, session=session):
            state, key = lift(interaction_from(document["body"])), document["profile"]
            states[key] = join(states[key], state) if key in states else state
        return states

    async def count(self) -> int:
        with translated():
            return await self.database.profiles.estimated_document_count()
