"""Two profiles become one, or one two: records that pass between keys, so that each has one writer."""

from collections.abc import Sequence
from dataclasses import replace

from fidelio_profile.domain.documents import state_document, state_from
from fidelio_profile.domain.people import identifier_hash, identity_key
from fidelio_profile.domain.profile import Profile, joined
from fidelio_profile.domain.revisions import FoldingBatch, cause_by, instant_of, record_key
from fidelio_profile.domain.state import State, join_all, lift
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import (
    STATE_VERSION,
    AbsorbRequested,
    Apart,
    InteractionRecorded,
    RetireRequested,
    SplitRequested,
)


def absorb_key(absorbed: ProfileId) -> str:
    """A profile is absorbed once in its life."""
    return hash16("absorb", absorbed)


def split_key(record: AbsorbRequested | SplitRequested, into: ProfileId) -> str:
    return hash16("split", record_key(record), into)


def fold_retire(batch: FoldingBatch, record: RetireRequested, known: Profile | None) -> None:
    """It becomes a stub; what it was goes to the other's key, with the interaction that brought them together.

    It goes by its own key: when it comes from there, the stub and all of its timeline are stored.
    """
    if known and known.merged_into:
        if record.interaction and not batch.is_seen(record.interaction.id):
            batch.forward(InteractionRecorded(profile=known.id, interaction=record.interaction), known.merged_into)
        return
    known = known or Profile(record.profile, 0, None)
    batch.sent.append(
        AbsorbRequested(
            profile=known.id,
            absorbed=known.id,
            state=state_document(known.state) if known.state else None,
            base=state_document(known.base) if known.base else None,
            interaction=record.interaction,
            id=absorb_key(known.id),
            at=instant_of(record),
            state_version=known.state_version,
            members=known.members,
            apart=tuple(Apart(key=key, profile=profile) for key, profile in sorted(known.apart.items())),
        )
    )
    stub = Profile(known.id, known.revision + 1, None, merged_into=record.into)
    batch.accept(record, stub, cause_by(record, "merge"))


def fold_absorb(batch: FoldingBatch, record: AbsorbRequested, known: Profile | None) -> None:
    known = known or Profile(record.profile, 0, None)
    if known.merged_into:
        _forward_absorb(batch, record, known, known.merged_into)
        return
    interaction = record.interaction if record.interaction and not batch.is_seen(record.interaction.id) else None
    if interaction and (destination := known.destination(interaction)) != known.id:
        batch.forward(InteractionRecorded(profile=known.id, interaction=interaction), destination)
        interaction = None
    profile = _absorbed(known, record)
    absorbed = state_from(record.state) if record.state else None
    if known.apart and not record.is_split:
        kept, _ = _part(batch, record, profile, (record.absorbed, *record.members))
        absorbed = joined([state_from(record.base) if record.base else None, kept])
    state = joined([known.state, absorbed, lift(interaction) if interaction else None])
    state = profile.own(state) if state else None
    if interaction:
        batch.added.setdefault(known.id, []).append(interaction)
        batch.seen.add(interaction.id)
        batch.accepted.append(InteractionRecorded(profile=known.id, interaction=interaction))
    batch.accept(record, replace(profile, revision=known.revision + 1, state=state), cause_by(record, "merge"))


def _forward_absorb(batch: FoldingBatch, record: AbsorbRequested, stub: Profile, into: ProfileId) -> None:
    """Its own waits until it is stored: before that the retire is in this batch, and sends it again."""
    if record.absorbed != stub.id or batch.is_stored(stub):
        batch.forward(record, into)


def _absorbed(known: Profile, record: AbsorbRequested) -> Profile:
    """Who is a member is not apart any more."""
    members = known.members if record.is_split else tuple({*known.members, record.absorbed, *record.members})
    own = {known.id, *members}
    apart = {**{each.key: each.profile for each in record.apart}, **known.apart}
    version = min(known.state_version, record.state_version or STATE_VERSION) if record.state else known.state_version
    return replace(
        known,
        members=tuple(sorted(members)),
        apart={key: profile for key, profile in sorted(apart.items()) if profile not in own},
        state_version=version,
        base=joined([known.base, state_from(record.base) if record.base else None]),
    )


def fold_split(batch: FoldingBatch, record: SplitRequested, known: Profile | None) -> None:
    known = known or Profile(record.profile, 0, None)
    if known.merged_into:
        batch.forward(record, known.merged_into)
        return
    apart = {**known.apart, **{identifier_hash(identity_key(each)): record.into for each in record.identifiers}}
    profile = replace(known, apart=apart)
    kept, sent = _part(batch, record, profile, (known.id, *known.members))
    kept = joined([known.base, kept])
    if record.into not in sent:
        batch.sent.append(_part_sent(record, profile, record.into, None))
    batch.accept(record, replace(profile, state_version=STATE_VERSION).next(kept), cause_by(record, "split"))


def _part(
    batch: FoldingBatch, record: AbsorbRequested | SplitRequested, profile: Profile, timelines: Sequence[ProfileId]
) -> tuple[State | None, frozenset[ProfileId]]:
    """Gives each profile what came under its identifiers; the state of what stays, and who was given something."""
    kept: list[Interaction] = []
    parted: dict[ProfileId, list[Interaction]] = {}
    for each in batch.timeline(timelines):
        owner = profile.apart.get(identifier_hash(each.anchor))
        (kept if owner is None else parted.setdefault(owner, [])).append(each)
    for owner, interactions in sorted(parted.items()):
        batch.moved |= {each.id: owner for each in interactions}
        batch.sent.append(_part_sent(record, profile, owner, join_all(map(lift, interactions))))
    return joined([profile.lift(each) for each in kept]), frozenset(parted)


def _part_sent(
    record: AbsorbRequested | SplitRequested, profile: Profile, owner: ProfileId, state: State | None
) -> AbsorbRequested:
    remaining = record.remaining if isinstance(record, SplitRequested) else ()
    return AbsorbRequested(
        profile=owner,
        absorbed=profile.id,
        state=state_document(state) if state else None,
        id=split_key(record, owner),
        is_split=True,
        at=instant_of(record),
        state_version=STATE_VERSION,
        apart=tuple(Apart(key=identifier_hash(identity_key(each)), profile=profile.id) for each in remaining),
    )
