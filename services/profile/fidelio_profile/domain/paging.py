"""Long timelines: a record on the profile's own key for each page, so that the job outlives whoever works on it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fidelio_profile.domain.merging import part_sent
from fidelio_profile.domain.profile import Profile, joined
from fidelio_profile.domain.refolds import PAGE
from fidelio_profile.domain.revisions import Foldable, FoldingBatch, cause_by
from fidelio_shared.contracts.profile import STATE_VERSION, AbsorbRequested, RefoldRequested, SplitRequested

_MOST_TIMELINES = 16


def parts(records: Sequence[Foldable]) -> Iterator[slice]:
    """A page alone, so that it is read when all before it is stored; and only so many timelines at once."""
    start = timelines = 0
    for place, record in enumerate(records):
        if start < place and (_is_page(record) or timelines == _MOST_TIMELINES):
            yield slice(start, place)
            start, timelines = place, 0
        timelines = _MOST_TIMELINES if _is_page(record) else timelines + _reads_a_timeline(record)
    if start < len(records):
        yield slice(start, len(records))


def _is_page(record: Foldable) -> bool:
    if isinstance(record, AbsorbRequested):
        return record.is_paged and record.into is None
    return isinstance(record, RefoldRequested) and record.reason == PAGE


def _reads_a_timeline(record: Foldable) -> bool:
    return isinstance(record, SplitRequested | RefoldRequested) or (
        isinstance(record, AbsorbRequested) and bool(record.apart)
    )


def resume(batch: FoldingBatch, record: RefoldRequested, known: Profile) -> None:
    """A refold of what is being refolded: goes on from where it is, also where its next record was lost."""
    refolding = known.refolding
    if refolding is None or refolding.state_version != STATE_VERSION:
        profile = batch.begin_refolding(record, known)
    else:
        profile = known
        batch.sent.append(refolding.request(known.id))
    batch.accept(record, profile.next(known.state), cause_by(record, "refold"))


def fold_page(batch: FoldingBatch, record: RefoldRequested, known: Profile) -> None:
    """Nothing where it is not the next page of what is going on: something newer has taken its place."""
    refolding, page = known.refolding, batch.stored.page
    if refolding is None or page is None or record.id != refolding.request(known.id).id:
        return
    if refolding.state_version != STATE_VERSION:
        resume(batch, record, known)
        return
    batch.sent += [part_sent(record, known, each, is_paged=True) for each in sorted(page.others - refolding.told)]
    state = joined([refolding.state, *map(known.lift, page.interactions)])
    if page.beyond:
        going_on = refolding.after(page, state)
        batch.sent.append(going_on.request(known.id))
        profile = replace(known, refolding=going_on).next(known.state)
    else:
        kept = state or (None if known.apart else known.state)
        profile = replace(known, refolding=None, state_version=STATE_VERSION).next(kept)
    batch.accept(record, profile, cause_by(record, "refold"))
