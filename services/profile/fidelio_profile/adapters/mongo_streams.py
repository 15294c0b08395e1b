"""Everything, one after the other: read as fast as it is taken, held a batch at a time."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from pymongo.asynchronous.cursor import AsyncCursor

from fidelio_profile.adapters.mongo_views import Selection
from fidelio_shared.storage.mongo import Database, Document, translated

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class MongoStreams:
    database: Database

    def interactions(self, selection: Selection) -> AsyncGenerator[list[Document], None]:
        """Profile by profile, latest first: a walk along the index that a timeline has anyway."""
        wanted = {"_id": 0, "profile": 1, "body": 1}
        order = [("profile", 1), ("occurred_at", -1), ("_id", -1)]
        return _batches(self.database.timeline.find(selection.query(), wanted).sort(order).hint(order))

    def profiles(self) -> AsyncGenerator[list[Document], None]:
        """Without those that were merged or erased, by id."""
        wanted = {"epoch": 1, "revision": 1, "state": 1}
        return _batches(self.database.profiles.find({"state": {"$type": "object"}}, wanted).hint("_id_").sort("_id", 1))


async def _batches(cursor: AsyncCursor[Document]) -> AsyncGenerator[list[Document], None]:
    with translated():
        async with cursor.batch_size(_AT_ONCE):
            while batch := await cursor.to_list(_AT_ONCE):
                yield batch
