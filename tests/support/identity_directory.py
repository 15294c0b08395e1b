"""In memory: what the database would hold of who is who, and what it would refuse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fidelio_profile.domain.assignment import Assigned, Known, Route
from fidelio_profile.domain.people import Head, IdentityChange, Link, Review, identity_key
from fidelio_profile.domain.regrouping import NotPossible, Regrouped, separate
from fidelio_shared.contracts.ids import InteractionId, ProfileId
from fidelio_shared.contracts.ingest import Identifier, Interaction


@dataclass(slots=True)
class Directory:
    routes: dict[InteractionId, Route] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    heads: dict[ProfileId, Head] = field(default_factory=dict)
    reviews: dict[str, Review] = field(default_factory=dict)

    def known(self, interactions: Sequence[Interaction]) -> Known:
        """Only what a batch asks for: its ids, its identifiers, and the heads of their owners."""
        ids = {each.id for each in interactions} & self.routes.keys()
        keys = {identity_key(one) for each in interactions for one in each.linking} & self.links.keys()
        links = {key: self.links[key] for key in keys}
        return Known(
            routes={each: self.routes[each] for each in ids},
            links=links,
            heads={each.profile: self.heads[each.profile] for each in links.values()},
        )

    def refusals(self, assigned: Assigned) -> list[str]:
        """What the database would not take, because it is there already or was changed since it was read."""
        found = [f"{each} has an owner" for each in assigned.new_links if each in self.links]
        found += [f"{each.interaction} has a route" for each in assigned.new_routes if each.interaction in self.routes]
        found += [f"{each} has a head" for each in assigned.new_heads if each in self.heads]
        found += [
            f"{profile} was changed since it was read"
            for profile, head in assigned.changed_heads.items()
            if self.heads[profile].version != head.version
        ]
        return found

    def store(self, assigned: Assigned) -> None:
        self.routes |= {each.interaction: each for each in assigned.new_routes}
        self.write(assigned)
        for each in assigned.reviews:
            self.reviews.setdefault(each.id, each)

    def write(self, change: IdentityChange) -> None:
        self.links |= {**change.new_links, **change.changed_links}
        self.links |= {key: replace(self.links[key], profile=owner) for key, owner in change.moved.items()}
        heads = {**change.new_heads, **change.changed_heads}
        self.heads |= {each: replace(head, version=head.version + 1) for each, head in heads.items()}

    def separate(self, identifier: Identifier, request: str, at: datetime) -> Regrouped | None:
        """None where it is nobody's, or all they have."""
        link = self.links.get(identity_key(identifier))
        try:
            regrouped = separate(self.heads[link.profile], [identifier], request, at) if link else None
        except NotPossible:
            return None
        if regrouped:
            self.write(regrouped)
        return regrouped

    def disagreements(self) -> Iterable[str]:
        """Each identifier is in the head of its owner and in no other; who is part of another has none."""
        held = [(key, head.profile) for head in self.heads.values() for key in head.keys]
        if sorted(held) != sorted((key, link.profile) for key, link in self.links.items()):
            yield "identities and heads disagree"
        if any(each.merged_into and each.keys for each in self.heads.values()):
            yield "who is part of another has identifiers"
