from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from fidelio_shared.contracts.notify import Failure, Verdict


@dataclass(frozen=True, slots=True)
class WebhookMetrics:
    deliveries: Counter
    dropped: Counter

    def ended(self, ending: str) -> None:
        self.deliveries.labels(ending).inc()


@dataclass(frozen=True, slots=True)
class NotifyMetrics:
    attempts: Counter
    suppressions: Counter
    unfired: Counter
    webhooks: WebhookMetrics
    watermark_timestamp: Gauge
    watermark_exempt: Gauge

    def accepted(self, channel: str) -> None:
        self.attempts.labels("accepted", channel).inc()

    def put_off(self, channel: str) -> None:
        self.attempts.labels("later", channel).inc()

    def failed(self, failure: Failure, channel: str) -> None:
        self.attempts.labels(failure, channel).inc()

    def released_up_to(self, watermark: datetime | None) -> None:
        if watermark is not None:
            self.watermark_timestamp.set(watermark.timestamp())

    def suppressed(self, verdicts: Iterable[Verdict]) -> None:
        for each in verdicts:
            if not each.passed:
                self.suppressions.labels(each.gate).inc()


def make_metrics(registry: CollectorRegistry) -> NotifyMetrics:
    return NotifyMetrics(
        attempts=Counter(
            "notify_attempts_total", "Attempts to send by outcome", ["outcome", "channel"], registry=registry
        ),
        suppressions=Counter("notify_suppressions_total", "Refusals by gate", ["gate"], registry=registry),
        unfired=Counter(
            "notify_unfired_total", "Decisions that there would be, were their causes no history", registry=registry
        ),
        webhooks=_make_webhook_metrics(registry),
        watermark_timestamp=Gauge(
            "notify_watermark_timestamp_seconds",
            "The watermark up to which decisions were released, in Unix seconds",
            registry=registry,
        ),
        watermark_exempt=Gauge(
            "notify_watermark_exempt", "1 for a channel that is not waited for", ["channel"], registry=registry
        ),
    )


def _make_webhook_metrics(registry: CollectorRegistry) -> WebhookMetrics:
    return WebhookMetrics(
        deliveries=Counter(
            "notify_webhook_deliveries_total",
            "Posts to subscribers by what came of them: delivered, again, given_up, gone",
            ["ending"],
            registry=registry,
        ),
        dropped=Counter(
            "notify_webhook_dropped_total",
            "Events not kept for a subscriber who lags too far behind",
            registry=registry,
        ),
    )
