from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter


@dataclass(frozen=True, slots=True)
class IngestMetrics:
    interactions: Counter
    door_requests: Counter


def make_metrics(registry: CollectorRegistry) -> IngestMetrics:
    return IngestMetrics(
        interactions=Counter("ingest_interactions_total", "Interactions published", ["channel"], registry=registry),
        door_requests=Counter("ingest_door_requests_total", "HTTP requests by outcome", ["outcome"], registry=registry),
    )
