"""What is stored in `scores`, as people and programs ask for it; nothing here writes."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from pymongo.asynchronous.cursor import AsyncCursor

from fidelio_scoring.adapters.mongo_scores import standing_from
from fidelio_scoring.domain.standing import Standing
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated

BY_SEGMENT = [("segments.name", 1), ("_id", 1)]
_BY_RULES = [("partition", 1), ("rules", 1)]
_AT_ONCE = 200


class Gone(Enum):
    """Why there is nothing of a profile that was there."""

    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Member:
    profile: bytes
    since: datetime


@dataclass(frozen=True, slots=True)
class MongoStandings:
    database: Database

    async def find(self, profile: ProfileId) -> Standing | Gone | None:
        with translated():
            found = await self.database.scores.find_one({"_id": bytes.fromhex(profile)})
        if found is None:
            return None
        return Gone.ERASED if "erased_at" in found else standing_from(found)

    async def count(self, segment: str) -> int:
        with translated():
            return await self.database.scores.count_documents({"segments.name": segment}, hint=BY_SEGMENT)

    async def scored_by_others(self, rules: str) -> int:
        """How many profiles other rules than these scored last."""
        query = {"partition": {"$gte": 0}, "rules": {"$ne": rules}}
        with translated():
            return await self.database.scores.count_documents(query, hint=_BY_RULES)

    async def members(self, segment: str, after: bytes, limit: int) -> Sequence[Member]:
        """By profile."""
        with translated():
            found = await self._members(segment, after).limit(limit).to_list()
        return _members_from(found)

    async def all_members(self, segment: str, after: bytes) -> AsyncGenerator[Sequence[Member], None]:
        async for batch in _batches(self._members(segment, after)):
            yield _members_from(batch)

    def current(self, after: bytes) -> AsyncGenerator[list[Document], None]:
        """What others were told last of everybody of whom anything may be said, by profile."""
        wanted = {"facts": 0, "version": 0, "partition": 0, "state_version": 0}
        return _batches(self.database.scores.find({"_id": {"$gt": after}}, wanted).hint("_id_").sort("_id", 1))

    async def standings(self) -> AsyncGenerator[list[Standing], None]:
        cursor = self.database.scores.find({"_id": {"$gt": b""}}).hint("_id_").sort("_id", 1)
        async for batch in _batches(cursor):
            yield [standing_from(each) for each in batch if "erased_at" not in each]

    async def about_how_many(self) -> int:
        with translated():
            return await self.database.scores.estimated_document_count()

    def _members(self, segment: str, after: bytes) -> AsyncCursor[Document]:
        query = {"segments.name": segment, "_id": {"$gt": after}}
        wanted = {"segments": {"$elemMatch": {"name": segment}}}
        return self.database.scores.find(query, wanted).hint(BY_SEGMENT).sort("_id", 1)


def _members_from(found: Sequence[Mapping[str, Any]]) -> Sequence[Member]:
    return [Member(each["_id"], each["segments"][0]["since"]) for each in found]


async def _batches(cursor: AsyncCursor[Document]) -> AsyncGenerator[list[Document], None]:
    with translated():
        async with cursor.batch_size(_AT_ONCE):
            while batch := await cursor.to_list(_AT_ONCE):
                yield batch
