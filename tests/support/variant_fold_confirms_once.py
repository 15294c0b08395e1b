"""Wrong on purpose: an erasure that was stored before is a duplicate, and is not confirmed again."""

from fidelio_profile.domain import fold
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.revisions import FoldingBatch
from fidelio_shared.contracts.profile import EraseRequested

_fold_erase = fold._fold_erase


def fold_erase_once(batch: FoldingBatch, record: EraseRequested, known: Profile | None) -> None:
    if known is None or known.erased_at is None:
        _fold_erase(batch, record, known)


fold._fold_erase = fold_erase_once
