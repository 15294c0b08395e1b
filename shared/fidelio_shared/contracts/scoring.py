"""What scoring produces: `scores` and `segments`."""

from datetime import datetime
from typing import Literal

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract

Band = Literal["low", "watch", "high"]


class ScoringCause(Contract):
    """`at`: the cause's own instant (an interaction's occurred_at, a review's due time)."""

    kind: Literal["interaction", "review", "refold", "model", "definition", "merge", "split", "erasure"]
    id: str | None = None
    type: str | None = None
    at: datetime
    historical: bool = False


class Head(Contract):
    """log_odds = baseline + sum of contributions; `change`: this head's Shapley share of the change in risk."""

    name: str
    log_odds: float
    baseline: float
    contributions: dict[str, float]
    change: float


class Facts(Contract):
    """The evidence in a service team's words."""

    orders: int
    last_order_at: datetime
    silence_days: float
    usual_gap_days: float | None
    purchase_days: int


class ChurnScore(Contract):
    before: float | None
    after: float
    band_before: Band | None
    band: Band
    heads: tuple[Head, ...]
    facts: Facts


class ScoreChanged(Contract):
    """`at`: the time at which the score was taken. `churn` holds all that is known of the churn risk."""

    profile: ProfileId
    epoch: int
    sequence: int
    revision: int
    at: datetime
    cause: ScoringCause
    model: str
    churn: ChurnScore


class Membership(Contract):
    segment: str
    since: datetime


class SegmentChanged(Contract):
    profile: ProfileId
    epoch: int
    sequence: int
    revision: int
    at: datetime
    cause: ScoringCause
    definition: str
    entered: tuple[str, ...]
    exited: tuple[str, ...]
    memberships: tuple[Membership, ...]
