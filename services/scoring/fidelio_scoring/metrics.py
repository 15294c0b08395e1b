from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge

from fidelio_scoring.domain.standing import Change, Evidence, ScoreChange, SegmentChange
from fidelio_shared.messaging.watermark import Watermark


@dataclass(frozen=True, slots=True)
class ScoringMetrics:
    snapshots: Counter
    score_changes: Counter
    segment_changes: Counter
    late_snapshots: Counter
    reviews: Counter
    adoptions: Counter
    watermark_age: Gauge
    watermark_blocked: Gauge
    watermark_timestamp: Gauge
    watermark_exempt: Gauge

    def scored(self, received: Sequence[tuple[Evidence, int]], changes: Sequence[Change], *, late: int) -> None:
        self.snapshots.inc(len(received))
        self.late_snapshots.inc(late)
        self.changed(changes)

    def adopted(self, profiles: int) -> None:
        self.adoptions.inc(profiles)

    def reviewed(self, profiles: int) -> None:
        self.reviews.inc(profiles)

    def reviewed_up_to(self, watermark: datetime | None) -> None:
        self.watermark_timestamp.set(watermark.timestamp() if watermark else nan)

    def follow(self, watermark: Watermark) -> None:
        """Its age is asked for whenever the page is read: a question that hangs must not make it look young."""
        self.watermark_age.set_function(lambda: watermark.age_seconds)

    def show(self, watermark: Watermark) -> None:
        self.watermark_blocked.clear()
        for each in watermark.blocked:
            self.watermark_blocked.labels(each.step, each.topic).set(1)

    def changed(self, changes: Sequence[Change]) -> None:
        scores = Tally(each.assessment.band.value for each in changes if isinstance(each, ScoreChange))
        for band, count in scores.items():
            self.score_changes.labels(band).inc(count)
        segments = Tally(name for each in changes if isinstance(each, SegmentChange) for name in each.entered)
        for name, count in segments.items():
            self.segment_changes.labels(name).inc(count)


def make_metrics(registry: CollectorRegistry) -> ScoringMetrics:
    return ScoringMetrics(
        snapshots=Counter("scoring_snapshots_total", "Snapshots scored", registry=registry),
        score_changes=Counter("scoring_score_changes_total", "Scores announced", ["band"], registry=registry),
        segment_changes=Counter("scoring_segment_changes_total", "Segments entered", ["segment"], registry=registry),
        late_snapshots=Counter(
            "scoring_late_snapshots_total", "Snapshots received at or before the watermark", registry=registry
        ),
        reviews=Counter("scoring_reviews_total", "Profiles reviewed in silence", registry=registry),
        adoptions=Counter(
            "scoring_adoptions_total", "Profiles scored anew by a changed model or definition", registry=registry
        ),
        watermark_age=Gauge(
            "scoring_watermark_age_seconds", "How long ago the watermark was the time", registry=registry
        ),
        watermark_blocked=Gauge(
            "scoring_watermark_blocked",
            "1 for what holds the oldest round",
            ["step", "topic"],
            registry=registry,
        ),
        watermark_timestamp=Gauge(
            "scoring_watermark_timestamp_seconds",
            "The watermark up to which silence was reviewed, in Unix seconds",
            registry=registry,
        ),
        watermark_exempt=Gauge(
            "scoring_watermark_exempt", "1 for a channel that is not waited for", ["channel"], registry=registry
        ),
    )
