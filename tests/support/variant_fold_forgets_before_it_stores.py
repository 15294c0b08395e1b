"""Wrong on purpose: fold deletes what it knew of somebody before it has stored that they were erased."""

from collections.abc import Sequence

from fidelio_profile.domain.fold import fold
from fidelio_profile.domain.revisions import Foldable
from fidelio_profile.handlers import FoldHandlers
from fidelio_profile.records import confirmation_records, erasure_records, snapshot_records, timeline_record
from fidelio_shared.messaging.batch import Batch, Refusal


async def fold_timeline(self: FoldHandlers, batch: Batch[Foldable]) -> Sequence[Refusal]:
    next_offsets = {each.record.partition: each.record.offset + 1 for each in batch.items}
    stored, cursors = await self.profiles.load(batch.values, list(next_offsets))
    folded = fold(stored, batch.values)
    encoded = self.profiles.encode(folded)
    records = [*snapshot_records(folded, self.profiles.epoch), *map(timeline_record, folded.sent)]
    await self.publisher.publish_all([*records, *erasure_records(folded.erased)])
    await self.profiles.forget(folded)
    await self.profiles.save(encoded, cursors, next_offsets)
    await self.publisher.publish_all(confirmation_records(folded.erased, "profile"))
    return ()


FoldHandlers.fold_timeline = fold_timeline  # type: ignore[method-assign]
