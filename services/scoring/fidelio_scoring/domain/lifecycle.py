"""The stage of a customer's life: exactly one holds, and silence only ever moves it forward."""

from datetime import datetime, timedelta
from enum import StrEnum

from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.purchases import Purchases

DEFINITION = "lifecycle-1"
NEW_FOR = timedelta(days=60)
LAPSED_AFTER = timedelta(days=182)


class Stage(StrEnum):
    NEW = "new"
    ACTIVE = "active"
    AT_RISK = "at_risk"
    LAPSED = "lapsed"


def stage_at(purchases: Purchases, band: Band, now: datetime) -> Stage:
    """Lapsed: no order for 182 days. At risk: churn band high. New: first order under 60 days ago. Else active."""
    if now >= purchases.last_order_at + LAPSED_AFTER:
        return Stage.LAPSED
    if band is Band.HIGH:
        return Stage.AT_RISK
    if now < purchases.first_order_at + NEW_FOR:
        return Stage.NEW
    return Stage.ACTIVE


def next_stage_change(purchases: Purchases, band: Band, *, after: datetime) -> datetime | None:
    """The next instant at which time alone, the band unchanged, ends the stage; exact to the millisecond."""
    now = stage_at(purchases, band, after)
    boundaries = (purchases.first_order_at + NEW_FOR, purchases.last_order_at + LAPSED_AFTER)
    later = sorted(each for each in boundaries if each > after)
    return next((each for each in later if stage_at(purchases, band, each) is not now), None)
