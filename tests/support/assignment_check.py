"""Whether an assignment keeps its guarantee, asked of any implementation by properties and mutants alike."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from fidelio_profile.domain.assignment import Assigned, Head, Known, Route, identity_key
from fidelio_shared.contracts.ids import InteractionId, ProfileId
from fidelio_shared.contracts.ingest import Interaction
from support.assignment_meaning import People, people_of

Assign = Callable[[Known, Sequence[Interaction]], Assigned]


@dataclass(slots=True)
class Directory:
    """What the database would hold, and what it would refuse."""

    routes: dict[InteractionId, Route] = field(default_factory=dict)
    identities: dict[str, ProfileId] = field(default_factory=dict)
    heads: dict[ProfileId, Head] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def known(self, interactions: Sequence[Interaction]) -> Known:
        """Only what a batch asks for: its ids, its identifiers, and the heads of their owners."""
        ids = {each.id for each in interactions} & self.routes.keys()
        keys = {identity_key(one) for each in interactions for one in each.linking} & self.identities.keys()
        identities = {key: self.identities[key] for key in keys}
        return Known(
            routes={each: self.routes[each] for each in ids},
            identities=identities,
            heads={each: self.heads[each] for each in identities.values()},
        )

    def store(self, assigned: Assigned) -> None:
        self.refused += [f"{each} has an owner" for each in assigned.new_identities if each in self.identities]
        self.refused += [f"{each.interaction} has a route" for each in assigned.new_routes if self._is_routed(each)]
        self.refused += [f"{each} has a head" for each in assigned.new_heads if each in self.heads]
        for profile, head in assigned.changed_heads.items():
            if self.heads[profile].version != head.version:
                self.refused.append(f"{profile} was changed since it was read")
        self.routes |= {each.interaction: each for each in assigned.new_routes}
        self.identities |= assigned.new_identities
        for profile, head in {**assigned.new_heads, **assigned.changed_heads}.items():
            self.heads[profile] = replace(head, version=head.version + 1)

    def _is_routed(self, route: Route) -> bool:
        return route.interaction in self.routes


def violations(assign: Assign, interactions: Sequence[Interaction], starts: Iterable[int]) -> list[str]:
    """Nothing where batches that begin at `starts` decide what deciding one by one means."""
    people, directory = people_of(interactions), Directory()
    routed: list[tuple[Interaction, Route]] = []
    conflicts: list[Interaction] = []
    begins = sorted({0, *(each for each in starts if each < len(interactions))})
    for start, end in zip(begins, [*begins[1:], len(interactions)], strict=True):
        assigned = assign(directory.known(interactions[start:end]), interactions[start:end])
        directory.store(assigned)
        routed += assigned.routes
        conflicts += [each.interaction for each in assigned.conflicts]
    return [*directory.refused, *_differences(people, directory, routed, conflicts)]


def _differences(
    people: People,
    directory: Directory,
    routed: Sequence[tuple[Interaction, Route]],
    conflicts: Sequence[Interaction],
) -> Iterable[str]:
    if conflicts != people.conflicts:
        yield "other contradictions"
    if any(route != people.routes[interaction.id] for interaction, route in routed):
        yield "an interaction goes to another profile, or changes something else"
    if directory.routes != people.routes:
        yield "other routes are stored"
    if directory.identities != {identity_key(each): owner for each, owner in people.owners.items()}:
        yield "identifiers have other owners"
    if {each: replace(head, version=0) for each, head in directory.heads.items()} != people.heads:
        yield "other heads are stored"
