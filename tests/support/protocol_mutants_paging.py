"""Protocols that are wrong in how they fold a long timeline: see `protocol_mutants`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fidelio_profile.domain import paging
from fidelio_profile.domain.profile import Profile, joined
from fidelio_profile.domain.refolds import Page, Refolding
from fidelio_profile.domain.revisions import Foldable, FoldingBatch
from fidelio_profile.domain.state import State
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import AbsorbRequested, Position, RefoldRequested
from support import protocol_database
from support.protocol_mutants import Mutant


def _what_comes_meanwhile_is_lost(
    self: Refolding, profile: ProfileId, interaction: Interaction, lifted: State
) -> Refolding:
    return self


def _what_comes_meanwhile_counts_twice(
    self: Refolding, profile: ProfileId, interaction: Interaction, lifted: State
) -> Refolding:
    return replace(self, state=joined([self.state, lifted]))


def _the_walk_goes_on(
    self: FoldingBatch, record: Foldable, profile: Profile, told: frozenset[ProfileId] = frozenset()
) -> Profile:
    """Though it knows nothing of who has come or gone since."""
    begun = _begin_refolding(self, record, profile, told)
    return replace(begun, refolding=profile.refolding) if profile.refolding else begun


def _pages_are_not_told_apart(self: Refolding, profile: ProfileId) -> RefoldRequested:
    return _request(self, profile).model_copy(update={"id": hash16("page", self.id)})


def _pages_are_not_alone(records: Sequence[Foldable]) -> Iterable[slice]:
    return [slice(0, len(records))]


def _nothing_follows(self: FoldingBatch, record: AbsorbRequested) -> None:
    return None


def _a_page_tells_nobody(
    interactions: Sequence[Interaction] = (), beyond: Position | None = None, others: frozenset[ProfileId] = frozenset()
) -> Page:
    return Page(interactions, beyond)


_begin_refolding, _request = FoldingBatch.begin_refolding, Refolding.request

PAGING_MUTANTS: Sequence[Mutant] = (
    Mutant("what comes while a page is folded is lost", Refolding, "counting", _what_comes_meanwhile_is_lost),
    Mutant("what comes while a page is folded counts twice", Refolding, "counting", _what_comes_meanwhile_counts_twice),
    Mutant("a merge does not begin a long refold anew", FoldingBatch, "begin_refolding", _the_walk_goes_on),
    Mutant("the pages of a refold are not told apart", Refolding, "request", _pages_are_not_told_apart),
    Mutant("a page is read before what comes before it is stored", paging, "parts", _pages_are_not_alone),
    Mutant("a long split ends with its first page", FoldingBatch, "following", _nothing_follows),
    Mutant("a page tells nobody what is theirs", protocol_database, "Page", _a_page_tells_nobody),
)
