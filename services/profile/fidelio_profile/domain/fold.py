"""Records on a person's key, in order, become revisions of the profile, and records on other keys."""

from collections.abc import Iterable
from dataclasses import replace

from fidelio_profile.domain.merging import fold_absorb, fold_retire, fold_split
from fidelio_profile.domain.paging import fold_page, resume
from fidelio_profile.domain.profile import Profile, joined
from fidelio_profile.domain.refolds import PAGE
from fidelio_profile.domain.revisions import (
    Foldable,
    Folded,
    FoldingBatch,
    Stored,
    cause_by,
    cause_of,
    record_key,
)
from fidelio_profile.domain.state import lift
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import (
    STATE_VERSION,
    AbsorbRequested,
    EraseRequested,
    InteractionRecorded,
    RefoldRequested,
    RetireRequested,
    SplitRequested,
)

RETENTION = "retention"
"""Reason of a refold record that lets interactions leave the timeline."""


def fold(stored: Stored, records: Iterable[Foldable]) -> Folded:
    """A function of the stored state and the order on each key: after a crash the same bytes come out again."""
    batch = FoldingBatch(stored)
    duplicates = 0
    for record in records:
        if batch.is_seen(record_key(record)) and not isinstance(record, EraseRequested):
            duplicates += 1
        else:
            _apply(batch, record)
    moved: dict[ProfileId, list[str]] = {}
    for interaction, profile in batch.moved.items():
        moved.setdefault(profile, []).append(interaction)
    return Folded(
        tuple(batch.revisions),
        tuple(batch.accepted),
        duplicates,
        tuple(batch.sent),
        {profile: tuple(each) for profile, each in moved.items()},
        tuple(batch.erased),
        tuple(batch.dropped),
        tuple(batch.left),
    )


def _apply(batch: FoldingBatch, record: Foldable) -> None:
    known = batch.profile(record.profile)
    if isinstance(record, EraseRequested):
        _fold_erase(batch, record, known)
    elif known and known.erased_at:
        batch.drop(record)
    elif isinstance(record, InteractionRecorded):
        _fold_interaction(batch, record, known)
    elif isinstance(record, RetireRequested):
        fold_retire(batch, record, known)
    elif isinstance(record, AbsorbRequested):
        fold_absorb(batch, record, known)
    elif isinstance(record, SplitRequested):
        fold_split(batch, record, known)
    else:
        _fold_refold(batch, record, known)


def _fold_interaction(batch: FoldingBatch, record: InteractionRecorded, known: Profile | None) -> None:
    interaction = record.interaction
    if known is None:
        profile = Profile(record.profile, 1, lift(interaction))
    elif (destination := known.destination(interaction)) != known.id:
        batch.forward(record, destination)
        return
    else:
        profile = known.counting(interaction)
    batch.added.setdefault(record.profile, []).append(interaction)
    batch.accept(record, profile, cause_of(interaction))


def _fold_erase(batch: FoldingBatch, record: EraseRequested, known: Profile | None) -> None:
    """Its last revision; repeating it only confirms it again."""
    batch.erased.append(record)
    if known is None or known.erased_at is None:
        revision = known.revision + 1 if known else 1
        erased = Profile(record.profile, revision, None, erased_at=record.at)
        batch.erase(erased, cause_by(record, "erasure"))


def _fold_refold(batch: FoldingBatch, record: RefoldRequested, known: Profile | None) -> None:
    """Nothing where there is nothing to fold: such a profile is not for a refold to mend."""
    if known is None:
        return
    if record.reason == PAGE:
        fold_page(batch, record, known)
        return
    if known.merged_into:
        batch.accept(record, known.next(None), cause_by(record, "refold"))
        return
    if record.reason == RETENTION:
        _let_leave(batch, record, known)
        return
    if batch.is_long(known):
        resume(batch, record, known)
        return
    state = batch.refolded(known)
    if state or known.state is None:
        batch.accept(record, replace(known, state_version=STATE_VERSION).next(state), cause_by(record, "refold"))


def _let_leave(batch: FoldingBatch, record: RefoldRequested, known: Profile) -> None:
    """What is too old for the timeline stays in the sums: the state is the same as before.

    While the timeline is being folded anew, everything stays on it; the next day asks again.
    """
    if known.refolding:
        return
    old = batch.stored.leaving.get(known.id, ())
    leaving = [each for each in old if each.id not in batch.left and known.owner(each) == known.id]
    if leaving:
        batch.left |= dict.fromkeys(each.id for each in leaving)
        base = joined([known.base, *map(known.lift, leaving)])
        batch.accept(record, replace(known, base=base).next(known.state), cause_by(record, "refold"))
