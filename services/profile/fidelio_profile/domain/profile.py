"""A profile as fold keeps it: its state, and where it came from and went to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fidelio_profile.domain.people import identifier_hash
from fidelio_profile.domain.state import State, join, lift
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import STATE_VERSION

Apart = Mapping[str, ProfileId]
"""Hashes of identifiers that a split took from a profile, and whose they are now."""
_NOTHING_APART: Apart = {}


@dataclass(frozen=True, slots=True)
class Profile:
    """`revision` counts accepted records from 1. `state_version`: of the code that folded all of `state`.

    `merged_into`: it is part of that one now, and has no state of its own. `members`: whose timelines are its own too.
    `state`: None where nothing is known of them. `erased_at`: nothing is ever known of them again. `base`: what left
    the timeline by retention, a part of `state`.
    """

    id: ProfileId
    revision: int
    state: State | None
    state_version: int = STATE_VERSION
    merged_into: ProfileId | None = None
    members: tuple[ProfileId, ...] = ()
    apart: Apart = field(default_factory=lambda: _NOTHING_APART)
    erased_at: datetime | None = None
    base: State | None = None

    def next(self, state: State | None) -> "Profile":
        return replace(self, revision=self.revision + 1, state=state)

    def own(self, state: State) -> State:
        """Without the identifiers that a split took away, though interactions that stayed name them."""
        if not self.apart:
            return state
        left = {each: None for each in state.identifiers if identifier_hash(":".join(each)) not in self.apart}
        return replace(state, identifiers=left)

    def lift(self, interaction: Interaction) -> State:
        return self.own(lift(interaction))

    def destination(self, interaction: Interaction) -> ProfileId:
        """Where an interaction belongs that was sent here."""
        if self.merged_into:
            return self.merged_into
        return self.apart.get(identifier_hash(interaction.anchor), self.id) if self.apart else self.id


def joined(states: Sequence[State | None]) -> State | None:
    known = [each for each in states if each is not None]
    state = known[0] if known else None
    for each in known[1:]:
        state = join(state, each) if state else each
    return state
