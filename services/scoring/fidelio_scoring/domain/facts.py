"""What scoring knows of a person: the part of a profile's snapshot that scores and segments are functions of.

Names and meanings are the snapshot's own (`fidelio_shared.contracts.profile`). Instants are UTC, cut to milliseconds.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Total:
    currency: str
    count: int
    revenue: Decimal

    def __post_init__(self) -> None:
        if not self.revenue.is_finite():
            raise ValueError("a sum of money is a finite number")


@dataclass(frozen=True, slots=True)
class Orders:
    """Bit k of `days`, which is written in hex: an order on UTC day `first_day + k`, counted from 1970-01-01."""

    count: int
    first_at: datetime
    last_at: datetime
    first_day: int
    days: str
    totals: tuple[Total, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """`decayed`: sums of 2^-(age/half-life) as of `last_at`, for half-lives of 7, 30 and 90 days."""

    type: str
    channel: str
    count: int
    first_at: datetime
    last_at: datetime
    decayed: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Recent:
    """Latest first; as many as the profile keeps of this type."""

    type: str
    at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Given:
    at: datetime
    value: int


@dataclass(frozen=True, slots=True)
class Ratings:
    """`latest`: latest first, three at most."""

    scale: str
    count: int
    total: int
    latest: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """`at`: when it came to be as `is_open` says. `opened_at`: None while only its end is known."""

    kind: str
    is_open: bool
    at: datetime
    opened_at: datetime | None = None
    is_complaint: bool = False
    reopenings: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    kind: str
    is_active: bool
    at: datetime
    started_at: datetime | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    purpose: str
    channel: str
    status: str
    at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trait:
    name: str
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Facts:
    """`first_at`, `last_at`: of any interaction."""

    interactions: int
    first_at: datetime
    last_at: datetime
    orders: Orders | None = None
    activity: tuple[Activity, ...] = ()
    recent: tuple[Recent, ...] = ()
    ratings: tuple[Ratings, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    consents: tuple[Consent, ...] = ()
    traits: tuple[Trait, ...] = ()
    accounts: tuple[str, ...] = ()
    language: str | None = None
    time_zone: str | None = None
    returned: tuple[Total, ...] = ()
    refunded: tuple[Total, ...] = ()
