"""Wrong on purpose: what a split brings is moved after the new owner was stored with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fidelio_profile.adapters.mongo_profiles import Cursor, Encoded, MongoProfileStore

_save = MongoProfileStore.save


async def save(
    self: MongoProfileStore, encoded: Encoded, cursors: Sequence[Cursor], next_offsets: Mapping[int, int]
) -> None:
    await _save(self, replace(encoded, moved={}), cursors, next_offsets)
    for profile, interactions in encoded.moved.items():
        ids = [bytes.fromhex(each) for each in interactions]
        await self.database.timeline.update_many({"_id": {"$in": ids}}, {"$set": {"profile": bytes.fromhex(profile)}})


MongoProfileStore.save = save  # type: ignore[method-assign]
