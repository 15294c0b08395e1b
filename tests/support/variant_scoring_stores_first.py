"""Wrong on purpose: scoring stores what it will announce before it announces it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fidelio_scoring.domain.standing import Evidence
from fidelio_scoring.handlers import ScoringHandlers
from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing

_score_profiles = ScoringHandlers.score_profiles


class HeldBack(Publisher):
    def __init__(self) -> None:
        self.records: list[Outgoing] = []

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        self.records += records


async def score_profiles(self: ScoringHandlers, batch: Batch[Evidence | None]) -> Sequence[Refusal]:
    held_back = HeldBack()
    refusals = await _score_profiles(replace(self, publisher=held_back), batch)
    await self.publisher.publish_all(held_back.records)
    return refusals


ScoringHandlers.score_profiles = score_profiles  # type: ignore[method-assign]
