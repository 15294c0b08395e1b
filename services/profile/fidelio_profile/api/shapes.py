"""What answers look like, for the description of the API: answers are written straight from what is stored."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from fidelio_shared.contracts.erasures import GoneFrom
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract, HexId, Identifier, Interaction
from fidelio_shared.contracts.notify import NotificationChanged
from fidelio_shared.contracts.profile import ProfileState
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged

Following = Annotated[str | None, Field(description="`cursor` of the following page; null after the last one")]


class OutcomesView(Contract):
    scores: ScoreChanged | None
    segments: SegmentChanged | None
    notifications: tuple[NotificationChanged, ...] | None


class IdentityView(Contract):
    """By which the person is found; `state.identifiers` holds what they were ever seen with."""

    identifiers: tuple[Identifier, ...]


class TimelinePage(Contract):
    interactions: tuple[Interaction, ...]
    next: Following


class ProfileView(Contract):
    """`merged_from`: the id that was asked for, where that profile has been merged into this one. `is_refolding`: its
    long timeline is being folded anew, and `state` is not exact until that is done."""

    profile: ProfileId
    merged_from: ProfileId | None = None
    epoch: int
    revision: int
    state: ProfileState | None
    is_refolding: bool = False
    outcomes: OutcomesView | None = None
    timeline: TimelinePage | None = None
    identity: IdentityView | None = None


class Person(Contract):
    profile: ProfileId
    name: str | None
    identifiers: tuple[Identifier, ...]
    interactions: int
    last_at: str


class PeoplePage(Contract):
    people: tuple[Person, ...]
    next: Following


class Revenue(Contract):
    currency: str
    revenue: str


class AccountView(Contract):
    """Sums over the account's members, or over the first 10,000 of more: then `is_complete` is false."""

    account: str
    is_complete: bool
    members: int
    interactions: int
    orders: int
    revenue: tuple[Revenue, ...]
    people: tuple[Person, ...]
    next: Following


class StreamedInteraction(Contract):
    """`profile`: under which it came; of a merged profile, the API answers for the one that it has become."""

    profile: ProfileId
    interaction: Interaction


class KnownIdentifier(Contract):
    """`interaction`: the event, or the request of a person, that said so."""

    identifier: Identifier
    interaction: HexId
    at: datetime
    is_shared: bool


class Merge(Contract):
    profile: ProfileId
    by: HexId
    at: datetime


class Demoted(Contract):
    review: HexId
    identifier: Identifier
    reason: Literal["limit", "apart", "shared"]
    kind: str
    owner: ProfileId | None
    interaction: HexId
    at: datetime
    status: Literal["open", "confirmed", "rejected"]


class IdentityExplained(Contract):
    """Why these are one person: what links them, which profiles became part of it, what was set aside."""

    profile: ProfileId
    created_at: datetime
    identifiers: tuple[KnownIdentifier, ...]
    merged: tuple[Merge, ...]
    apart: tuple[ProfileId, ...]
    doubts: tuple[Demoted, ...]


class ReviewsPage(Contract):
    reviews: tuple["Review", ...]
    next: Following


class Review(Demoted):
    profile: ProfileId


class RequestView(Contract):
    """`is_done`: the profiles show it. `others`: the profiles that came of it, or that it took."""

    request: HexId
    profile: ProfileId
    others: tuple[ProfileId, ...]
    is_done: bool


class AccessView(Contract):
    """`who`: the name of the key. `what`: the endpoint. `purpose`: as it was told."""

    at: datetime
    who: str
    what: str
    purpose: str | None


class AccessesPage(Contract):
    accesses: tuple[AccessView, ...]
    next: Following


class SaidView(Contract):
    """`interaction`: as which it stands on the timeline. `is_done`: the profile shows it."""

    interaction: HexId
    profile: ProfileId
    is_done: bool


class ErasurePreview(Contract):
    """`profiles`: with those that were merged into it. `kept_for_others`: identifiers that others were seen with."""

    profile: ProfileId
    profiles: tuple[ProfileId, ...]
    interactions: int
    identifiers: tuple[Identifier, ...]
    kept_for_others: tuple[Identifier, ...]
    hold_hours: float


class ErasureView(Contract):
    """`waiting_for`: stores that have not confirmed it yet."""

    erasure: HexId
    profile: ProfileId
    profiles: tuple[ProfileId, ...]
    step: Literal["held", "cancelled", "begun", "done"]
    due_at: datetime | None
    begun_at: datetime | None
    waiting_for: tuple[str, ...]
    topics: tuple[GoneFrom, ...]
