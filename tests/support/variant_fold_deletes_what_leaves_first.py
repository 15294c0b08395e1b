"""Wrong on purpose: what leaves a timeline is deleted before the profile's base has it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fidelio_profile.adapters.mongo_profiles import Cursor, Encoded, MongoProfileStore

_save = MongoProfileStore.save


async def save(
    self: MongoProfileStore, encoded: Encoded, cursors: Sequence[Cursor], next_offsets: Mapping[int, int]
) -> None:
    if encoded.left:
        await self.database.timeline.delete_many({"_id": {"$in": list(encoded.left)}})
    await _save(self, replace(encoded, left=()), cursors, next_offsets)


MongoProfileStore.save = save  # type: ignore[method-assign]
