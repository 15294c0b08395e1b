"""What profile does with a batch. The order of effects is the guarantee; the crash tests hold it.

resolve: store, publish, commit.  fold: publish, store, commit; of somebody who was erased also: delete, confirm.
Each may end anywhere and be repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_profile.adapters.mongo_outcomes import MongoOutcomeStore
from fidelio_profile.adapters.mongo_profiles import MongoProfileStore, Overtaken
from fidelio_profile.adapters.mongo_routes import MongoRouteStore
from fidelio_profile.domain.assignment import assign
from fidelio_profile.domain.fold import fold
from fidelio_profile.domain.outcomes import Outcome
from fidelio_profile.domain.paging import parts
from fidelio_profile.domain.revisions import Foldable, Folded
from fidelio_profile.metrics import ProfileMetrics
from fidelio_profile.records import (
    confirmation_records,
    erasure_records,
    erasures_asked,
    outcome_confirmations,
    receipt_record,
    routed_records,
    snapshot_records,
    timeline_record,
)
from fidelio_profile.repairs import refold_after_overtaking
from fidelio_shared.contracts.erasures import ErasureConfirmed, ErasureReceipt, ErasureRecord, ErasureRequested
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ingest import ERASURE_REQUESTED, Interaction
from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.errors import Rejected, Stale
from fidelio_shared.messaging.publisher import Publisher

CONFLICT = "this id was used before for something else; give each event its own id"
SHARED = "its only identifiers are shared by too many people; send one that is a person's own"


@dataclass(frozen=True, slots=True)
class ResolveHandlers:
    routes: MongoRouteStore
    rules: IdentityRules
    erasures: MongoErasureStore
    hold: timedelta
    publisher: Publisher
    metrics: ProfileMetrics

    async def route_interactions(self, batch: Batch[Interaction]) -> Sequence[Refusal]:
        assigned = await self.routes.assign(batch.values, partial(assign, rules=self.rules))
        batch.check_publishable()
        await self.publisher.publish_all(routed_records(assigned.routes))
        await self.erasures.ask(erasures_asked(assigned.routes, self.rules), by=ERASURE_REQUESTED, hold=self.hold)
        self.metrics.routed(assigned)
        conflicts, lost = set(map(id, assigned.conflicts)), set(map(id, assigned.lost))
        return [
            *(item.refuse(Rejected("conflict", CONFLICT)) for item in batch.items if id(item.value) in conflicts),
            *(item.refuse(Rejected("unidentifiable", SHARED)) for item in batch.items if id(item.value) in lost),
        ]


@dataclass(frozen=True, slots=True)
class FoldHandlers:
    profiles: MongoProfileStore
    publisher: Publisher
    metrics: ProfileMetrics

    async def fold_timeline(self, batch: Batch[Foldable]) -> Sequence[Refusal]:
        for part in parts(batch.values):
            await self._fold_part(batch.only(batch.items[part]))
        return ()

    async def _fold_part(self, batch: Batch[Foldable]) -> None:
        next_offsets = {each.record.partition: each.record.offset + 1 for each in batch.items}
        stored, cursors = await self.profiles.load(batch.values, list(next_offsets))
        folded = fold(stored, batch.values)
        encoded = self.profiles.encode(folded)
        records = [
            *snapshot_records(folded, self.profiles.epoch),
            *map(timeline_record, folded.sent),
            *erasure_records(folded.erased),
        ]
        batch.check_publishable()
        await self.publisher.publish_all(records)
        try:
            await self.profiles.save(encoded, cursors, next_offsets)
        except Overtaken as overtaken:
            await self._publish_refolds(folded)
            raise Stale("another process stored this batch; its profiles are folded again") from overtaken
        await self.profiles.forget(folded)
        await self.publisher.publish_all(confirmation_records(folded.erased, "profile"))
        self.metrics.folded(folded)

    async def _publish_refolds(self, folded: Folded) -> None:
        """What was published may now stand after what the other process published: one more revision ends it."""
        await self.publisher.publish_all([timeline_record(each) for each in refold_after_overtaking(folded)])


@dataclass(frozen=True, slots=True)
class OutcomeHandlers:
    outcomes: MongoOutcomeStore
    erasures: MongoErasureStore
    publisher: Publisher

    async def keep_outcomes(self, batch: Batch[Outcome | ErasureRecord | None]) -> Sequence[Refusal]:
        """Of somebody who was erased nothing is kept; when every store has said so, the receipt is given."""
        await self.outcomes.save(
            [each for each in batch.values if each and not isinstance(each, ErasureConfirmed | ErasureReceipt)]
        )
        said = [each for each in batch.values if isinstance(each, ErasureRequested | ErasureConfirmed)]
        await self.publisher.publish_all(
            outcome_confirmations(each for each in said if isinstance(each, ErasureRequested))
        )
        confirmed = await self.erasures.note(said)
        await self.publisher.publish_all(map(receipt_record, confirmed))
        await self.erasures.done(confirmed)
        return ()
