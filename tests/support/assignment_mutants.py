"""Assignments that are wrong in one respect each, to prove that the check would notice."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from fidelio_profile.domain import assignment
from fidelio_profile.domain.assignment import Assigned, Known, Route
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import Identifier, Interaction


@dataclass(frozen=True, slots=True)
class Mutant:
    """`owner` and `name` say what is replaced."""

    text: str
    owner: object
    name: str
    replacement: Callable[..., object]


def _weakest_decides(ledger: assignment._Ledger, strong: list[Identifier], weak: list[Identifier]) -> ProfileId | None:
    return _find(ledger, strong[::-1], weak[::-1])


def _device_glues(ledger: assignment._Ledger, strong: list[Identifier], weak: list[Identifier]) -> ProfileId | None:
    return _find(ledger, strong, weak) or next((owner for each in weak if (owner := ledger.owner(each))), None)


def _past_is_forgotten(
    ledger: assignment._Ledger, strong: list[Identifier], weak: list[Identifier]
) -> ProfileId | None:
    return _find(ledger, strong, [] if strong else weak)


def _identifiers_are_taken(ledger: assignment._Ledger, interaction: Interaction) -> Route:
    route = _decide(ledger, interaction)
    for each in interaction.linking:
        ledger.identities[assignment.identity_key(each)] = route.profile
    return replace(route, linked=interaction.linking)


def _repetitions_are_decided_again(known: Known, interactions: Iterable[Interaction]) -> Assigned:
    return _assign(replace(known, routes={}), interactions)


def _batch_is_blind(ledger: assignment._Ledger, identifier: Identifier) -> ProfileId | None:
    return ledger.known.identities.get(assignment.identity_key(identifier))


def _versions_contradict(route: Route, interaction: Interaction) -> bool:
    return route.digest != interaction.digest


def _nothing_contradicts(_: Route, __: Interaction) -> bool:
    return False


def _device_owners_meet(
    ledger: assignment._Ledger, profile: ProfileId, strong: list[Identifier], weak: list[Identifier]
) -> tuple[ProfileId, ...]:
    owners = {ledger.owner(each) for each in (*strong, *weak)} if strong else set()
    return tuple(sorted(each for each in owners if each and each != profile and each not in ledger.head(profile).met))


def _nobody_meets(*_: object) -> tuple[ProfileId, ...]:
    return ()


def _one_of_them_knows(
    ledger: assignment._Ledger, profile: ProfileId, linked: tuple[Identifier, ...], met: tuple[ProfileId, ...]
) -> None:
    others = {each: ledger.head(each) for each in met}
    _link(ledger, profile, linked, met)
    ledger.heads |= others


def _always_a_stranger(ledger: assignment._Ledger, profile: ProfileId) -> assignment.Head:
    return replace(_head(ledger, profile), met=frozenset())


def _named_after_the_source(interaction: str) -> ProfileId:
    return profile_id(InteractionId(interaction[:1]))


_assign, _decide, _find = assignment.assign, assignment._decide, assignment._find
_link, _head = assignment._link, assignment._Ledger.head

MUTANTS: Sequence[Mutant] = (
    Mutant("the weakest identifier decides", assignment, "_find", _weakest_decides),
    Mutant("a device glues two people together", assignment, "_find", _device_glues),
    Mutant("who logs in leaves the anonymous past behind", assignment, "_find", _past_is_forgotten),
    Mutant("identifiers change their owner", assignment, "_decide", _identifiers_are_taken),
    Mutant("a repeated id is decided again", assignment, "assign", _repetitions_are_decided_again),
    Mutant("a batch does not see what it decided", assignment._Ledger, "owner", _batch_is_blind),
    Mutant("digests of different versions contradict", assignment, "_contradicts", _versions_contradict),
    Mutant("nothing contradicts", assignment, "_contradicts", _nothing_contradicts),
    Mutant("people who share a device meet", assignment, "_met", _device_owners_meet),
    Mutant("nobody ever meets", assignment, "_met", _nobody_meets),
    Mutant("only one of two knows that they met", assignment, "_link", _one_of_them_knows),
    Mutant("people meet again and again", assignment._Ledger, "head", _always_a_stranger),
    Mutant("two people get one profile id", assignment, "profile_id", _named_after_the_source),
)
