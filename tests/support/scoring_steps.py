"""Scoring's handlers on a real database, and all that they published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from fidelio_scoring.adapters.mongo_rules import MongoRuleStore
from fidelio_scoring.adapters.mongo_scores import MongoScoreStore
from fidelio_scoring.app import GROUP
from fidelio_scoring.domain.standing import Evidence, Rules
from fidelio_scoring.handlers import RulesInUse, ScoringHandlers
from fidelio_scoring.metrics import make_metrics
from fidelio_scoring.rules import RulesWatch
from fidelio_shared.messaging.batch import Batch, Decoded
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.stream_clock import wall_clock
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.storage.mongo import Database
from support.profile_steps import RecordingPublisher
from support.settling import ARecord


@dataclass(frozen=True, slots=True)
class ScoringBench:
    handlers: ScoringHandlers
    watch: RulesWatch
    publisher: RecordingPublisher

    async def score(self, *news: Evidence, partition: int = 0) -> None:
        items = tuple(Decoded(ARecord(partition=partition), each) for each in news)
        await self.handlers.score_profiles(Batch(items, lambda: True, _in_time))

    async def adopt(self, partitions: Sequence[int], at: datetime, *, limit: int = 100) -> int:
        return await self.handlers.adopt_rules(partitions, at, limit=limit, check_age=_in_time)

    async def review(self, until: datetime) -> int:
        return await self.handlers.review_silence([0], until, check_age=_in_time)

    def said(self, topic: str) -> list[Any]:
        """Since it was asked last."""
        told = [orjson.loads(each.value or b"") for each in self.publisher.records if each.topic == topic]
        self.publisher.records = [each for each in self.publisher.records if each.topic != topic]
        return told


def a_scoring(database: Database, rules: Rules) -> ScoringBench:
    publisher, in_use = RecordingPublisher(), RulesInUse(rules)
    watermark = Watermark(
        stages=(),
        last=(),
        own_group=GROUP,
        observer=OffsetReader(KafkaSettings()),
        read_time=wall_clock(0),
        stored={},
    )
    handlers = ScoringHandlers(
        MongoScoreStore(database), publisher, in_use, make_metrics(CollectorRegistry()), watermark
    )
    return ScoringBench(handlers, RulesWatch(MongoRuleStore(database), in_use, rules), publisher)


def _in_time() -> None:
    """A batch that never grows old."""
