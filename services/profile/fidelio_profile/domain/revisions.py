"""What a batch of records makes of profiles, while it is being folded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

from fidelio_profile.domain.documents import Document, state_document
from fidelio_profile.domain.people import identifier_hash
from fidelio_profile.domain.profile import Profile, joined
from fidelio_profile.domain.refolds import MOST_AT_ONCE, Page, Refolding
from fidelio_profile.domain.state import State
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import (
    AbsorbRequested,
    Cause,
    EraseRequested,
    InteractionRecorded,
    RefoldRequested,
    RetireRequested,
    SplitRequested,
)
from fidelio_shared.messaging.errors import Rejected

Foldable = InteractionRecorded | RetireRequested | AbsorbRequested | SplitRequested | EraseRequested | RefoldRequested
Forwarded = InteractionRecorded | AbsorbRequested | SplitRequested
Sent = Forwarded | RefoldRequested

MOST_HOPS = 64


@dataclass(frozen=True)
class Revision:
    profile: Profile
    cause: Cause

    @cached_property
    def document(self) -> Document | None:
        """The state as it is published and stored: made once for both."""
        state = self.profile.state
        return state_document(state) if state else None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database knows of a batch: its profiles, which records it has, and the timelines to fold again.

    A timeline is that of a profile alone, without its members'. `leaving`: what is to leave a profile's timeline and
    its members' by retention. `long`: profiles for which more would have had to be read than `most_at_once`. `page`:
    what the one record is about that is the next of a long timeline.
    """

    profiles: Mapping[ProfileId, Profile]
    seen: frozenset[str]
    timelines: Mapping[ProfileId, tuple[Interaction, ...]]
    leaving: Mapping[ProfileId, tuple[Interaction, ...]] = field(default_factory=dict)
    long: frozenset[ProfileId] = frozenset()
    page: Page | None = None
    most_at_once: int = MOST_AT_ONCE


@dataclass(frozen=True, slots=True)
class Folded:
    """`revisions` in the order of the batch; `accepted` are the records that they come from.

    `sent`: records for other keys, and for the same to go on. `moved`: interactions that are another profile's now.
    `erased`: the requests of which nothing may be kept, also those that were carried out before. `dropped`:
    interactions that came for them. `left`: interactions that leave the timeline: a profile's base has them now, or
    nobody may.
    """

    revisions: tuple[Revision, ...]
    accepted: tuple[Foldable, ...]
    duplicates: int
    sent: tuple[Sent, ...] = ()
    moved: Mapping[ProfileId, tuple[str, ...]] = field(default_factory=dict)
    erased: tuple[EraseRequested, ...] = ()
    dropped: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def profiles(self) -> Mapping[ProfileId, Revision]:
        """The last revision of each."""
        return {each.profile.id: each for each in self.revisions}


@dataclass(slots=True)
class FoldingBatch:
    stored: Stored
    profiles: dict[ProfileId, Profile] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    added: dict[ProfileId, list[Interaction]] = field(default_factory=dict)
    moved: dict[str, ProfileId] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    accepted: list[Foldable] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    erased: list[EraseRequested] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    left: dict[str, None] = field(default_factory=dict)

    def is_seen(self, key: str) -> bool:
        return key in self.stored.seen or key in self.seen

    def profile(self, profile: ProfileId) -> Profile | None:
        return self.profiles.get(profile) or self.stored.profiles.get(profile)

    def accept(self, record: Foldable, profile: Profile, cause: Cause) -> None:
        self.seen.add(record_key(record))
        self.profiles[profile.id] = profile
        self.revisions.append(Revision(profile, cause))
        self.accepted.append(record)

    def erase(self, profile: Profile, cause: Cause) -> None:
        """Nothing of it is accepted any more, also not of this batch."""
        self.dropped += [each.interaction.id for each in self._interactions_of(profile.id)]
        self.accepted = [each for each in self.accepted if each.profile != profile.id]
        self.profiles[profile.id] = profile
        self.revisions.append(Revision(profile, cause))

    def _interactions_of(self, profile: ProfileId) -> list[InteractionRecorded]:
        return [each for each in self.accepted if isinstance(each, InteractionRecorded) and each.profile == profile]

    def drop(self, record: Foldable) -> None:
        """For somebody who was erased. What a split was bringing them goes, too: nobody else counts it."""
        interaction = getattr(record, "interaction", None)
        if interaction and not self.is_seen(interaction.id):
            self.dropped.append(interaction.id)
        if isinstance(record, AbsorbRequested) and record.is_split:
            brought = [each.id for each in self.brought(record)]
            self.left |= dict.fromkeys(brought)
            self.dropped += brought
            if following := self.following(record):
                self.sent.append(following)

    def brought(self, record: AbsorbRequested, besides: Iterable[ProfileId] = ()) -> list[Interaction]:
        """By a split, or by one page of it: what came under its identifiers, without what is `besides` already."""
        keys = {each.key for each in record.apart}
        if record.is_paged:
            page = self.stored.page or Page()
            return [each for each in page.interactions if each.id not in self.moved]
        sources = {record.absorbed, *record.members} - {*besides}
        return [each for each in self.timeline(sources) if identifier_hash(each.anchor) in keys]

    def following(self, record: AbsorbRequested) -> AbsorbRequested | None:
        """The record of the next page of what a split brings."""
        beyond = self.stored.page.beyond if record.is_paged and self.stored.page else None
        if beyond is None and (record.is_paged or record.profile not in self.stored.long):
            return None
        return record.model_copy(update={"id": hash16("page", record_key(record)), "is_paged": True, "beyond": beyond})

    def is_long(self, profile: Profile) -> bool:
        count = profile.state.interactions if profile.state else 0
        is_long = count > self.stored.most_at_once or profile.id in self.stored.long
        return is_long or profile.refolding is not None

    def begin_refolding(self, record: Foldable, profile: Profile, told: frozenset[ProfileId] = frozenset()) -> Profile:
        """From the beginning, whatever was going on."""
        refolding = Refolding(record_key(record), instant_of(record), profile.base, told=told)
        self.sent.append(refolding.request(profile.id))
        return replace(profile, refolding=refolding)

    def forward(self, record: Forwarded, profile: ProfileId) -> None:
        if record.hops >= MOST_HOPS:
            raise Rejected("beyond_limits", f"forwarded {MOST_HOPS} times; its profile was merged in circles, tell us")
        self.sent.append(record.model_copy(update={"profile": profile, "hops": record.hops + 1}))

    def timeline(self, profiles: Iterable[ProfileId]) -> list[Interaction]:
        found = [
            interaction
            for each in profiles
            for interaction in (*self.stored.timelines.get(each, ()), *self.added.get(each, ()))
            if self.moved.get(interaction.id, each) == each and interaction.id not in self.left
        ]
        return sorted(found, key=lambda each: (each.occurred_at, each.id))

    def refolded(self, profile: Profile) -> State | None:
        """From its timeline and its members', without what is on its way to somebody else."""
        held = [each for each in self.timeline(profile.names) if profile.owner(each) == profile.id]
        return joined([profile.base, *map(profile.lift, held)])


def record_key(record: Foldable) -> str:
    """What makes a record the same record: the deduplication key."""
    if isinstance(record, InteractionRecorded):
        return record.interaction.id
    if isinstance(record, RetireRequested):
        return retire_key(record.profile, record.into)
    if isinstance(record, AbsorbRequested):
        return record.id or absorb_key(record.absorbed)
    return record.id


def retire_key(profile: ProfileId, into: ProfileId) -> str:
    return hash16("retire", profile, into)


def absorb_key(absorbed: ProfileId) -> str:
    """A profile is absorbed once in its life."""
    return hash16("absorb", absorbed)


def cause_of(interaction: Interaction) -> Cause:
    return Cause(
        kind="interaction",
        id=interaction.id,
        type=interaction.type,
        channel=interaction.channel,
        occurred_at=interaction.occurred_at,
        received_at=interaction.received_at,
        historical=interaction.historical,
    )


def cause_id(record: Foldable) -> str:
    """The interaction that brought it about; else the request of a person, or what repaired it."""
    if isinstance(record, InteractionRecorded):
        return record.interaction.id
    interaction = record.interaction if isinstance(record, RetireRequested | AbsorbRequested) else None
    return interaction.id if interaction else record.id or record_key(record)


def instant_of(record: Foldable) -> datetime:
    """When what the record says was received. Records of a first draft, without one, say it by their interaction."""
    if isinstance(record, InteractionRecorded):
        return record.interaction.received_at
    interaction = None if isinstance(record, SplitRequested | EraseRequested | RefoldRequested) else record.interaction
    at = record.at or (interaction.received_at if interaction else None)
    if at is None:
        raise Rejected("schema", f"a {record.kind} record that names neither `at` nor an interaction")
    return at


def cause_by(record: Foldable, kind: Literal["merge", "split", "refold", "erasure"]) -> Cause:
    """Names the interaction that brought it about; where a person or a repair did, nothing else is to follow of it."""
    interaction = record.interaction if isinstance(record, RetireRequested | AbsorbRequested) else None
    if interaction:
        return cause_of(interaction).model_copy(update={"kind": kind})
    at = instant_of(record)
    return Cause(
        kind=kind,
        id=record_key(record),
        type=_TYPES[kind],
        channel="operations",
        occurred_at=at,
        received_at=at,
        historical=True,
    )


_TYPES = {
    "merge": "profile.merged",
    "split": "profile.split",
    "refold": "profile.refolded",
    "erasure": "profile.erased",
}
