"""Wrong on purpose: scoring stores what it will announce before it announces it."""

from collections.abc import Sequence

from fidelio_scoring.adapters.mongo_scores import MongoScoreStore, Placed
from fidelio_scoring.domain.standing import Change
from fidelio_scoring.handlers import ScoringHandlers

_announce, _save = ScoringHandlers._announce, MongoScoreStore.save
_pending: list[tuple[ScoringHandlers, Sequence[Change]]] = []


async def announce(self: ScoringHandlers, changes: Sequence[Change]) -> None:
    _pending.append((self, changes))


async def save(self: MongoScoreStore, standings: Sequence[Placed]) -> None:
    await _save(self, standings)
    while _pending:
        await _announce(*_pending.pop())


ScoringHandlers._announce = announce  # type: ignore[method-assign]
MongoScoreStore.save = save  # type: ignore[method-assign]
