"""Wrong on purpose: scoring takes somebody whom it has erased for done."""

from collections.abc import Sequence

from fidelio_scoring.domain.standing import Evidence
from fidelio_scoring.handlers import ScoringHandlers
from fidelio_shared.messaging.batch import Batch, Refusal

_score_profiles = ScoringHandlers.score_profiles


async def score_profiles(self: ScoringHandlers, batch: Batch[Evidence | None]) -> Sequence[Refusal]:
    keys = [bytes.fromhex(each.profile) for each in batch.values if each]
    known = self.scores.database.scores.find({"_id": {"$in": keys}, "erased_at": {"$exists": True}})
    erased = {each["_id"].hex() async for each in known}
    left = [each for each in batch.items if each.value and each.value.profile not in erased]
    return await _score_profiles(self, batch.only(left))


ScoringHandlers.score_profiles = score_profiles  # type: ignore[method-assign]
