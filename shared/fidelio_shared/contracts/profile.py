"""What profile produces: `timeline` (for itself), `profiles` and `identities`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from fidelio_shared.contracts.ids import InteractionId, ProfileId
from fidelio_shared.contracts.ingest import Contract, HexId, Identifier, Interaction, Scalar

STATE_VERSION = 2
"""Of the folded state; where a stored one differs, it is folded again."""


class InteractionRecorded(Contract):
    """`hops`: how often it was forwarded, because its profile had become part of another or was split."""

    kind: Literal["interaction"] = "interaction"
    profile: ProfileId
    interaction: Interaction
    hops: int = 0


class RetireRequested(Contract):
    """`profile` became part of `into`; `interaction` said so, or a person did: then `id` names the request."""

    kind: Literal["retire"] = "retire"
    profile: ProfileId
    into: ProfileId
    interaction: Interaction | None = None
    id: HexId | None = None
    at: datetime | None = None


class Apart(Contract):
    """Whose an identifier is since people took it from a profile: `key` is its hash, the latest `at` holds, and any
    holds against none."""

    key: HexId
    profile: ProfileId
    at: datetime | None = None


class Position(Contract):
    """A place in a walk over timelines: of profiles by id, and in each from the latest interaction back."""

    profile: ProfileId
    occurred_at: datetime
    id: HexId


class AbsorbRequested(Contract):
    """What `absorbed` was becomes part of `profile`, once for each `id`; of a split, what came under `apart`.

    `into`: it goes on there from its own key as soon as the record `after` is stored, and all that came before it.
    `members`: whose timeline documents this brings. `apart`: what was split off before. `foreign`: hashes of
    identifiers that are named there and are somebody else's. `state`: as folded under `state_version`; None where
    nothing was known yet. `base`: the part of it that has left the timeline. `is_refolding`: what it was is being
    folded anew. `is_paged`: of a split, one page, `beyond` a place; the next follows by another record.
    """

    kind: Literal["absorb"] = "absorb"
    profile: ProfileId
    absorbed: ProfileId
    into: ProfileId | None = None
    after: HexId | None = None
    state: dict[str, JsonValue] | None = None
    base: dict[str, JsonValue] | None = None
    interaction: Interaction | None = None
    id: HexId | None = None
    is_split: bool = False
    at: datetime | None = None
    state_version: int | None = None
    members: tuple[ProfileId, ...] = ()
    apart: tuple[Apart, ...] = ()
    foreign: tuple[str, ...] = ()
    hops: int = 0
    is_refolding: bool = False
    is_paged: bool = False
    beyond: Position | None = None


class SplitRequested(Contract):
    """What came under `identifiers` leaves `profile` for `into`."""

    kind: Literal["split"] = "split"
    profile: ProfileId
    id: HexId
    into: ProfileId
    identifiers: tuple[Identifier, ...]
    remaining: tuple[Identifier, ...] = ()
    at: datetime | None = None
    hops: int = 0


class EraseRequested(Contract):
    kind: Literal["erase"] = "erase"
    profile: ProfileId
    id: HexId
    at: datetime


class RefoldRequested(Contract):
    kind: Literal["refold"] = "refold"
    profile: ProfileId
    id: HexId
    reason: str
    at: datetime


TimelineRecord = Annotated[
    InteractionRecorded | RetireRequested | AbsorbRequested | SplitRequested | EraseRequested | RefoldRequested,
    Field(discriminator="kind"),
]
TIMELINE_RECORD: TypeAdapter[TimelineRecord] = TypeAdapter(TimelineRecord)


class Cause(Contract):
    """Why this revision exists: the accepted interaction, or what was done to the profile."""

    kind: Literal["interaction", "refold", "merge", "split", "erasure"]
    id: HexId
    type: str
    channel: str
    occurred_at: datetime
    received_at: datetime
    historical: bool = False


class Trait(Contract):
    """`is_pinned`: corrected at the person's request; only another correction replaces it."""

    name: str
    value: Scalar
    at: datetime
    id: HexId
    source: str
    is_pinned: bool = False


class ActivityCount(Contract):
    """`decayed`: sums of 2^-(age/half-life) as of `last_at`, for half-lives of 7, 30 and 90 days."""

    type: str
    channel: str
    count: int
    first_at: datetime
    last_at: datetime
    decayed: tuple[float, float, float]


class RecentInstants(Contract):
    """The latest instants of a type over all channels, latest first; one for each interaction."""

    type: str
    at: tuple[datetime, ...]


class OrderTotal(Contract):
    currency: str
    count: int
    revenue: str


class Orders(Contract):
    """`days`: hex bitmap; bit k set says an order on UTC day `first_day + k` (days since 1970-01-01).

    `mean_gap_days`, `gap_variation` (standard deviation over mean): between purchase days; from two days on, and
    from three.
    """

    count: int
    first_at: datetime
    last_at: datetime
    first_day: int
    days: str
    totals: tuple[OrderTotal, ...]
    mean_gap_days: float | None = None
    gap_variation: float | None = None


class RatingGiven(Contract):
    at: datetime
    value: int


class Ratings(Contract):
    """`latest`: latest first."""

    scale: str
    count: int
    total: int
    latest: tuple[RatingGiven, ...]


class Ticket(Contract):
    """A ticket or complaint. `is_open`, `at`, `id`: what the latest interaction on it says.

    `opened_at`: the first time that it was opened; None while only its end is known. Where there are more than 8
    tickets, the others are told as their latest interaction alone tells them, and as no complaints.
    """

    kind: str
    reference: str
    is_open: bool
    at: datetime
    id: HexId
    opened_at: datetime | None = None
    is_complaint: bool = False
    reopenings: int = 0


class Subscription(Contract):
    """`is_active`, `at`, `id`: what the latest interaction on it says. `reference` is empty where none was told."""

    kind: str
    reference: str
    is_active: bool
    at: datetime
    id: HexId
    started_at: datetime | None = None
    plan: str | None = None
    plan_at: datetime | None = None


class ChannelResponses(Contract):
    channel: str
    replies: int
    clicks: int
    initiatives: int


class HourResponses(Contract):
    """`hour`: of the day in UTC, 0 to 23."""

    hour: int
    count: int


class Preferred(Contract):
    """Where and when the person acts: replies, clicks and own initiatives, never a mail that was opened."""

    channels: tuple[ChannelResponses, ...] = ()
    hours: tuple[HourResponses, ...] = ()


class ConsentState(Contract):
    purpose: str
    channel: str
    status: Literal["granted", "denied"]
    at: datetime
    id: HexId
    lawful_basis: str | None = None
    policy_version: str | None = None
    evidence: str | None = None
    expires_at: datetime | None = None


class ProfileState(Contract):
    """Folded from the profile's timeline. `first_at`, `last_at`: of any interaction, by occurred_at.

    `language`, `time_zone`: from the traits of these names, or `locale` and `timezone`, where they are valid.
    `has_more_…`: some are not listed, because there were too many or their reference was too long.
    """

    interactions: int
    first_at: datetime
    last_at: datetime
    identifiers: tuple[Identifier, ...]
    accounts: tuple[str, ...] = ()
    traits: tuple[Trait, ...] = ()
    language: str | None = None
    time_zone: str | None = None
    activity: tuple[ActivityCount, ...] = ()
    recent: tuple[RecentInstants, ...] = ()
    orders: Orders | None = None
    returned: tuple[OrderTotal, ...] = ()
    refunded: tuple[OrderTotal, ...] = ()
    ratings: tuple[Ratings, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    has_more_tickets: bool = False
    subscriptions: tuple[Subscription, ...] = ()
    has_more_subscriptions: bool = False
    preferred: Preferred | None = None
    consents: tuple[ConsentState, ...] = ()


class ProfileSnapshot(Contract):
    """`merged_into`: this was its last revision, the person is another profile now. `state`: None where that is so, and
    where a split left nothing. `members`: profiles that became part of this one. `erased_at`: this was its last
    revision, a tombstone follows, and no profile has this id ever again; the cause's id is the request's.
    `is_refolding`: for the moment `state` is what was known before, with what came since; more revisions follow, of
    which the last one has it exact."""

    profile: ProfileId
    epoch: int
    revision: int
    state_version: int
    merged_into: ProfileId | None = None
    members: tuple[ProfileId, ...] = ()
    erased_at: datetime | None = None
    cause: Cause
    state: ProfileState | None = None
    is_refolding: bool = False


class DemotedIdentifier(Contract):
    """`reason`: `limit` (a profile would hold too many of `kind`), `apart` (people separated them), `shared` (seen with
    too many people). `owner`: whose it is."""

    identifier: Identifier
    reason: Literal["limit", "apart", "shared"]
    kind: str
    owner: ProfileId | None = None


class IdentityChanged(Contract):
    """`linked`: these identifiers now find `profile`. `merged`: `others` became part of it. `demoted`: these were set
    aside. `split`: these identifiers left it for `others`. `erased`: it is no more, nor are `others`, that were part of
    it. `met`: one interaction named two people, `others` too.

    `interaction` said so, or the request of a person with that id."""

    kind: Literal["linked", "met", "merged", "demoted", "split", "erased"]
    profile: ProfileId
    interaction: InteractionId
    at: datetime
    identifiers: tuple[Identifier, ...] = ()
    others: tuple[ProfileId, ...] = ()
    demoted: tuple[DemotedIdentifier, ...] = ()
