"""What a customer is worth and how the relationship is: all of a score besides the risk itself."""

from dataclasses import dataclass
from datetime import datetime

from fidelio_scoring.domain.arpu import revenue_per_month
from fidelio_scoring.domain.churn import Assessment, ChurnModel
from fidelio_scoring.domain.clv import Value, value_at
from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.health import Health, health_of
from fidelio_scoring.domain.purchases import Purchases, purchases_of
from fidelio_scoring.domain.rfm import Rfm, next_rfm_change, rfm_at
from fidelio_scoring.domain.spending import spent_of


@dataclass(frozen=True, slots=True)
class Values:
    """`value`, `rfm`, `arpu`: None of somebody who never bought, and where the model has no value section."""

    health: Health
    value: Value | None = None
    rfm: Rfm | None = None
    arpu: float | None = None


def quintiles_at(facts: Facts, purchases: Purchases | None, model: ChurnModel, now: datetime) -> Rfm | None:
    if model.value is None or purchases is None:
        return None
    return rfm_at(purchases, spent_of(facts, purchases), now, model.value.rfm)


def values_at(facts: Facts, assessment: Assessment, rfm: Rfm | None, model: ChurnModel, now: datetime) -> Values:
    health = health_of(assessment.heads)
    if model.value is None or facts.orders is None:
        return Values(health)
    purchases = purchases_of(facts.orders)
    spent = spent_of(facts, purchases)
    return Values(
        health=health,
        value=value_at(purchases, spent, now, model=model.value, clock=model.clock),
        rfm=rfm,
        arpu=revenue_per_month(purchases, spent, now) if spent else None,
    )


def next_value_change(purchases: Purchases | None, model: ChurnModel, *, after: datetime) -> datetime | None:
    """The next instant at which silence alone lowers the recency part of RFM; the rest needs a purchase."""
    if model.value is None or purchases is None:
        return None
    return next_rfm_change(purchases, model.value.rfm, after=after)
