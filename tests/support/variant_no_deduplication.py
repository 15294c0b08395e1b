"""Wrong on purpose: fold asks nobody whether it has seen a record, and the timeline takes it twice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pymongo import ReplaceOne

from fidelio_profile.adapters.mongo_profiles import Cursor, Encoded, MongoProfileStore
from fidelio_profile.domain.revisions import Foldable, Stored

_load = MongoProfileStore.load


async def load(
    self: MongoProfileStore, records: Sequence[Foldable], partitions: Sequence[int]
) -> tuple[Stored, tuple[Cursor, ...]]:
    stored, cursors = await _load(self, records, partitions)
    return replace(stored, seen=frozenset()), cursors


async def save(
    self: MongoProfileStore, encoded: Encoded, cursors: Sequence[Cursor], next_offsets: Mapping[int, int]
) -> None:
    for document in encoded.timeline:
        await self.database.timeline.replace_one({"_id": document["_id"]}, document, upsert=True)
    await self.database.profiles.bulk_write(
        [ReplaceOne({"_id": key}, raw, upsert=True) for key, raw in encoded.profiles], ordered=False
    )


MongoProfileStore.load = load  # type: ignore[method-assign]
MongoProfileStore.save = save  # type: ignore[method-assign]
