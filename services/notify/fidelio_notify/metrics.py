from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from fidelio_notify.adapters.smtp_mail import Accepted, Refused, Unknown
from fidelio_shared.contracts.notify import Verdict

_OUTCOMES = {Accepted: "accepted", Refused: "refused", Unknown: "unknown"}


@dataclass(frozen=True, slots=True)
class NotifyMetrics:
    attempts: Counter
    suppressions: Counter
    watermark_timestamp: Gauge

    def attempted(self, outcome: Accepted | Refused | Unknown) -> None:
        self.attempts.labels(_OUTCOMES[type(outcome)]).inc()

    def released_up_to(self, watermark: datetime | None) -> None:
        if watermark is not None:
            self.watermark_timestamp.set(watermark.timestamp())

    def interrupted(self) -> None:
        self.attempts.labels("interrupted").inc()

    def suppressed(self, verdicts: Iterable[Verdict]) -> None:
        for each in verdicts:
            if not each.passed:
                self.suppressions.labels(each.gate).inc()


def make_metrics(registry: CollectorRegistry) -> NotifyMetrics:
    return NotifyMetrics(
        attempts=Counter("notify_attempts_total", "Provider calls by outcome", ["outcome"], registry=registry),
        suppressions=Counter("notify_suppressions_total", "Refusals by gate", ["gate"], registry=registry),
        watermark_timestamp=Gauge(
            "notify_watermark_timestamp_seconds",
            "The watermark up to which decisions were released, in Unix seconds",
            registry=registry,
        ),
    )
