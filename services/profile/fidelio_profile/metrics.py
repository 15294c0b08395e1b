from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter

from fidelio_profile.domain.assignment import Assigned
from fidelio_profile.domain.fold import Folded


@dataclass(frozen=True, slots=True)
class ProfileMetrics:
    routed_interactions: Counter
    new_profiles: Counter
    met_profiles: Counter
    folded_records: Counter
    duplicates: Counter

    def routed(self, assigned: Assigned) -> None:
        self.routed_interactions.inc(len(assigned.routes))
        self.new_profiles.inc(len(assigned.new_heads))
        self.met_profiles.inc(sum(1 for route in assigned.new_routes if route.met))

    def folded(self, folded: Folded) -> None:
        self.folded_records.inc(len(folded.accepted))
        self.duplicates.inc(folded.duplicates)


def make_metrics(registry: CollectorRegistry) -> ProfileMetrics:
    def counter(name: str, text: str) -> Counter:
        return Counter(f"profile_{name}_total", text, registry=registry)

    return ProfileMetrics(
        routed_interactions=counter("routed_interactions", "Interactions sent to their profile's key"),
        new_profiles=counter("new_profiles", "Profiles created"),
        met_profiles=counter("met_profiles", "Interactions that named two profiles"),
        folded_records=counter("folded_records", "Timeline records folded into a profile"),
        duplicates=counter("duplicates", "Timeline records that were known already"),
    )
