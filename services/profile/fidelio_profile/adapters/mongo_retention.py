"""Whose timelines hold what is too old."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fidelio_profile.adapters.mongo_timelines import leaving_query
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.retention import Retention
from fidelio_shared.storage.mongo import Database, Document, translated

_PAGE = 1_000


def today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class MongoRetention:
    database: Database

    async def count(self) -> int:
        with translated():
            return await self.database.profiles.estimated_document_count()

    async def pages(self, retention: Retention, at: datetime) -> AsyncIterator[tuple[int, Mapping[ProfileId, int]]]:
        """The number of profiles looked at, and of each how many interactions are to leave it or its members."""
        last: bytes | None = None
        while True:
            query: Document = {"_id": {"$gt": last}} if last is not None else {}
            wanted = {"members": 1, "merged_into": 1}
            with translated():
                page = await self.database.profiles.find(query, wanted).sort("_id", 1).limit(_PAGE).to_list()
                counts = await self._counts(page, retention, at)
            if not page:
                return
            yield len(page), counts
            last = page[-1]["_id"]

    async def _counts(self, page: list[Document], retention: Retention, at: datetime) -> Mapping[ProfileId, int]:
        owners = {one: each["_id"] for each in page for one in (each["_id"], *each.get("members", ()))}
        counted = [
            {"$match": leaving_query(retention, list(owners), at)},
            {"$group": {"_id": "$profile", "count": {"$sum": 1}}},
        ]
        counts: dict[ProfileId, int] = {}
        async with await self.database.timeline.aggregate(counted) as cursor:
            async for each in cursor:
                owner = ProfileId(owners[each["_id"]].hex())
                counts[owner] = counts.get(owner, 0) + each["count"]
        return counts
