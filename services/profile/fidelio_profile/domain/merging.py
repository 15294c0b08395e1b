"""Two profiles become one, or one two: records that pass between keys, so that each has one writer."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce

from fidelio_profile.domain.documents import state_document, state_from
from fidelio_profile.domain.people import identifier_hash, identity_key
from fidelio_profile.domain.profile import Apart, Claim, Profile, joined, latest
from fidelio_profile.domain.revisions import FoldingBatch, absorb_key, cause_by, instant_of, record_key
from fidelio_profile.domain.state import State
from fidelio_shared.contracts.canonical import instant, moment
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import (
    STATE_VERSION,
    AbsorbRequested,
    InteractionRecorded,
    RefoldRequested,
    RetireRequested,
    SplitRequested,
)
from fidelio_shared.contracts.profile import Apart as Told

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def split_key(record: AbsorbRequested | SplitRequested | RefoldRequested, into: ProfileId) -> str:
    return hash16("split", record_key(record), into)


def fold_retire(batch: FoldingBatch, record: RetireRequested, known: Profile | None) -> None:
    """It becomes a stub; what it was goes to the other's key, with the interaction that brought them together."""
    if known and known.merged_into:
        if record.interaction and not batch.is_seen(record.interaction.id):
            batch.forward(InteractionRecorded(profile=known.id, interaction=record.interaction), known.merged_into)
        return
    known = known or Profile(record.profile, 0, None)
    batch.sent.append(
        AbsorbRequested(
            profile=known.id,
            absorbed=known.id,
            into=record.into,
            after=record_key(record),
            state=state_document(known.state) if known.state else None,
            base=state_document(known.base) if known.base else None,
            interaction=record.interaction,
            id=absorb_key(known.id),
            at=instant_of(record),
            state_version=known.state_version,
            members=known.members,
            apart=_told(known.apart),
            foreign=tuple(sorted(known.foreign)),
            is_refolding=known.refolding is not None,
        )
    )
    stub = Profile(known.id, known.revision + 1, None, merged_into=record.into)
    batch.accept(record, stub, cause_by(record, "merge"))


def fold_absorb(batch: FoldingBatch, record: AbsorbRequested, known: Profile | None) -> None:
    if record.into:
        _go_on(batch, record, record.into)
        return
    known = known or Profile(record.profile, 0, None)
    if known.merged_into:
        batch.forward(record, known.merged_into)
        return
    profile = _absorbed(known, record)
    interaction = _take_interaction(batch, record, profile)
    if record.is_paged and (profile.apart, profile.foreign) == (known.apart, known.foreign):
        profile = reduce(Profile.counting, _take(batch, record, profile), profile)
    else:
        absorbed = state_from(record.state) if record.state else None
        state = joined([known.state, absorbed, profile.lift(interaction) if interaction else None])
        profile = _regrouped(batch, record, replace(profile, state=profile.own(state) if state else None))
    batch.accept(record, replace(profile, revision=known.revision + 1), cause_by(record, "merge"))


def _go_on(batch: FoldingBatch, record: AbsorbRequested, into: ProfileId) -> None:
    """To another key only when the timeline that it is about is stored. Before that, what sent it is in this batch, and
    sends it again."""
    if record.after in batch.stored.seen:
        batch.forward(record.model_copy(update={"into": None, "after": None}), into)


def _take_interaction(batch: FoldingBatch, record: AbsorbRequested, profile: Profile) -> Interaction | None:
    """The one that it brings, where it is news and this profile's."""
    interaction = record.interaction
    if interaction is None or batch.is_seen(interaction.id):
        return None
    if (destination := profile.destination(interaction)) != profile.id:
        batch.forward(InteractionRecorded(profile=profile.id, interaction=interaction), destination)
        return None
    batch.added.setdefault(profile.id, []).append(interaction)
    batch.seen.add(interaction.id)
    batch.accepted.append(InteractionRecorded(profile=profile.id, interaction=interaction))
    return interaction


def _absorbed(known: Profile, record: AbsorbRequested) -> Profile:
    members = known.members if record.is_split else tuple(sorted({*known.members, record.absorbed, *record.members}))
    version = min(known.state_version, record.state_version or STATE_VERSION) if record.state else known.state_version
    claims = {each.key: Claim(instant(each.at or LONG_AGO), each.profile) for each in record.apart}
    profile = replace(
        known,
        members=members,
        apart=latest(known.apart, claims) if claims else known.apart,
        foreign=_foreign(known, record),
        state_version=version,
    )
    base = joined([known.base, state_from(record.base) if record.base else None])
    return replace(profile, base=profile.own(base) if base else None)


def _foreign(known: Profile, record: AbsorbRequested) -> frozenset[str]:
    """What is foreign to the one and the other's own is own; after a split all that stayed behind is foreign."""
    foreign = frozenset(record.foreign)
    if record.is_split or not (known.foreign or foreign):
        return known.foreign | foreign
    other = state_from(record.state) if record.state else None
    return (known.foreign - _named(other)) | (foreign - _named(known.state))


def _named(state: State | None) -> frozenset[str]:
    return frozenset(identifier_hash(":".join(each)) for each in state.identifiers) if state else frozenset()


def fold_split(batch: FoldingBatch, record: SplitRequested, known: Profile | None) -> None:
    known = known or Profile(record.profile, 0, None)
    if known.merged_into:
        batch.forward(record, known.merged_into)
        return
    claim = Claim(instant(instant_of(record)), record.into)
    claims = {identifier_hash(identity_key(each)): claim for each in record.identifiers}
    profile = replace(known, apart=latest(known.apart, claims))
    profile = replace(
        profile,
        state=profile.own(profile.state) if profile.state else None,
        base=profile.own(profile.base) if profile.base else None,
    )
    regrouped = _regrouped(batch, record, profile)
    batch.accept(record, regrouped.next(regrouped.state), cause_by(record, "split"))


def _regrouped(batch: FoldingBatch, record: AbsorbRequested | SplitRequested, profile: Profile) -> Profile:
    """Takes what a split brings, tells others to take what is theirs, and folds what stays; page by page where that is
    too much at once.

    Documents stay where they are until their new owner takes them: each is moved by one, who counts it at once.
    """
    was_going_on = isinstance(record, AbsorbRequested) and record.is_refolding
    is_long = was_going_on or batch.is_long(profile)
    taken = _take(batch, record, profile) if isinstance(record, AbsorbRequested) and record.is_split else []
    others = {record.into} if isinstance(record, SplitRequested) else set()
    if not is_long and profile.apart:
        others |= {profile.owner(each) for each in batch.timeline(profile.names)} - {profile.id}
    for owner in sorted(others):
        batch.sent.append(part_sent(record, profile, owner, is_paged=is_long))
    if is_long and (profile.apart or profile.refolding or was_going_on):
        return batch.begin_refolding(record, reduce(Profile.counting, taken, profile), frozenset(others))
    if not profile.apart:
        return profile
    version = STATE_VERSION if isinstance(record, SplitRequested) else profile.state_version
    return replace(profile, state=batch.refolded(profile), state_version=version)


def _take(batch: FoldingBatch, record: AbsorbRequested, profile: Profile) -> list[Interaction]:
    taken = [each for each in batch.brought(record, profile.names) if profile.owner(each) == profile.id]
    for each in taken:
        batch.moved[each.id] = profile.id
        batch.added.setdefault(profile.id, []).append(each)
    keys = {each.key for each in record.apart}
    left = {key: claim for key, claim in profile.apart.items() if key in keys}
    for owner in sorted({profile.owner_of(key) for key in keys} - {profile.id}):
        changed = {"id": split_key(record, owner), "apart": _told(left, owner), "foreign": ()}
        batch.forward(record.model_copy(update=changed), owner)
    own = {key: claim for key, claim in left.items() if profile.owner_of(key) == profile.id}
    if own and (following := batch.following(record)):
        batch.sent.append(following.model_copy(update={"apart": _told(own)}))
    return taken


def part_sent(
    record: AbsorbRequested | SplitRequested | RefoldRequested, profile: Profile, owner: ProfileId, *, is_paged: bool
) -> AbsorbRequested:
    """Tells `owner`, as soon as `record` is stored, to take what is theirs."""
    remaining = record.remaining if isinstance(record, SplitRequested) else ()
    return AbsorbRequested(
        profile=profile.id,
        absorbed=profile.id,
        into=owner,
        after=record_key(record),
        id=split_key(record, owner),
        is_split=True,
        at=instant_of(record),
        state_version=STATE_VERSION,
        members=profile.members,
        apart=_told(profile.apart, owner),
        foreign=tuple(sorted(identifier_hash(identity_key(each)) for each in remaining)),
        is_paged=is_paged,
    )


def _told(apart: Apart, owner: ProfileId | None = None) -> tuple[Told, ...]:
    """All, or what is that owner's."""
    return tuple(
        Told(key=key, profile=claim.profile, at=moment(claim.at))
        for key, claim in sorted(apart.items())
        if owner in {None, claim.profile}
    )
