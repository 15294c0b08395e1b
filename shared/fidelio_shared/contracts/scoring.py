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


class Reason(Contract):
    """Why the risk is high, in words for a service team; the weightiest first. `feature`: of whose contribution."""

    feature: str
    en: str
    fr: str


class ChurnScore(Contract):
    """`facts`: None of somebody who never bought. `missing`: kinds of evidence that there is none of: `purchases`,
    `usage`, `ratings`, `service`. `is_cancelled`: they ended their last subscription and have not bought since; that is
    a fact, and no part of the risk."""

    before: float | None
    after: float
    band_before: Band | None
    band: Band
    heads: tuple[Head, ...]
    facts: Facts | None
    missing: tuple[str, ...] = ()
    is_cancelled: bool = False
    reasons: tuple[Reason, ...] = ()


class Rfm(Contract):
    """Quintiles, 5 the best: how lately, how often, and for how much somebody buys, by cut points of the model."""

    recency: int
    frequency: int
    monetary: int | None


class CustomerValue(Contract):
    """`amount`: what is expected to be earned from them within `horizon_weeks`, in `currency`: `expected_purchases`
    times `expected_spend` times `margin` times `discount`, the average one over the horizon.

    `method`: `model` (purchase clock and Gamma-Gamma), or `textbook` (average order times frequency times lifetime)
    where those do not reach; `reason` says why. What was spent in `other_currencies` is left out.
    """

    amount: float
    currency: str
    method: Literal["model", "textbook"]
    reason: str | None
    horizon_weeks: float
    expected_purchases: float
    expected_spend: float
    margin: float
    discount: float
    other_currencies: tuple[str, ...] = ()


class HealthScore(Contract):
    """0 to 100: 100 (1 - risk). `groups`: the heads' contributions in log-odds, summed by what they tell of."""

    score: float
    groups: dict[str, float]


class ScoreChanged(Contract):
    """`at`: the time at which the score was taken. `churn` holds all that is known of the churn risk; None where the
    score is withdrawn: there is nothing to score by any more, or the person objects.

    `arpu`: revenue a month since the first order, in the currency of `value`.
    """

    profile: ProfileId
    epoch: int
    sequence: int
    revision: int
    at: datetime
    cause: ScoringCause
    model: str
    churn: ChurnScore | None
    value: CustomerValue | None = None
    rfm: Rfm | None = None
    arpu: float | None = None
    health: HealthScore | None = None


class ShadowScored(Contract):
    """What another model, that is on trial beside the one in use, would have said of the same snapshot. Its band is as
    of somebody who was in none before."""

    profile: ProfileId
    epoch: int
    revision: int
    at: datetime
    model: str
    risk: float
    band: Band
    live_model: str
    live_risk: float
    live_band: Band


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
