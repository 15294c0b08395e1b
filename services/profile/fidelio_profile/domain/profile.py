"""A profile as fold keeps it: its state, and where it came from and went to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fidelio_profile.domain.people import identifier_hash
from fidelio_profile.domain.refolds import Refolding
from fidelio_profile.domain.state import State, join, lift
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import STATE_VERSION


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """Whose an identifier is since people took it from somebody; the latest holds."""

    at: Instant
    profile: ProfileId


Apart = Mapping[str, Claim]
"""By the hash of the identifier."""
_NOTHING_APART: Apart = {}


@dataclass(frozen=True, slots=True)
class Profile:
    """`revision` counts accepted records from 1. `state_version`: of the code that folded all of `state`.

    `merged_into`: it is part of that one now, and has no state of its own. `members`: whose timelines are its own too.
    `state`: None where nothing is known of them. `erased_at`: nothing is ever known of them again. `base`: what left
    the timeline by retention, a part of `state`. `apart`: what is known of identifiers that people took from somebody.
    `foreign`: hashes of identifiers that its interactions name and that are somebody else's. `refolding`: its timeline
    is being folded anew; until that is done `state` is what was known before, with what came since.
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
    foreign: frozenset[str] = frozenset()
    refolding: Refolding | None = None

    @property
    def names(self) -> tuple[ProfileId, ...]:
        return self.id, *self.members

    def next(self, state: State | None) -> "Profile":
        return replace(self, revision=self.revision + 1, state=state)

    def counting(self, interaction: Interaction) -> "Profile":
        """The next revision, with an interaction of which no record has told before."""
        lifted = self.lift(interaction)
        counted = self.next(join(self.state, lifted) if self.state else lifted)
        if self.refolding is None:
            return counted
        return replace(counted, refolding=self.refolding.counting(self.id, interaction, lifted))

    def own(self, state: State) -> State:
        """Without the identifiers that are somebody else's, though interactions that stayed name them."""
        if not self.apart and not self.foreign:
            return state
        left = {each: None for each in state.identifiers if self._is_own(identifier_hash(":".join(each)))}
        return replace(state, identifiers=left)

    def lift(self, interaction: Interaction) -> State:
        return self.own(lift(interaction))

    def destination(self, interaction: Interaction) -> ProfileId:
        """Where an interaction belongs that was sent here."""
        if self.merged_into:
            return self.merged_into
        return self.owner(interaction) if self.apart else self.id

    def owner(self, interaction: Interaction) -> ProfileId:
        """Whose it is by the identifier that it came under, as far as is known here."""
        return self.owner_of(identifier_hash(interaction.anchor)) if self.apart else self.id

    def owner_of(self, key: str) -> ProfileId:
        claim = self.apart.get(key)
        return self.id if claim is None or claim.profile in self.names else claim.profile

    def _is_own(self, key: str) -> bool:
        return self.owner_of(key) == self.id if key in self.apart else key not in self.foreign


def latest(one: Apart, other: Apart) -> Apart:
    """What both know of identifiers that people took from somebody."""
    return {key: max(each[key] for each in (one, other) if key in each) for key in sorted(one.keys() | other.keys())}


def joined(states: Sequence[State | None]) -> State | None:
    known = [each for each in states if each is not None]
    state = known[0] if known else None
    for each in known[1:]:
        state = join(state, each) if state else each
    return state
