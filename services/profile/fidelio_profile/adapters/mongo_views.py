"""What the API and `verify` read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_profile.adapters.mongo_profiles import profile_from
from fidelio_profile.adapters.timeline_documents import interaction_from
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.state import State, join
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
        """Every profile that is not part of another with its timeline folded anew, each page read at one instant, also
        under traffic."""
        last: bytes | None = None
        while True:
            query = {"_id": {"$gt": last}} if last is not None else {}
            page = await self._refolded_page(query, size)
            if not page:
                return
            yield page
            last = page[-1][0]["_id"]

    async def again_with_refold(self, profiles: Sequence[bytes]) -> Sequence[tuple[Document, State | None]]:
        return await self._refolded_page({"_id": {"$in": list(profiles)}}, len(profiles))

    async def _refolded_page(self, query: Document, size: int) -> Sequence[tuple[Document, State | None]]:
        with translated():
            async with self.database.client.start_session(snapshot=True) as session:
                found = self.database.profiles.find(query, session=session).sort("_id", 1).limit(size)
                page = [(each, profile_from(each)) for each in await found.to_list()]
                refolded = await self._refolded([profile for _, profile in page], session)
        return [(document, refolded.get(profile.id)) for document, profile in page]

    async def _refolded(self, profiles: Sequence[Profile], session: AsyncClientSession) -> dict[ProfileId, State]:
        states: dict[ProfileId, State] = {}
        whole = {
            bytes.fromhex(each): profile
            for profile in profiles
            if not profile.merged_into
            for each in (profile.id, *profile.members)
        }
        query = {"profile": {"$in": list(whole)}, "kind": "interaction"}
        async for document in self.database.timeline.find(query, {"profile": 1, "body": 1}, session=session):
            profile = whole[document["profile"]]
            state = profile.lift(interaction_from(document["body"]))
            states[profile.id] = join(states[profile.id], state) if profile.id in states else state
        return states

    async def count(self) -> int:
        with translated():
            return await self.database.profiles.estimated_document_count()
