"""A timeline too long to be read at once is folded page by page, while what happens meanwhile is counted once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fidelio_profile.domain.state import State, join
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import STATE_VERSION, Position, RefoldRequested

MOST_AT_ONCE = 5_000
"""Interactions that are read for one record: half a second, and some 10 MB."""

PAGE = "page"
"""Reason of the refold record with which a profile's fold tells itself to go on."""


@dataclass(frozen=True, slots=True)
class Page:
    """Interactions that are one profile's. `beyond`: where the next page begins; None where nothing follows.

    `others`: whose what lies between is.
    """

    interactions: Sequence[Interaction] = ()
    beyond: Position | None = None
    others: frozenset[ProfileId] = frozenset()


@dataclass(frozen=True, slots=True)
class Refolding:
    """A walk over a profile's timeline and its members', by id, and in each from the latest back.

    `beyond`: the place up to which `state` holds all that is the profile's; None where the walk has not begun. `told`:
    who has been told to take what is theirs. `id`, `at`: of the record that asked for it.
    """

    id: str
    at: datetime
    state: State | None
    page: int = 0
    beyond: Position | None = None
    told: frozenset[ProfileId] = frozenset()
    state_version: int = STATE_VERSION

    def request(self, profile: ProfileId) -> RefoldRequested:
        """Of the page that is next."""
        return RefoldRequested(profile=profile, id=hash16(PAGE, self.id, str(self.page)), reason=PAGE, at=self.at)

    def counting(self, profile: ProfileId, interaction: Interaction, lifted: State) -> "Refolding":
        """What came under `profile` meanwhile: the walk meets it, unless it has been there."""
        if not self._is_behind(profile, interaction):
            return self
        return replace(self, state=join(self.state, lifted) if self.state else lifted)

    def _is_behind(self, profile: ProfileId, interaction: Interaction) -> bool:
        if self.beyond is None or profile != self.beyond.profile:
            return self.beyond is not None and profile < self.beyond.profile
        return (interaction.occurred_at, interaction.id) >= (self.beyond.occurred_at, self.beyond.id)

    def after(self, page: Page, state: State | None) -> "Refolding":
        return replace(self, page=self.page + 1, beyond=page.beyond, state=state, told=self.told | page.others)
