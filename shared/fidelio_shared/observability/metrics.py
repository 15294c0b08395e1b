"""What every step of every service counts; a service adds its own beside it."""

import time
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fidelio_shared.messaging.batch import Refusal
from fidelio_shared.messaging.records import Incoming

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_RECORDS = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 2000)


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """`latency` runs from a record's append at the broker to its committed effect, taken on a batch's oldest."""

    records: Counter
    batch_records: Histogram
    batch_seconds: Histogram
    latency: Histogram
    dead_letters: Counter
    retries: Counter
    lag: Gauge
    waiting: Gauge

    def settled(self, step: str, records: Sequence[Incoming], seconds: float) -> None:
        self.records.labels(step).inc(len(records))
        self.batch_records.labels(step).observe(len(records))
        self.batch_seconds.labels(step).observe(seconds)
        oldest = min(record.timestamp for record in records)
        self.latency.labels(step).observe(max(0.0, time.time() - oldest / 1000))

    def dead(self, refusals: Iterable[Refusal]) -> None:
        for reason, count in Tally(refusal.rejected.reason for refusal in refusals).items():
            self.dead_letters.labels(reason).inc(count)

    def retried(self, step: str, dependency: str) -> None:
        self.retries.labels(step, dependency).inc()


def make_step_metrics(service: str, registry: CollectorRegistry) -> StepMetrics:
    def name(rest: str) -> str:
        return f"{service}_{rest}"

    return StepMetrics(
        records=Counter(name("records_total"), "Records settled", ["step"], registry=registry),
        batch_records=Histogram(name("batch_records"), "Batch size", ["step"], buckets=_RECORDS, registry=registry),
        batch_seconds=Histogram(name("batch_seconds"), "Batch time", ["step"], buckets=_SECONDS, registry=registry),
        latency=Histogram(
            name("latency_seconds"),
            "Append of a batch's oldest record to its effect",
            ["step"],
            buckets=_SECONDS,
            registry=registry,
        ),
        dead_letters=Counter(name("dead_letters_total"), "Dead letters by reason", ["reason"], registry=registry),
        retries=Counter(name("retries_total"), "Batches taken again", ["step", "dependency"], registry=registry),
        lag=Gauge(name("lag_records"), "Records not yet committed", ["step"], registry=registry),
        waiting=Gauge(name("waiting_for_dependency"), "1 while waiting for it", ["dependency"], registry=registry),
    )
