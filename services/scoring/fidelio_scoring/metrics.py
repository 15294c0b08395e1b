import time
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from fidelio_scoring.domain.standing import Change, Evidence, ScoreChange
from fidelio_shared.messaging.watermark import Watermark


@dataclass(frozen=True, slots=True)
class ScoringMetrics:
    snapshots: Counter
    score_changes: Counter
    segment_changes: Counter
    reviews: Counter
    watermark_age: Gauge
    watermark_blocked: Gauge

    def scored(self, received: Sequence[tuple[Evidence, int]], changes: Sequence[Change]) -> None:
        self.snapshots.inc(len(received))
        self._count(changes)

    def reviewed(self, profiles: int) -> None:
        self.reviews.inc(profiles)

    def show(self, watermark: Watermark) -> None:
        if watermark.value is not None:
            self.watermark_age.set(max(0.0, time.time() - watermark.value.timestamp()))
        self.watermark_blocked.clear()
        if watermark.blocked_at:
            self.watermark_blocked.labels(watermark.blocked_at).set(1)

    def _count(self, changes: Sequence[Change]) -> None:
        scores = Tally(each.assessment.band.value for each in changes if isinstance(each, ScoreChange))
        for band, count in scores.items():
            self.score_changes.labels(band).inc(count)
        stages = Tally(each.entered.value for each in changes if not isinstance(each, ScoreChange))
        for stage, count in stages.items():
            self.segment_changes.labels(stage).inc(count)


def make_metrics(registry: CollectorRegistry) -> ScoringMetrics:
    return ScoringMetrics(
        snapshots=Counter("scoring_snapshots_total", "Snapshots scored", registry=registry),
        score_changes=Counter("scoring_score_changes_total", "Scores announced", ["band"], registry=registry),
        segment_changes=Counter("scoring_segment_changes_total", "Segments entered", ["segment"], registry=registry),
        reviews=Counter("scoring_reviews_total", "Profiles reviewed in silence", registry=registry),
        watermark_age=Gauge("scoring_watermark_age_seconds", "Wall clock minus the watermark", registry=registry),
        watermark_blocked=Gauge(
            "scoring_watermark_blocked", "1 for the topic that holds the oldest round", ["topic"], registry=registry
        ),
    )
