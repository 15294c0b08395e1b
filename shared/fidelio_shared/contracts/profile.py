"""What profile produces: `timeline` (for itself), `profiles` and `identities`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from fidelio_shared.contracts.ids import InteractionId, ProfileId
from fidelio_shared.contracts.ingest import Contract, HexId, Identifier, Interaction, Scalar

STATE_VERSION = 1
"""Of the folded state; where a stored one differs, it is folded again."""


class InteractionRecorded(Contract):
    kind: Literal["interaction"] = "interaction"
    profile: ProfileId
    interaction: Interaction
    hops: int = 0


class RetireRequested(Contract):
    kind: Literal["retire"] = "retire"
    profile: ProfileId
    into: ProfileId
    interaction: Interaction


class AbsorbRequested(Contract):
    kind: Literal["absorb"] = "absorb"
    profile: ProfileId
    absorbed: ProfileId
    state: dict[str, JsonValue]
    interaction: Interaction


class SplitRequested(Contract):
    kind: Literal["split"] = "split"
    profile: ProfileId
    id: HexId
    into: ProfileId
    identifiers: tuple[Identifier, ...]


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
    """Why this revision exists: the accepted interaction, or a repair."""

    kind: Literal["interaction", "refold"]
    id: HexId
    type: str
    channel: str
    occurred_at: datetime
    received_at: datetime
    historical: bool = False


class Trait(Contract):
    name: str
    value: Scalar
    at: datetime
    id: HexId
    source: str


class ActivityCount(Contract):
    """`decayed`: sums of 2^-(age/half-life) as of `last_at`, for half-lives of 7, 30 and 90 days."""

    type: str
    channel: str
    count: int
    first_at: datetime
    last_at: datetime
    decayed: tuple[float, float, float]


class OrderTotal(Contract):
    currency: str
    count: int
    revenue: str


class Orders(Contract):
    """`days`: hex bitmap; bit k set says an order on UTC day `first_day + k` (days since 1970-01-01)."""

    count: int
    first_at: datetime
    last_at: datetime
    first_day: int
    days: str
    totals: tuple[OrderTotal, ...]


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
    """Folded from the profile's timeline. `first_at`, `last_at`: of any interaction, by occurred_at."""

    interactions: int
    first_at: datetime
    last_at: datetime
    identifiers: tuple[Identifier, ...]
    accounts: tuple[str, ...] = ()
    traits: tuple[Trait, ...] = ()
    activity: tuple[ActivityCount, ...] = ()
    orders: Orders | None = None
    consents: tuple[ConsentState, ...] = ()


class ProfileSnapshot(Contract):
    profile: ProfileId
    epoch: int
    revision: int
    state_version: int
    merged_into: ProfileId | None = None
    cause: Cause
    state: ProfileState


class IdentityChanged(Contract):
    """`linked`: these identifiers now find `profile`; `met`: one interaction named two people, `others` too."""

    kind: Literal["linked", "met"]
    profile: ProfileId
    interaction: InteractionId
    at: datetime
    identifiers: tuple[Identifier, ...] = ()
    others: tuple[ProfileId, ...] = ()
