"""Whose is an interaction? Decided once per interaction id, and never differently afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import STRONG_KINDS, Identifier, Interaction


@dataclass(frozen=True, slots=True)
class Route:
    """An interaction's one destination. `linked` and `met` are what it changed, to be announced again if need be."""

    interaction: InteractionId
    digest: str
    profile: ProfileId
    linked: tuple[Identifier, ...] = ()
    met: tuple[ProfileId, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """`created_at`: when its first interaction was received. `is_identified`: holds a strong identifier.

    `version` counts the transactions that rested on it or changed it.
    """

    profile: ProfileId
    created_at: Instant
    is_identified: bool
    version: int
    met: frozenset[ProfileId] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a batch. Identities by `kind:value`."""

    routes: Mapping[InteractionId, Route]
    identities: Mapping[str, ProfileId]
    heads: Mapping[ProfileId, Head]


@dataclass(frozen=True, slots=True)
class Conflict:
    """The id was used before for something else."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class Assigned:
    """`new_*` is to be stored, `heads_read` all or nothing with it; `routes` has every accepted interaction's."""

    routes: tuple[tuple[Interaction, Route], ...]
    conflicts: tuple[Conflict, ...]
    new_routes: tuple[Route, ...]
    new_identities: Mapping[str, ProfileId]
    new_heads: Mapping[ProfileId, Head]
    changed_heads: Mapping[ProfileId, Head]

    @property
    def changes_identity(self) -> bool:
        return bool(self.new_identities or self.new_heads or self.changed_heads)


MOST_MET = 64


def identity_key(identifier: Identifier) -> str:
    return f"{identifier.kind}:{identifier.value}"


@dataclass(slots=True)
class _Ledger:
    """The batch's own view: what is known plus what the batch has decided so far."""

    known: Known
    routes: dict[InteractionId, Route] = field(default_factory=dict)
    identities: dict[str, ProfileId] = field(default_factory=dict)
    heads: dict[ProfileId, Head] = field(default_factory=dict)

    def owner(self, identifier: Identifier) -> ProfileId | None:
        key = identity_key(identifier)
        return self.identities.get(key) or self.known.identities.get(key)

    def head(self, profile: ProfileId) -> Head:
        return self.heads.get(profile) or self.known.heads[profile]


def assign(known: Known, interactions: Iterable[Interaction]) -> Assigned:
    ledger = _Ledger(known)
    routed: list[tuple[Interaction, Route]] = []
    conflicts: list[Conflict] = []
    for interaction in interactions:
        route = ledger.routes.get(interaction.id) or known.routes.get(interaction.id)
        if route is None:
            route = ledger.routes[interaction.id] = _decide(ledger, interaction)
        if _contradicts(route, interaction):
            conflicts.append(Conflict(interaction))
        else:
            routed.append((interaction, route))
    return Assigned(
        routes=tuple(routed),
        conflicts=tuple(conflicts),
        new_routes=tuple(ledger.routes.values()),
        new_identities=ledger.identities,
        new_heads={each: head for each, head in ledger.heads.items() if each not in known.heads},
        changed_heads={each: head for each, head in ledger.heads.items() if each in known.heads},
    )


def _contradicts(route: Route, interaction: Interaction) -> bool:
    """Digests of different versions cannot be compared, and are not a contradiction."""
    version, _, _ = route.digest.partition(":")
    return interaction.digest.startswith(f"{version}:") and route.digest != interaction.digest


def _decide(ledger: _Ledger, interaction: Interaction) -> Route:
    linking = interaction.linking
    strong = [each for each in linking if each.kind in STRONG_KINDS]
    weak = [each for each in linking if each.kind not in STRONG_KINDS]
    profile = _find(ledger, strong, weak) or _create(ledger, interaction)
    linked = tuple(each for each in linking if ledger.owner(each) is None)
    met = _met(ledger, profile, strong, weak)
    if linked or met:
        _link(ledger, profile, linked, met)
    return Route(interaction.id, interaction.digest, profile, linked, met)


def _find(ledger: _Ledger, strong: list[Identifier], weak: list[Identifier]) -> ProfileId | None:
    """The strongest known identifier decides; a weak one only where it cannot glue two people together."""
    for identifier in strong:
        if owner := ledger.owner(identifier):
            return owner
    for identifier in weak:
        owner = ledger.owner(identifier)
        if owner and not (strong and ledger.head(owner).is_identified):
            return owner
    return None


def _create(ledger: _Ledger, interaction: Interaction) -> ProfileId:
    profile = profile_id(interaction.id)
    ledger.heads[profile] = Head(profile, instant(interaction.received_at), is_identified=False, version=0)
    return profile


def _met(
    ledger: _Ledger, profile: ProfileId, strong: list[Identifier], weak: list[Identifier]
) -> tuple[ProfileId, ...]:
    """Others who, by this evidence, are the same person, and are not known to be.

    A device that somebody else is known by proves nothing. Who has met as many as are kept meets nobody more: a shared
    mailbox would change heads with every message.
    """
    owners = {ledger.owner(each) for each in strong}
    if strong:
        owners |= {owner for each in weak if (owner := ledger.owner(each)) and not ledger.head(owner).is_identified}
    known = ledger.head(profile).met
    new = sorted(owner for owner in owners if owner and owner != profile and owner not in known)
    return tuple(new[: MOST_MET - len(known)])


def _link(ledger: _Ledger, profile: ProfileId, linked: tuple[Identifier, ...], met: tuple[ProfileId, ...]) -> None:
    for identifier in linked:
        ledger.identities[identity_key(identifier)] = profile
    head = ledger.head(profile)
    is_identified = head.is_identified or any(each.kind in STRONG_KINDS for each in linked)
    ledger.heads[profile] = replace(head, is_identified=is_identified, met=_bounded(head.met, met))
    for other in met:
        ledger.heads[other] = replace(ledger.head(other), met=_bounded(ledger.head(other).met, (profile,)))


def _bounded(known: frozenset[ProfileId], more: tuple[ProfileId, ...]) -> frozenset[ProfileId]:
    return frozenset(sorted(known | set(more))[:MOST_MET])
