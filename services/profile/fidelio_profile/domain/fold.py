"""Records on a person's key, in order, become revisions of the profile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fidelio_profile.domain.documents import Document, state_document
from fidelio_profile.domain.state import State, join, join_all, lift
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import Cause, InteractionRecorded, RefoldRequested

Foldable = InteractionRecorded | RefoldRequested


@dataclass(frozen=True, slots=True)
class Profile:
    """`revision` counts accepted records from 1."""

    id: ProfileId
    revision: int
    state: State


@dataclass(frozen=True)
class Revision:
    profile: Profile
    cause: Cause

    @cached_property
    def document(self) -> Document:
        """The state as it is published and stored: made once for both."""
        return state_document(self.profile.state)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database knows of a batch: its profiles, which records it has, and the timelines to fold again."""

    profiles: Mapping[ProfileId, Profile]
    seen: frozenset[str]
    timelines: Mapping[ProfileId, tuple[Interaction, ...]]


@dataclass(frozen=True, slots=True)
class Folded:
    """`revisions` in the order of the batch; `accepted` are the records that they come from."""

    revisions: tuple[Revision, ...]
    accepted: tuple[Foldable, ...]
    duplicates: int

    @property
    def profiles(self) -> Mapping[ProfileId, Revision]:
        """The last revision of each."""
        return {each.profile.id: each for each in self.revisions}


@dataclass(slots=True)
class _Batch:
    stored: Stored
    profiles: dict[ProfileId, Profile] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    added: dict[ProfileId, list[Interaction]] = field(default_factory=dict)


def record_key(record: Foldable) -> str:
    """What makes a record the same record: the deduplication key."""
    return record.interaction.id if isinstance(record, InteractionRecorded) else record.id


def fold(stored: Stored, records: Iterable[Foldable]) -> Folded:
    """A function of the stored state and the order on each key: after a crash the same bytes come out again."""
    batch = _Batch(stored)
    revisions: list[Revision] = []
    accepted: list[Foldable] = []
    duplicates = 0
    for record in records:
        key = record_key(record)
        if key in stored.seen or key in batch.seen:
            duplicates += 1
            continue
        revision = _apply(batch, record)
        if revision is not None:
            batch.seen.add(key)
            batch.profiles[record.profile] = revision.profile
            revisions.append(revision)
            accepted.append(record)
    return Folded(tuple(revisions), tuple(accepted), duplicates)


def _apply(batch: _Batch, record: Foldable) -> Revision | None:
    known = batch.profiles.get(record.profile) or batch.stored.profiles.get(record.profile)
    if isinstance(record, InteractionRecorded):
        batch.added.setdefault(record.profile, []).append(record.interaction)
        return _absorb(known, record)
    return _refold(batch, known, record) if known else None


def _absorb(known: Profile | None, record: InteractionRecorded) -> Revision:
    interaction = record.interaction
    state = lift(interaction)
    cause = Cause(
        kind="interaction",
        id=interaction.id,
        type=interaction.type,
        channel=interaction.channel,
        occurred_at=interaction.occurred_at,
        received_at=interaction.received_at,
        historical=interaction.historical,
    )
    if known is None:
        return Revision(Profile(record.profile, 1, state), cause)
    return Revision(Profile(known.id, known.revision + 1, join(known.state, state)), cause)


def _refold(batch: _Batch, profile: Profile, record: RefoldRequested) -> Revision | None:
    """None where there is nothing to fold: such a profile is not for a refold to mend."""
    interactions = (*batch.stored.timelines[record.profile], *batch.added.get(record.profile, ()))
    if not interactions:
        return None
    state = join_all(lift(each) for each in sorted(interactions, key=lambda each: (each.occurred_at, each.id)))
    cause = Cause(
        kind="refold",
        id=record.id,
        type="profile.refolded",
        channel="operations",
        occurred_at=record.at,
        received_at=record.at,
        historical=True,
    )
    return Revision(Profile(profile.id, profile.revision + 1, state), cause)
