"""What scoring does: with a batch of snapshots, and between batches with silence.

read, evaluate, publish, replace (guarded), commit: it may end anywhere, and then says the same again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fidelio_scoring.adapters.mongo_scores import Known, MongoScoreStore
from fidelio_scoring.domain.moves import adopt, receive, review
from fidelio_scoring.domain.standing import Change, Evidence, Moved, Rules, Standing
from fidelio_scoring.metrics import ScoringMetrics
from fidelio_scoring.records import change_records, confirmation_records, tombstone_records
from fidelio_scoring.shadow import Shadow
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.watermark import Watermark

REVIEWS_A_PAGE = 500


@dataclass(slots=True)
class RulesInUse:
    """Other ones may take their place at any time; whoever works takes them once for a batch."""

    rules: Rules


@dataclass(frozen=True, slots=True)
class ScoringHandlers:
    scores: MongoScoreStore
    publisher: Publisher
    in_use: RulesInUse
    metrics: ScoringMetrics
    watermark: Watermark
    shadow: Shadow | None = None

    async def score_profiles(self, batch: Batch[Evidence | None]) -> Sequence[Refusal]:
        rules = self.in_use.rules
        received = [(each.value, each.record.partition) for each in batch.items if each.value]
        partitions = {evidence.profile: partition for evidence, partition in received}
        known = await self.scores.load(partitions)
        scored = _receive_all(known, [evidence for evidence, _ in received], rules)
        kept = [each for each in scored.standings if each.profile not in scored.erased]
        beside = self.shadow.records(kept, rules) if self.shadow else ()
        batch.check_publishable()
        await self.publisher.publish_all(
            [*change_records(scored.changes, rules), *beside, *tombstone_records(scored.erased)]
        )
        await self.scores.save([(each, partitions[each.profile]) for each in kept])
        await self.scores.erase(scored.erased)
        await self.publisher.publish_all(confirmation_records(scored.erased))
        self.metrics.scored(received, scored.changes, late=_late(scored.news, self.watermark.value))
        return ()

    async def review_silence(
        self, partitions: Sequence[int], until: datetime, /, *, check_age: Callable[[], None]
    ) -> int:
        """Fires one page of the reviews due up to the watermark; the number of profiles reviewed."""
        rules = self.in_use.rules
        due = await self.scores.due(partitions, until, limit=REVIEWS_A_PAGE)
        moved = [(review(standing, until, rules), partition) for standing, partition in due]
        check_age()
        await self._keep(moved, rules)
        self.metrics.reviewed(len(moved))
        return len(moved)

    async def adopt_rules(
        self, partitions: Sequence[int], at: datetime, /, *, limit: int, check_age: Callable[[], None]
    ) -> int:
        """Scores some of those whom other rules scored last; how many."""
        rules = self.in_use.rules
        others = await self.scores.scored_by_others(partitions, rules.version, limit=limit)
        moved = [(adopt(standing, at, rules), partition) for standing, partition in others]
        check_age()
        await self._keep(moved, rules)
        self.metrics.adopted(len(moved))
        return len(moved)

    async def _keep(self, moved: Sequence[tuple[Moved, int]], rules: Rules) -> None:
        changes: list[Change] = [change for each, _ in moved for change in each.changes]
        await self.publisher.publish_all(change_records(changes, rules))
        await self.scores.save([(each.standing, partition) for each, partition in moved])
        self.metrics.changed(changes)


@dataclass(frozen=True, slots=True)
class Scored:
    """`news`: the snapshots that were none that had been seen before. `erased`: the last ones, also seen before."""

    standings: tuple[Standing, ...]
    changes: tuple[Change, ...]
    news: tuple[Evidence, ...]
    erased: Mapping[ProfileId, Evidence]


def _receive_all(known: Known, evidences: Sequence[Evidence], rules: Rules) -> Scored:
    """Each profile's snapshots in order, whatever is no news left out. Of who was erased before, only that is said
    again."""
    standings: dict[ProfileId, Standing] = {}
    changes: list[Change] = []
    news: list[Evidence] = []
    erased: dict[ProfileId, Evidence] = {}
    for evidence in evidences:
        if evidence.erased_at:
            erased[evidence.profile] = evidence
        if evidence.profile in known.erased:
            continue
        standing = standings.get(evidence.profile) or known.standings.get(evidence.profile)
        if standing and (evidence.epoch, evidence.revision) <= (standing.epoch, standing.revision):
            continue
        moved = receive(standing, evidence, rules)
        if moved is None:
            continue
        standings[evidence.profile] = moved.standing
        changes += moved.changes
        news.append(evidence)
    return Scored(tuple(standings.values()), tuple(changes), tuple(news), erased)


def _late(news: Iterable[Evidence], reached: datetime | None) -> int:
    """How many tell of what silence was announced without. History and repairs are not waited for."""
    if reached is None:
        return 0
    return sum(each.received_at <= reached and not each.cause.historical for each in news)
