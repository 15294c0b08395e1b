"""The card: all that notify knows of a person, from `profiles`, `scores` and `segments`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract, Identifier
from fidelio_shared.contracts.profile import (
    ActivityCount,
    Cause,
    ConsentState,
    Orders,
    Preferred,
    Ratings,
    Subscription,
    Ticket,
    Trait,
)
from fidelio_shared.contracts.rights import objections
from fidelio_shared.contracts.scoring import (
    ChurnScore,
    CustomerValue,
    HealthScore,
    Membership,
    ScoreChanged,
    SegmentChanged,
)

REACHING = {"email": "email", "sms": "phone", "push": "device_id", "chat": "social_handle", "callback": "phone"}
"""Of each channel, the kind of identifier that reaches a person there."""


class Person(Contract):
    """The part of a profile's state that decides whether, when and how somebody is written to."""

    identifiers: tuple[Identifier, ...] = ()
    traits: tuple[Trait, ...] = ()
    language: str | None = None
    time_zone: str | None = None
    activity: tuple[ActivityCount, ...] = ()
    orders: Orders | None = None
    ratings: tuple[Ratings, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    preferred: Preferred | None = None
    consents: tuple[ConsentState, ...] = ()


class PersonSnapshot(Contract):
    """A record on `profiles` as notify reads it; the rest is skipped while parsing."""

    profile: ProfileId
    epoch: int
    revision: int
    merged_into: ProfileId | None = None
    members: tuple[ProfileId, ...] = ()
    erased_at: datetime | None = None
    cause: Cause
    state: Person | None = None


class Scored(Contract):
    """A record on `scores` as the card keeps it."""

    epoch: int
    sequence: int
    revision: int
    at: datetime
    churn: ChurnScore | None
    value: CustomerValue | None = None
    health: HealthScore | None = None


class Belonging(Contract):
    """A record on `segments` as the card keeps it."""

    epoch: int
    sequence: int
    revision: int
    at: datetime
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """`merged_into`: the person has another card now. `members`: profiles that became part of this one: what was sent
    to them was sent to this person. `erased_at`: nothing else of them may be kept, and `erasure` is the request."""

    profile: ProfileId
    epoch: int
    revision: int
    person: Person = Person()
    merged_into: ProfileId | None = None
    members: tuple[ProfileId, ...] = ()
    erased_at: datetime | None = None
    erasure: str | None = None
    scored: Scored | None = None
    belonging: Belonging | None = None
    objections: frozenset[str] = field(default_factory=frozenset)

    @property
    def segments(self) -> frozenset[str]:
        return frozenset(each.segment for each in self.belonging.memberships) if self.belonging else frozenset()

    @property
    def everybody(self) -> frozenset[ProfileId]:
        """This profile and those that became part of it."""
        return frozenset((self.profile, *self.members))

    def trait(self, name: str) -> Trait | None:
        return next((each for each in self.person.traits if each.name == name), None)

    def addresses(self, channel: str) -> Iterator[str]:
        """Where this person is reached there, in a stable order whatever the order of arrival."""
        kind = REACHING.get(channel, channel)
        yield from sorted(each.value for each in self.person.identifiers if each.kind == kind)


def card_from(snapshot: PersonSnapshot) -> Card:
    """The card as far as a snapshot tells it: of somebody who was merged or erased, only that."""
    is_gone = snapshot.merged_into or snapshot.erased_at
    person = Person() if is_gone else snapshot.state or Person()
    return Card(
        profile=snapshot.profile,
        epoch=snapshot.epoch,
        revision=snapshot.revision,
        person=person,
        merged_into=snapshot.merged_into,
        members=snapshot.members,
        erased_at=snapshot.erased_at,
        erasure=snapshot.cause.id if snapshot.erased_at else None,
        objections=objections(person.consents),
    )


def scored_from(score: ScoreChanged) -> Scored:
    return Scored(
        epoch=score.epoch,
        sequence=score.sequence,
        revision=score.revision,
        at=score.at,
        churn=score.churn,
        value=score.value,
        health=score.health,
    )


def belonging_from(change: SegmentChanged) -> Belonging:
    return Belonging(
        epoch=change.epoch,
        sequence=change.sequence,
        revision=change.revision,
        at=change.at,
        memberships=change.memberships,
    )
