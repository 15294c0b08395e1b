from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from fidelio_shared.contracts.notify import Failure, Verdict


@dataclass(frozen=True, slots=True)
class NotifyMetrics:
    attempts: Counter
    suppressions: Counter
    watermark_timestamp: Gauge
    watermark_exempt: Gauge

    def accepted(self) -> None:
        self.attempts.labels("accepted").inc()

    def failed(self, failure: Failure) -> None:
        self.attempts.labels(failure).inc()

    def released_up_to(self, watermark: datetime | None) -> None:
        if watermark is not None:
            self.watermark_timestamp.set(watermark.timestamp())

    def suppressed(self, verdicts: Iterable[Verdict]) -> None:
        for each in verdicts:
            if not each.passed:
                self.suppressions.labels(each.gate).inc()


def make_metrics(registry: CollectorRegistry) -> NotifyMetrics:
    return NotifyMetrics(
        attempts=Counter("notify_attempts_total", "Attempts to send by outcome", ["outcome"], registry=registry),
        suppressions=Counter("notify_suppressions_total", "Refusals by gate", ["gate"], registry=registry),
        watermark_timestamp=Gauge(
            "notify_watermark_timestamp_seconds",
            "The watermark up to which decisions were released, in Unix seconds",
            registry=registry,
        ),
        watermark_exempt=Gauge(
            "notify_watermark_exempt", "1 for a channel that is not waited for", ["channel"], registry=registry
        ),
    )
