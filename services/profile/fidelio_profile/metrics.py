from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter

from fidelio_profile.domain.assignment import Assigned
from fidelio_profile.domain.revisions import Folded


@dataclass(frozen=True, slots=True)
class ProfileMetrics:
    routed_interactions: Counter
    new_profiles: Counter
    merged_profiles: Counter
    suppressed_interactions: Counter
    demoted_identifiers: Counter
    folded_records: Counter
    duplicates: Counter

    def routed(self, assigned: Assigned) -> None:
        self.routed_interactions.inc(len(assigned.routes))
        self.new_profiles.inc(len(assigned.new_heads))
        self.suppressed_interactions.inc(len(assigned.dropped))
        for route in assigned.new_routes:
            self.merged_profiles.inc(len(route.retires))
            for demotion in route.demoted:
                self.demoted_identifiers.labels(demotion.identifier.kind, demotion.reason).inc()

    def folded(self, folded: Folded) -> None:
        self.folded_records.inc(len(folded.accepted))
        self.duplicates.inc(folded.duplicates)


def make_metrics(registry: CollectorRegistry) -> ProfileMetrics:
    def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"profile_{name}_total", text, labels, registry=registry)

    return ProfileMetrics(
        routed_interactions=counter("routed_interactions", "Interactions sent to their profile's key"),
        new_profiles=counter("new_profiles", "Profiles created"),
        suppressed_interactions=counter(
            "suppressed_interactions", "Interactions dropped because they tell of somebody who was erased"
        ),
        merged_profiles=counter("merged_profiles", "Profiles that became part of another"),
        demoted_identifiers=counter(
            "demoted_identifiers", "Identifiers that an interaction named and a rule set aside", ("kind", "reason")
        ),
        folded_records=counter("folded_records", "Timeline records folded into a profile"),
        duplicates=counter("duplicates", "Timeline records that were known already"),
    )
