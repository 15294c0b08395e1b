"""Whose an interaction is, said a second time: one by one, from nothing but who owns which identifier."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fidelio_profile.domain.assignment import Head, Route
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import STRONG_KINDS, Identifier, Interaction


@dataclass(slots=True)
class People:
    """`met`: pairs of profiles that one interaction named together."""

    owners: dict[Identifier, ProfileId] = field(default_factory=dict)
    routes: dict[InteractionId, Route] = field(default_factory=dict)
    heads: dict[ProfileId, Head] = field(default_factory=dict)
    conflicts: list[Interaction] = field(default_factory=list)

    def is_identified(self, profile: ProfileId) -> bool:
        return any(owner == profile and each.kind in STRONG_KINDS for each, owner in self.owners.items())

    def owners_of(self, identifiers: Sequence[Identifier]) -> list[ProfileId]:
        return [self.owners[each] for each in identifiers if each in self.owners]


def people_of(interactions: Sequence[Interaction]) -> People:
    people = People()
    for each in interactions:
        route = people.routes.get(each.id)
        if route is None:
            _meet(people, each)
        elif route.digest[:2] == each.digest[:2] and route.digest != each.digest:
            people.conflicts.append(each)
    return people


def _meet(people: People, interaction: Interaction) -> None:
    strong = [each for each in interaction.linking if each.kind in STRONG_KINDS]
    weak = [each for each in interaction.linking if each.kind not in STRONG_KINDS]
    usable = [each for each in people.owners_of(weak) if not strong or not people.is_identified(each)]
    candidates = [*people.owners_of(strong), *usable]
    profile = candidates[0] if candidates else profile_id(interaction.id)
    others = set(people.owners_of(strong) + usable) - {profile} if strong else set[ProfileId]()
    new = tuple(each for each in interaction.linking if each not in people.owners)
    people.owners |= dict.fromkeys(new, profile)
    head = people.heads.get(profile) or Head(profile, instant(interaction.received_at), is_identified=False, version=0)
    people.routes[interaction.id] = Route(
        interaction.id, interaction.digest, profile, new, tuple(sorted(others - head.met))
    )
    people.heads[profile] = _head(people, head, others)
    for other in others:
        people.heads[other] = _head(people, people.heads[other], {profile})


def _head(people: People, head: Head, met: set[ProfileId]) -> Head:
    return Head(head.profile, head.created_at, people.is_identified(head.profile), version=0, met=head.met | met)
