"""Whose an interaction is, said a second time: one by one, from little more than who owns which identifier."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

from fidelio_profile.domain.assignment import Route
from fidelio_profile.domain.people import Demotion, Head, Link, Review, identity_key
from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import Identifier, Interaction

MOST_MEMBERS = 256


@dataclass(slots=True)
class People:
    """`born`: every profile there ever was, with the instant. `part_of`: whose part it became, at once.

    `said`: who named an identifier first. `seen`: with whom a thing was seen that is somebody else's. `places`: whose
    an interaction is, by its id: what came under an identifier goes with it.
    """

    rules: IdentityRules
    owners: dict[Identifier, ProfileId] = field(default_factory=dict)
    said: dict[Identifier, Interaction] = field(default_factory=dict)
    seen: dict[Identifier, set[ProfileId]] = field(default_factory=dict)
    shared: set[Identifier] = field(default_factory=set)
    born: dict[ProfileId, Instant] = field(default_factory=dict)
    part_of: dict[ProfileId, ProfileId] = field(default_factory=dict)
    parted: list[tuple[ProfileId, ProfileId]] = field(default_factory=list)
    routes: dict[InteractionId, Route] = field(default_factory=dict)
    anchors: dict[str, str] = field(default_factory=dict)
    places: dict[str, ProfileId] = field(default_factory=dict)
    reviews: dict[str, Review] = field(default_factory=dict)
    conflicts: list[Interaction] = field(default_factory=list)
    lost: list[Interaction] = field(default_factory=list)

    def hear(self, interaction: Interaction) -> None:
        route = self.routes.get(interaction.id)
        if route is None:
            self._decide(interaction)
        elif route.digest[:2] == interaction.digest[:2] and route.digest != interaction.digest:
            self.conflicts.append(interaction)

    def part(self, identifier: Identifier, new: ProfileId, at: Instant) -> ProfileId | None:
        """Whose it was; None where it was all they had, or nobody's: then nothing happens."""
        owner = self.owners.get(identifier)
        if owner is None or len(self.held(owner)) < 2:
            return None
        self.born[new] = at
        self.owners[identifier] = new
        self.parted.append((owner, new))
        for each, place in self.places.items():
            if self.person(place) == owner and self.anchors[each] == identity_key(identifier):
                self.places[each] = new
        return owner

    def unite(self, profiles: Iterable[ProfileId]) -> None:
        """Also who was separated."""
        winner, *losers = sorted(profiles, key=lambda each: (self.born[each], each))
        self._join(winner, losers)
        names = self.names(winner)
        self.parted = [pair for pair in self.parted if not set(pair) <= names]

    def _join(self, winner: ProfileId, losers: Sequence[ProfileId]) -> None:
        self.part_of |= dict.fromkeys(losers, winner)
        self.owners = {each: winner if owner in losers else owner for each, owner in self.owners.items()}

    def person(self, profile: ProfileId) -> ProfileId:
        while profile in self.part_of:
            profile = self.part_of[profile]
        return profile

    def names(self, profile: ProfileId) -> set[ProfileId]:
        """Itself, and every profile that became part of it."""
        found = {profile}
        for each in [one for one, into in self.part_of.items() if into == profile]:
            found |= self.names(each)
        return found

    def held(self, profile: ProfileId) -> set[Identifier]:
        return {each for each, owner in self.owners.items() if owner == profile}

    def is_known(self, profile: ProfileId) -> bool:
        return any(self._is_strong(each) for each in self.held(profile))

    def _is_strong(self, identifier: Identifier) -> bool:
        return self.rules.kinds[identifier.kind].strength == "strong"

    def _decide(self, interaction: Interaction) -> None:
        usable = [each for each in self._linking(interaction) if each not in self.shared]
        if not usable:
            self.lost.append(interaction)
            return
        joining = self._evidence(usable)
        length = next(each for each in range(len(joining), 0, -1) if each == 1 or not self._broken(joining[:each]))
        kept, at = joining[:length], instant(interaction.received_at)
        aside = [self._set_aside(joining[:each]) for each in range(len(joining), length, -1)]
        together = {self.owners[each] for each in kept if each in self.owners}
        new = tuple(each for each in kept if each not in self.owners)
        if not together:
            together = {profile_id(interaction.id)}
            self.born[profile_id(interaction.id)] = at
        winner, *losers = sorted(together, key=lambda each: (self.born[each], each))
        self._join(winner, losers)
        self.owners |= dict.fromkeys(new, winner)
        self.said |= dict.fromkeys(new, interaction)
        beside = [each for each in usable if each not in joining]
        doubts = [*(each for each in aside if each.owner not in together), *self._noted(beside, winner)]
        self.routes[interaction.id] = Route(
            interaction.id, interaction.digest, winner, new, tuple(losers), tuple(doubts)
        )
        self.anchors[interaction.id], self.places[interaction.id] = interaction.anchor, winner
        for each in doubts:
            if each.reason == "limit" and self._is_strong(each.identifier):
                review = Review(winner, each, interaction.id, at)
                self.reviews.setdefault(review.id, review)

    def _linking(self, interaction: Interaction) -> list[Identifier]:
        kinds = list(self.rules.kinds)
        found = [each for each in interaction.identifiers if each.kind in kinds]
        return sorted(set(found), key=lambda each: (kinds.index(each.kind), each.value))

    def _evidence(self, usable: Sequence[Identifier]) -> list[Identifier]:
        strong = [each for each in usable if self._is_strong(each)]
        if strong:
            them = {self.owners[each] for each in strong if each in self.owners}
        else:
            them = {next((self.owners[each] for each in usable if each in self.owners), ProfileId(""))}
        return [each for each in usable if each in strong or self._joins(each, them, bool(strong))]

    def _joins(self, weak: Identifier, them: set[ProfileId], is_named: bool) -> bool:
        owner = self.owners.get(weak)
        return owner is None or owner in them or (is_named and not self.is_known(owner))

    def _broken(self, prefix: Sequence[Identifier]) -> tuple[str, str] | None:
        them = {self.owners[each] for each in prefix if each in self.owners}
        if any(self.are_apart(*pair) for pair in combinations(them, 2)):
            return "apart", ""
        if len(them) > 1 and sum(len(self.names(each)) for each in them) > MOST_MEMBERS:
            return "limit", "profile"
        whole = {*prefix, *(one for each in them for one in self.held(each))}
        for kind, rule in self.rules.kinds.items():
            before = [_count(kind, self.held(each)) for each in them]
            if _count(kind, whole) > max([rule.most, *before]):
                return "limit", kind
        return None

    def are_apart(self, one: ProfileId, other: ProfileId) -> bool:
        pairs = [*self.parted, *((right, left) for left, right in self.parted)]
        return any(pair in pairs for pair in product(self.names(one), self.names(other)))

    def _set_aside(self, prefix: Sequence[Identifier]) -> Demotion:
        broken = self._broken(prefix)
        assert broken
        reason, kind = broken
        return Demotion(prefix[-1], reason, kind, self.owners.get(prefix[-1]))  # type: ignore[arg-type]  # two of three

    def _noted(self, beside: Iterable[Identifier], person: ProfileId) -> Iterable[Demotion]:
        for each in beside if self.is_known(person) else ():
            others = self.seen.setdefault(each, set())
            if not others & self.names(person):
                others.add(person)
                if len(others) >= self.rules.kinds[each.kind].people:
                    self.shared.add(each)
                    yield Demotion(each, "shared", each.kind, self.owners[each])

    @property
    def links(self) -> dict[str, Link]:
        return {
            identity_key(each): Link(
                owner,
                self.said[each].id,
                instant(self.said[each].received_at),
                frozenset(self.seen.get(each, ())),
                each in self.shared,
            )
            for each, owner in self.owners.items()
        }

    @property
    def heads(self) -> dict[ProfileId, Head]:
        """With version 0."""
        return {
            each: Head(
                each,
                at,
                version=0,
                keys=frozenset(map(identity_key, self.held(each))),
                merged_into=self.part_of.get(each),
                absorbed=frozenset(self.names(each) - {each}),
                apart=frozenset(one for pair in self.parted for one in self._others(pair, each)),
            )
            for each, at in self.born.items()
        }

    def _others(self, pair: tuple[ProfileId, ProfileId], profile: ProfileId) -> Iterable[ProfileId]:
        names, (left, right) = self.names(profile), pair
        if left in names:
            yield right
        if right in names:
            yield left


def _count(kind: str, identifiers: Iterable[Identifier]) -> int:
    return sum(each.kind == kind for each in identifiers)


def people_of(interactions: Iterable[Interaction], rules: IdentityRules) -> People:
    people = People(rules)
    for each in interactions:
        people.hear(each)
    return people
