"""Whose is an interaction? Decided once per interaction id, and never differently afterwards."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from fidelio_profile.domain.people import (
    Demotion,
    Head,
    Link,
    Review,
    broken_rule,
    identity_key,
    merged,
)
from fidelio_profile.domain.suppression import begins_anew
from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import Identifier, Interaction


@dataclass(frozen=True, slots=True)
class Route:
    """An interaction's one destination, and what it changed about who is who, to be announced again if need be.

    `retires`: profiles that became part of `profile`. `demoted`: identifiers that were set aside.
    """

    interaction: InteractionId
    digest: str
    profile: ProfileId
    linked: tuple[Identifier, ...] = ()
    retires: tuple[ProfileId, ...] = ()
    demoted: tuple[Demotion, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a batch. Links by `kind:value`.

    `suppressed`: when their persons were erased. `erased`: interactions that were theirs.
    """

    routes: Mapping[InteractionId, Route]
    links: Mapping[str, Link]
    heads: Mapping[ProfileId, Head]
    suppressed: Mapping[str, Instant] = field(default_factory=dict)
    erased: frozenset[InteractionId] = frozenset()


@dataclass(frozen=True, slots=True)
class Assigned:
    """`routes` has every accepted interaction's; the others are to be stored, all or nothing.

    `conflicts` used an id again for something else; `lost` name nobody but what too many people share; `dropped` tell
    of people who were erased.
    `moved`: identifiers of profiles that were merged, with their new owner. `changed_heads` are also those that a
    change rested on, so that of two concurrent ones one is decided again.
    """

    routes: tuple[tuple[Interaction, Route], ...]
    conflicts: tuple[Interaction, ...]
    lost: tuple[Interaction, ...]
    new_routes: tuple[Route, ...]
    new_links: Mapping[str, Link]
    changed_links: Mapping[str, Link]
    moved: Mapping[str, ProfileId]
    new_heads: Mapping[ProfileId, Head]
    changed_heads: Mapping[ProfileId, Head]
    reviews: tuple[Review, ...]
    dropped: tuple[Interaction, ...] = ()

    @property
    def changes_identity(self) -> bool:
        return bool(self.new_heads or self.changed_heads)


@dataclass(slots=True)
class _Ledger:
    """The batch's own view: what is known plus what the batch has decided so far."""

    known: Known
    rules: IdentityRules
    routes: dict[InteractionId, Route] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    moved: dict[str, ProfileId] = field(default_factory=dict)
    heads: dict[ProfileId, Head] = field(default_factory=dict)

    def link(self, identifier: Identifier) -> Link | None:
        key = identity_key(identifier)
        found = self.links.get(key) or self.known.links.get(key)
        owner = self.moved.get(key)
        return replace(found, profile=owner) if found and owner else found

    def owner(self, identifier: Identifier) -> ProfileId | None:
        link = self.link(identifier)
        return link.profile if link else None

    def head(self, profile: ProfileId) -> Head:
        return self.heads.get(profile) or self.known.heads[profile]

    def touch(self, heads: Iterable[Head]) -> None:
        """They are to be written, so that nobody changes them meanwhile."""
        for head in heads:
            self.heads.setdefault(head.profile, head)

    def is_identified(self, profile: ProfileId) -> bool:
        return self.head(profile).is_identified(self.rules)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Of one interaction: whose it could be, identifiers that nobody has, others' weak ones, what was set aside."""

    heads: list[Head]
    new: tuple[Identifier, ...]
    beside: Sequence[Identifier]
    demoted: Sequence[Demotion]


def assign(known: Known, interactions: Iterable[Interaction], rules: IdentityRules) -> Assigned:
    ledger = _Ledger(known, rules)
    routed: list[tuple[Interaction, Route]] = []
    conflicts: list[Interaction] = []
    lost: list[Interaction] = []
    dropped: list[Interaction] = []
    for interaction in interactions:
        route = ledger.routes.get(interaction.id) or known.routes.get(interaction.id)
        if route is None and _is_suppressed(ledger, interaction):
            dropped.append(interaction)
            continue
        route = route or _decide(ledger, interaction)
        if route is None:
            lost.append(interaction)
        elif _contradicts(route, interaction):
            conflicts.append(interaction)
        else:
            routed.append((interaction, route))
    return replace(_assigned(ledger, tuple(routed), tuple(conflicts), tuple(lost)), dropped=tuple(dropped))


def _assigned(
    ledger: _Ledger,
    routed: tuple[tuple[Interaction, Route], ...],
    conflicts: tuple[Interaction, ...],
    lost: tuple[Interaction, ...],
) -> Assigned:
    known, moved = ledger.known, ledger.moved
    links = {key: replace(link, profile=moved.get(key, link.profile)) for key, link in ledger.links.items()}
    return Assigned(
        routes=routed,
        conflicts=conflicts,
        lost=lost,
        new_routes=tuple(ledger.routes.values()),
        new_links={key: link for key, link in links.items() if key not in known.links},
        changed_links={key: link for key, link in links.items() if key in known.links},
        moved={key: owner for key, owner in moved.items() if key not in links},
        new_heads={each: head for each, head in ledger.heads.items() if each not in known.heads},
        changed_heads={each: head for each, head in ledger.heads.items() if each in known.heads},
        reviews=tuple(doubt for interaction, route in routed for doubt in _doubts(ledger.rules, interaction, route)),
    )


def _is_suppressed(ledger: _Ledger, interaction: Interaction) -> bool:
    """Whether it tells of somebody who was erased. Who begins anew is told apart from an export of what was known."""
    creates = ledger.known.heads.get(profile_id(interaction.id))
    if interaction.id in ledger.known.erased or (creates and creates.erased_at):
        return True
    strongest = next(iter(ledger.rules.linking(interaction.identifiers)), None)
    if strongest is None:
        return False
    if link := ledger.link(strongest):
        return link.since is not None and instant(interaction.occurred_at) <= link.since
    erased_at = ledger.known.suppressed.get(identity_key(strongest))
    return erased_at is not None and not begins_anew(interaction, erased_at)


def _contradicts(route: Route, interaction: Interaction) -> bool:
    """Digests of different versions cannot be compared, and are not a contradiction."""
    version, _, _ = route.digest.partition(":")
    return interaction.digest.startswith(f"{version}:") and route.digest != interaction.digest


def _decide(ledger: _Ledger, interaction: Interaction) -> Route | None:
    """None where nothing that the interaction names finds anybody any more."""
    named = [(each, ledger.link(each)) for each in ledger.rules.linking(interaction.identifiers)]
    usable = [each for each, link in named if not (link and link.is_shared)]
    if not usable:
        return None
    joining, beside = _joining(ledger, usable)
    kept, demoted = _within_limits(ledger, joining)
    found = _Evidence(
        heads=_heads_of(ledger, kept),
        new=tuple(each for each in kept if ledger.owner(each) is None),
        beside=beside,
        demoted=demoted,
    )
    ledger.routes[interaction.id] = _land(ledger, interaction, found)
    return ledger.routes[interaction.id]


def _joining(ledger: _Ledger, usable: Sequence[Identifier]) -> tuple[list[Identifier], list[Identifier]]:
    """Those that are evidence of one person, strongest first; and weak ones that are somebody else's.

    A weak identifier joins whoever is not known by a strong one: the anonymous past of somebody who logs in.
    """
    strong = [each for each in usable if ledger.rules.is_strong(each.kind)]
    owners = {ledger.owner(each) for each in strong} - {None}
    joining, beside = list(strong), list[Identifier]()
    for each in usable:
        if ledger.rules.is_strong(each.kind):
            continue
        owner = ledger.owner(each)
        if owner is None or owner in owners or (strong and not ledger.is_identified(owner)):
            joining.append(each)
        elif not strong and not owners:
            owners.add(owner)
            joining.append(each)
        else:
            beside.append(each)
    return joining, beside


def _within_limits(ledger: _Ledger, joining: list[Identifier]) -> tuple[list[Identifier], list[Demotion]]:
    """Sets the weakest aside until no rule is broken. A single one that is left never breaks one."""
    kept, demoted = list(joining), list[Demotion]()
    while len(kept) > 1 and (broken := _broken_rule(ledger, kept)):
        reason, kind = broken
        weakest = kept.pop()
        demoted.append(Demotion(weakest, reason, kind, ledger.owner(weakest)))
    return kept, demoted


def _broken_rule(ledger: _Ledger, kept: Sequence[Identifier]) -> tuple[Literal["limit", "apart"], str] | None:
    heads = _heads_of(ledger, kept)
    new = [each for each in kept if ledger.owner(each) is None]
    if len(heads) < 2 and not new:
        return None
    return broken_rule(heads, Counter(each.kind for each in new), ledger.rules)


def _heads_of(ledger: _Ledger, identifiers: Iterable[Identifier]) -> list[Head]:
    owners = dict.fromkeys(owner for each in identifiers if (owner := ledger.owner(each)))
    return [ledger.head(each) for each in owners]


def _land(ledger: _Ledger, interaction: Interaction, found: _Evidence) -> Route:
    at = instant(interaction.received_at)
    winner, losers = merged(found.heads or [Head(profile_id(interaction.id), at, version=0)])
    own = {each.profile for each in (winner, *losers)}
    aside = [each for each in found.demoted if each.owner not in own]
    _move(ledger, winner, losers)
    shared = _note_company(ledger, winner, found)
    if found.new:
        winner = replace(winner, keys=winner.keys | {identity_key(each) for each in found.new})
        ledger.links |= {
            key: _new_link(ledger, key, winner.profile, interaction) for key in map(identity_key, found.new)
        }
    if found.new or losers:
        ledger.heads |= {each.profile: each for each in (winner, *losers)}
        ledger.touch(_heads_of(ledger, [*found.beside, *(each.identifier for each in aside)]))
    return Route(
        interaction.id,
        interaction.digest,
        winner.profile,
        linked=found.new,
        retires=tuple(each.profile for each in losers),
        demoted=(*aside, *shared),
    )


def _new_link(ledger: _Ledger, key: str, profile: ProfileId, interaction: Interaction) -> Link:
    since = ledger.known.suppressed.get(key)
    return Link(profile, interaction.id, instant(interaction.received_at), since=since)


def _move(ledger: _Ledger, winner: Head, losers: Sequence[Head]) -> None:
    for loser in losers:
        held = ledger.head(loser.profile).keys
        ledger.moved |= dict.fromkeys(held, winner.profile)


def _note_company(ledger: _Ledger, winner: Head, found: _Evidence) -> list[Demotion]:
    """A thing that is seen with ever more known people is a kiosk's, and stops telling who somebody is."""
    rules, demoted = ledger.rules, list[Demotion]()
    is_known = winner.is_identified(rules) or any(rules.is_strong(each.kind) for each in found.new)
    for each in found.beside if is_known else ():
        link = ledger.link(each)
        if link is None or winner.names & link.seen_with:
            continue
        people = link.seen_with | {winner.profile}
        is_shared = len(people) >= rules.kinds[each.kind].people
        ledger.links[identity_key(each)] = replace(link, seen_with=people, is_shared=is_shared)
        ledger.touch([ledger.head(link.profile), winner])
        if is_shared:
            demoted.append(Demotion(each, "shared", each.kind, link.profile))
    return demoted


def _doubts(rules: IdentityRules, interaction: Interaction, route: Route) -> Iterable[Review]:
    """What a strong identifier said and a rule forbade, people shall look at. Said again by each repetition.

    Not where people have separated them: they know.
    """
    at = instant(interaction.received_at)
    strong = [each for each in route.demoted if each.reason == "limit" and rules.is_strong(each.identifier.kind)]
    return [Review(route.profile, each, route.interaction, at) for each in strong]
