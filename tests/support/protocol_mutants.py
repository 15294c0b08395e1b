"""Protocols that are wrong in one respect each, to prove that the check would notice."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from fidelio_profile.adapters.mongo_timelines import wanted_timelines
from fidelio_profile.domain import assignment, fold, merging, paging
from fidelio_profile.domain.assignment import Assigned, Known
from fidelio_profile.domain.people import Head, merged
from fidelio_profile.domain.profile import Apart, Profile, joined
from fidelio_profile.domain.regrouping import Regrouped, separate
from fidelio_profile.domain.revisions import Foldable, FoldingBatch, record_key
from fidelio_profile.domain.state import State
from fidelio_profile.records import routed_records, snapshot_records, timeline_record
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.contracts.profile import (
    AbsorbRequested,
    Cause,
    RefoldRequested,
    RetireRequested,
    SplitRequested,
)
from support import identity_directory, protocol_database, protocol_world
from support.identity_directory import Directory
from support.identity_rules import JOINING_RULES
from support.protocol_database import EPOCH
from support.protocol_world import Process, World, decoded

Regrouping = AbsorbRequested | SplitRequested


@dataclass(frozen=True, slots=True)
class Mutant:
    """`owner` and `name` say what is replaced."""

    text: str
    owner: object
    name: str
    replacement: Callable[..., object]


class _WithoutStubs(FoldingBatch):
    def accept(self, record: Foldable, profile: Profile, cause: Cause) -> None:
        if not profile.merged_into:
            FoldingBatch.accept(self, record, profile, cause)


def _stub_keeps_its_state(batch: FoldingBatch, record: RetireRequested, known: Profile | None) -> None:
    _fold_retire(batch, record, known)
    stub = batch.profiles.get(record.profile)
    if stub and known and known.state and stub.revision == known.revision + 1:
        batch.profiles[stub.id] = replace(stub, state=known.state)
        batch.revisions[-1] = replace(batch.revisions[-1], profile=batch.profiles[stub.id])


def _every_absorb_is_news(record: Foldable) -> str:
    return "never seen" if isinstance(record, AbsorbRequested) else record_key(record)


def _without_its_interaction(batch: FoldingBatch, record: AbsorbRequested, known: Profile | None) -> None:
    _fold_absorb(batch, record.model_copy(update={"interaction": None}), known)


def _with_its_interaction_again(batch: FoldingBatch, record: AbsorbRequested, known: Profile | None) -> None:
    """Counts it though it has been applied already."""
    seen = batch.stored.seen - ({record.interaction.id} if record.interaction else set())
    _fold_absorb(replace(batch, stored=replace(batch.stored, seen=seen)), record, known)


def _without_what_it_was(batch: FoldingBatch, record: AbsorbRequested, known: Profile | None) -> None:
    _fold_absorb(batch, record.model_copy(update={"state": None}), known)


def _members_are_forgotten(known: Profile, record: AbsorbRequested) -> Profile:
    return replace(_absorbed(known, record), members=known.members)


def _members_of_members_are_forgotten(known: Profile, record: AbsorbRequested) -> Profile:
    return _absorbed(known, record.model_copy(update={"members": ()}))


def _stub_takes_interactions(self: Profile, interaction: Interaction) -> ProfileId:
    return self.id


def _absorbs_are_named_after_their_cause(batch: FoldingBatch, record: RetireRequested, known: Profile | None) -> None:
    """So that of two whom one interaction brings to a third, only one arrives."""
    first = len(batch.sent)
    _fold_retire(batch, record, known)
    cause = record.interaction.id if record.interaction else ""
    batch.sent[first:] = [
        each.model_copy(update={"id": hash16("absorb", cause)}) if isinstance(each, AbsorbRequested) else each
        for each in batch.sent[first:]
    ]


def _stub_drops_what_comes_late(batch: FoldingBatch, record: Foldable, profile: ProfileId) -> None:
    if not (record.kind == "interaction" and record.hops == 0):
        _forward(batch, record, profile)  # type: ignore[arg-type]  # as the original, called with what it is called with


def _absorb_goes_straight(batch: FoldingBatch, record: RetireRequested, known: Profile | None) -> None:
    """Before the stub and its timeline are stored."""
    first = len(batch.sent)
    _fold_retire(batch, record, known)
    batch.sent[first:] = [
        each.model_copy(update={"profile": record.into, "into": None}) if isinstance(each, AbsorbRequested) else each
        for each in batch.sent[first:]
    ]


def _part_goes_straight(record: Regrouping, profile: Profile, owner: ProfileId, *, is_paged: bool) -> AbsorbRequested:
    """Before what stays is stored."""
    return _part_sent(record, profile, owner, is_paged=is_paged).model_copy(update={"profile": owner, "into": None})


def _part_forgets_members(record: Regrouping, profile: Profile, owner: ProfileId, *, is_paged: bool) -> AbsorbRequested:
    return _part_sent(record, profile, owner, is_paged=is_paged).model_copy(update={"members": ()})


def _late_stays(self: Profile, interaction: Interaction) -> ProfileId:
    return self.merged_into or self.id


def _first_claim_holds(one: Apart, other: Apart) -> Apart:
    return {**other, **one}


def _claims_end_with_a_merge(known: Profile, record: AbsorbRequested) -> Profile:
    return _absorbed(known, record if record.is_split else record.model_copy(update={"apart": ()}))


def _taken_is_not_moved(batch: FoldingBatch, record: AbsorbRequested, profile: Profile) -> list[Interaction]:
    taken = _take(batch, record, profile)
    batch.moved = {each: owner for each, owner in batch.moved.items() if owner != profile.id}
    return taken


def _nothing_is_passed_on(batch: FoldingBatch, record: AbsorbRequested, profile: Profile) -> list[Interaction]:
    sent = len(batch.sent)
    taken = _take(batch, record, profile)
    del batch.sent[sent:]
    return taken


def _what_is_on_its_way_counts(batch: FoldingBatch, profile: Profile) -> State | None:
    return joined([profile.base, *map(profile.lift, batch.timeline(profile.names))])


def _separation_is_not_kept(head: Head, identifiers: Iterable[Identifier], request: str, at: datetime) -> Regrouped:
    regrouped = _separate(head, identifiers, request, at)
    return replace(
        regrouped,
        new_heads={each: replace(head, apart=frozenset()) for each, head in regrouped.new_heads.items()},
        changed_heads={each: replace(one, apart=head.apart) for each, one in regrouped.changed_heads.items()},
    )


def _refold_without_members(batch: FoldingBatch, record: RefoldRequested, known: Profile | None) -> None:
    _fold_refold(batch, record, replace(known, members=()) if known else None)
    if known and known.id in batch.profiles:
        batch.profiles[known.id] = replace(batch.profiles[known.id], members=known.members)
        batch.revisions[-1] = replace(batch.revisions[-1], profile=batch.profiles[known.id])


def _no_member_is_read(
    records: Sequence[Foldable], profiles: Mapping[ProfileId, Profile], most: int
) -> Mapping[ProfileId, Set[ProfileId]]:
    return {each: names & {each} for each, names in wanted_timelines(records, profiles, most).items()}


def _versions_are_not_checked(self: Directory, assigned: Assigned) -> list[str]:
    return [each for each in _refusals(self, assigned) if "was changed" not in each]


def _losers_are_not_retired(routed: Iterable[tuple[Interaction, assignment.Route]]) -> object:
    return routed_records((interaction, replace(route, retires=())) for interaction, route in routed)


def _repetitions_are_decided_again(known: Known, interactions: Iterable[Interaction], rules: IdentityRules) -> Assigned:
    assigned = _assign(replace(known, routes={}), interactions, rules)
    new = tuple(each for each in assigned.new_routes if each.interaction not in known.routes)
    return replace(assigned, new_routes=new)


def _whoever_is_named_first_wins(heads: list[Head]) -> tuple[Head, list[Head]]:
    first, *others = heads
    whole, _ = _merged([replace(first, created_at=Instant("")), *others])
    return replace(whole, created_at=first.created_at), [
        replace(each, merged_into=first.profile, keys=frozenset()) for each in others
    ]


def _published_before_it_is_stored(self: World, partitions: Sequence[int]) -> Process:
    while True:
        batch, offsets = self.interactions.fetch(partitions, self.most)
        read_at = self.ticks
        assigned = assignment.assign(self.directory.known(batch), batch, JOINING_RULES)
        yield "decided" if batch else "idle"
        if not batch or self.directory.refusals(assigned):
            continue
        yield from self.publish(routed_records(assigned.routes))
        if not self.directory.refusals(assigned):
            self.store(assigned, read_at)
        yield "stored"
        self.interactions.commit(offsets)
        yield "committed"


def _stored_before_it_is_published(self: World, partitions: Sequence[int]) -> Process:
    while True:
        batch, offsets = self.timeline.fetch(partitions, self.most)
        records = [decoded(each) for each in batch]
        if not batch:
            yield "idle"
            continue
        for part in paging.parts(records):
            folded = fold.fold(self.database.load(records[part]), records[part])
            yield "decided"
            self.database.save(folded)
            yield "stored"
            yield from self.publish([*snapshot_records(folded, EPOCH), *map(timeline_record, folded.sent)])
        self.timeline.commit(offsets)
        yield "committed"


def _committed_before_it_is_published(self: World, partitions: Sequence[int]) -> Process:
    while True:
        batch, offsets = self.interactions.fetch(partitions, self.most)
        read_at = self.ticks
        assigned = assignment.assign(self.directory.known(batch), batch, JOINING_RULES)
        yield "decided" if batch else "idle"
        if not batch or self.directory.refusals(assigned):
            continue
        self.store(assigned, read_at)
        self.interactions.commit(offsets)
        yield "committed"
        yield from self.publish(routed_records(assigned.routes))


_fold_retire, _fold_absorb, _absorbed = merging.fold_retire, merging.fold_absorb, merging._absorbed
_fold_refold, _forward, _refusals = fold._fold_refold, FoldingBatch.forward, Directory.refusals
_assign = assignment.assign
_merged, _part_sent, _take, _separate = merged, merging.part_sent, merging._take, separate

MUTANTS: Sequence[Mutant] = (
    Mutant("no stub is written", fold, "FoldingBatch", _WithoutStubs),
    Mutant("a stub keeps its state", fold, "fold_retire", _stub_keeps_its_state),
    Mutant("an absorb is applied as often as it comes", fold, "record_key", _every_absorb_is_news),
    Mutant("an absorb forgets the interaction that it brings", fold, "fold_absorb", _without_its_interaction),
    Mutant("an absorb counts an interaction twice", fold, "fold_absorb", _with_its_interaction_again),
    Mutant("an absorb forgets what the other was", fold, "fold_absorb", _without_what_it_was),
    Mutant("members are forgotten", merging, "_absorbed", _members_are_forgotten),
    Mutant("members of members are forgotten", merging, "_absorbed", _members_of_members_are_forgotten),
    Mutant("a stub takes interactions", Profile, "destination", _stub_takes_interactions),
    Mutant("absorbs are named after their cause", fold, "fold_retire", _absorbs_are_named_after_their_cause),
    Mutant("a stub drops what comes late", FoldingBatch, "forward", _stub_drops_what_comes_late),
    Mutant("an absorb is sent before the stub is stored", fold, "fold_retire", _absorb_goes_straight),
    Mutant("what was separated is sent before the rest is stored", merging, "part_sent", _part_goes_straight),
    Mutant("a separation forgets what members said", merging, "part_sent", _part_forgets_members),
    Mutant("what comes late after a separation stays", Profile, "destination", _late_stays),
    Mutant("the first separation of an identifier holds", merging, "latest", _first_claim_holds),
    Mutant("a merge forgets what was separated before", merging, "_absorbed", _claims_end_with_a_merge),
    Mutant("what was separated is counted and not moved", merging, "_take", _taken_is_not_moved),
    Mutant("what was separated twice stays with the first", merging, "_take", _nothing_is_passed_on),
    Mutant("what is on its way to another counts", FoldingBatch, "refolded", _what_is_on_its_way_counts),
    Mutant("separated people may be merged again", identity_directory, "separate", _separation_is_not_kept),
    Mutant("a refold forgets members", fold, "_fold_refold", _refold_without_members),
    Mutant("the timelines of members are not read", protocol_database, "wanted_timelines", _no_member_is_read),
    Mutant("the versions of heads are not checked", Directory, "refusals", _versions_are_not_checked),
    Mutant("nobody is told to retire", protocol_world, "routed_records", _losers_are_not_retired),
    Mutant("a repeated id is routed again", assignment, "assign", _repetitions_are_decided_again),
    Mutant("whoever is named first wins a merge", assignment, "merged", _whoever_is_named_first_wins),
    Mutant("resolve publishes before it stores", World, "resolve", _published_before_it_is_stored),
    Mutant("fold stores before it publishes", World, "fold", _stored_before_it_is_published),
    Mutant("resolve commits before it publishes", World, "resolve", _committed_before_it_is_published),
)
