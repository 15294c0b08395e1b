"""Assignments that are wrong in one respect each, to prove that the check would notice."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fidelio_profile.domain import assignment
from fidelio_profile.domain.assignment import Assigned, Known, Route
from fidelio_profile.domain.people import Demotion, Head, Link, Review, identity_key, merged
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import Identifier, Interaction

Broken = tuple[Literal["limit", "apart"], str] | None
Joining = tuple[list[Identifier], list[Identifier]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """`owner` and `name` say what is replaced."""

    text: str
    owner: object
    name: str
    replacement: Callable[..., object]


def _youngest_wins(heads: list[Head]) -> tuple[Head, list[Head]]:
    whole, losers = _merged(heads)
    if not losers:
        return whole, losers
    winner, *others = sorted(heads, key=lambda each: each.age, reverse=True)
    whole = replace(whole, profile=winner.profile, created_at=winner.created_at, version=winner.version)
    whole = replace(whole, absorbed=frozenset().union(*(each.names for each in heads)) - {winner.profile})
    return whole, [replace(each, merged_into=winner.profile, keys=frozenset()) for each in others]


def _device_glues(ledger: assignment._Ledger, usable: Sequence[Identifier]) -> Joining:
    return list(usable), []


def _past_is_forgotten(ledger: assignment._Ledger, usable: Sequence[Identifier]) -> Joining:
    joining, beside = _joining(ledger, usable)
    strong = {ledger.owner(each) for each in usable if ledger.rules.is_strong(each.kind)}
    left = [each for each in joining if strong and ledger.owner(each) not in strong | {None}]
    return [each for each in joining if each not in left], [*left, *beside]


def _weakest_device_decides(ledger: assignment._Ledger, usable: Sequence[Identifier]) -> Joining:
    if any(ledger.rules.is_strong(each.kind) for each in usable):
        return _joining(ledger, usable)
    joining, beside = _joining(ledger, usable[::-1])
    return [each for each in usable if each in joining], [each for each in usable if each in beside]


def _without_limits(ledger: assignment._Ledger, kept: Sequence[Identifier]) -> Broken:
    broken = _broken_rule(ledger, kept)
    return broken if broken and broken[0] == "apart" else None


def _one_too_many(ledger: assignment._Ledger, kept: Sequence[Identifier]) -> Broken:
    kinds = {kind: rule.model_copy(update={"most": rule.most + 1}) for kind, rule in ledger.rules.kinds.items()}
    return _broken_rule(replace(ledger, rules=ledger.rules.model_copy(update={"kinds": kinds})), kept)


def _only_the_named_count(ledger: assignment._Ledger, kept: Sequence[Identifier]) -> Broken:
    broken, named = _broken_rule(ledger, kept), Counter(each.kind for each in kept)
    is_limit = broken is not None and broken[0] == "limit"
    return None if is_limit and broken and named[broken[1]] <= ledger.rules.kinds[broken[1]].most else broken


def _separations_are_forgotten(ledger: assignment._Ledger, kept: Sequence[Identifier]) -> Broken:
    heads = {each: replace(ledger.head(each), apart=frozenset()) for each in {*ledger.heads, *ledger.known.heads}}
    return _broken_rule(replace(ledger, heads=heads), kept)


def _separations_end_with_a_merge(heads: list[Head]) -> tuple[Head, list[Head]]:
    whole, losers = _merged(heads)
    return replace(whole, apart=min(heads, key=lambda each: each.age).apart), losers


def _strongest_is_set_aside(
    ledger: assignment._Ledger, joining: list[Identifier]
) -> tuple[list[Identifier], list[Demotion]]:
    kept, demoted = _within_limits(ledger, joining[::-1])
    return kept[::-1], demoted


def _own_are_set_aside(ledger: assignment._Ledger, interaction: Interaction, found: assignment._Evidence) -> Route:
    return replace(_land(ledger, interaction, found), demoted=tuple(found.demoted))


def _only_the_named_move(ledger: assignment._Ledger, winner: Head, losers: Sequence[Head]) -> None:
    _move(ledger, winner, losers)
    ledger.moved = {key: owner for key, owner in ledger.moved.items() if key in ledger.known.links}


def _shared_still_finds(ledger: assignment._Ledger, identifier: Identifier) -> Link | None:
    found = _link(ledger, identifier)
    return replace(found, is_shared=False) if found else None


def _nobody_is_noted(*_: object) -> list[Demotion]:
    return []


def _visitors_count(ledger: assignment._Ledger, winner: Head, found: assignment._Evidence) -> list[Demotion]:
    known = replace(winner, keys=winner.keys | {"customer_id:somebody"})
    return _note_company(ledger, known, found)


def _former_selves_count(ledger: assignment._Ledger, winner: Head, found: assignment._Evidence) -> list[Demotion]:
    return _note_company(ledger, replace(winner, absorbed=frozenset()), found)


def _kiosk_needs_one_more(ledger: assignment._Ledger, winner: Head, found: assignment._Evidence) -> list[Demotion]:
    kinds = {kind: rule.model_copy(update={"people": rule.people + 1}) for kind, rule in ledger.rules.kinds.items()}
    changed = replace(ledger, rules=ledger.rules.model_copy(update={"kinds": kinds}))
    return _note_company(changed, winner, found)


def _repetitions_are_decided_again(known: Known, interactions: Iterable[Interaction], rules: IdentityRules) -> Assigned:
    return _assign(replace(known, routes={}), interactions, rules)


def _batch_is_blind(ledger: assignment._Ledger, identifier: Identifier) -> Link | None:
    return ledger.known.links.get(identity_key(identifier))


def _merges_in_a_batch_are_blind(ledger: assignment._Ledger, identifier: Identifier) -> Link | None:
    return _link(replace(ledger, moved={}), identifier)


def _versions_contradict(route: Route, interaction: Interaction) -> bool:
    return route.digest != interaction.digest


def _nothing_contradicts(_: Route, __: Interaction) -> bool:
    return False


def _named_after_the_source(interaction: str) -> ProfileId:
    return profile_id(InteractionId(interaction[:1]))


def _only_the_changed_are_written(ledger: assignment._Ledger, heads: Iterable[Head]) -> None:
    return None


def _no_doubts(*_: object) -> Iterable[Review]:
    return ()


_assign, _joining, _broken_rule, _within_limits = (
    assignment.assign,
    assignment._joining,
    assignment._broken_rule,
    assignment._within_limits,
)
_land, _move, _note_company, _merged = (
    assignment._land,
    assignment._move,
    assignment._note_company,
    merged,
)
_link = assignment._Ledger.link
_ledger = assignment._Ledger

MUTANTS: Sequence[Mutant] = (
    Mutant("the youngest wins a merge", assignment, "merged", _youngest_wins),
    Mutant("a device glues two people together", assignment, "_joining", _device_glues),
    Mutant("who logs in leaves the anonymous past behind", assignment, "_joining", _past_is_forgotten),
    Mutant("of two devices the weakest decides", assignment, "_joining", _weakest_device_decides),
    Mutant("there is no limit", assignment, "_broken_rule", _without_limits),
    Mutant("a limit is one too high", assignment, "_broken_rule", _one_too_many),
    Mutant("only what is named counts for a limit", assignment, "_broken_rule", _only_the_named_count),
    Mutant("separations are forgotten", assignment, "_broken_rule", _separations_are_forgotten),
    Mutant("a separation ends with a merge", assignment, "merged", _separations_end_with_a_merge),
    Mutant("the strongest is set aside", assignment, "_within_limits", _strongest_is_set_aside),
    Mutant("a person's own identifier is set aside", assignment, "_land", _own_are_set_aside),
    Mutant("only what is named goes to the winner", assignment, "_move", _only_the_named_move),
    Mutant("a shared device still finds its owner", _ledger, "link", _shared_still_finds),
    Mutant("no company is noted", assignment, "_note_company", _nobody_is_noted),
    Mutant("visitors make a device shared", assignment, "_note_company", _visitors_count),
    Mutant("one person counts twice after a merge", assignment, "_note_company", _former_selves_count),
    Mutant("a device may be one person's more", assignment, "_note_company", _kiosk_needs_one_more),
    Mutant("a repeated id is decided again", assignment, "assign", _repetitions_are_decided_again),
    Mutant("a batch does not see what it linked", _ledger, "link", _batch_is_blind),
    Mutant("a batch does not see what it merged", _ledger, "link", _merges_in_a_batch_are_blind),
    Mutant("digests of different versions contradict", assignment, "_contradicts", _versions_contradict),
    Mutant("nothing contradicts", assignment, "_contradicts", _nothing_contradicts),
    Mutant("two people get one profile id", assignment, "profile_id", _named_after_the_source),
    Mutant("what a change rests on is not written", _ledger, "touch", _only_the_changed_are_written),
    Mutant("nobody looks at a doubt", assignment, "_doubts", _no_doubts),
)
