from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fidelio_scoring.domain.standing import Change, Evidence, ScoreChange, SegmentChange
from fidelio_shared.contracts.scoring import ShadowScored
from fidelio_shared.messaging.watermark import Watermark


@dataclass(frozen=True, slots=True)
class ScoringMetrics:
    snapshots: Counter
    score_changes: Counter
    segment_changes: Counter
    late_snapshots: Counter
    reviews: Counter
    adoptions: Counter
    shadow_difference: Histogram
    shadow_bands: Counter
    watermark_age: Gauge
    watermark_blocked: Gauge
    watermark_timestamp: Gauge
    watermark_exempt: Gauge

    def scored(self, received: Sequence[tuple[Evidence, int]], changes: Sequence[Change], *, late: int) -> None:
        self.snapshots.inc(len(received))
        self.late_snapshots.inc(late)
        self.changed(changes)

    def shadowed(self, scored: Sequence[ShadowScored]) -> None:
        for each in scored:
            self.shadow_difference.observe(abs(each.risk - each.live_risk))
            self.shadow_bands.labels(each.live_band, each.band).inc()

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
        shadow_difference=Histogram(
            "scoring_shadow_difference",
            "How far the risk by the model on trial is from that by the model in use",
            buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
            registry=registry,
        ),
        shadow_bands=Counter(
            "scoring_shadow_bands_total",
            "Snapshots by the band of the model in use and that of the model on trial",
            ["live", "shadow"],
            registry=registry,
        ),
        **_watermark_gauges(registry),
    )


def _watermark_gauges(registry: CollectorRegistry) -> dict[str, Gauge]:
    return {
        "watermark_age": Gauge(
            "scoring_watermark_age_seconds", "How long ago the watermark was the time", registry=registry
        ),
        "watermark_blocked": Gauge(
            "scoring_watermark_blocked", "1 for what holds the oldest round", ["step", "topic"], registry=registry
        ),
        "watermark_timestamp": Gauge(
            "scoring_watermark_timestamp_seconds",
            "The watermark up to which silence was reviewed, in Unix seconds",
            registry=registry,
        ),
        "watermark_exempt": Gauge(
            "scoring_watermark_exempt", "1 for a channel that is not waited for", ["channel"], registry=registry
        ),
    }
