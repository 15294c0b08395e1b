"""Customer lifetime value: what a customer is expected to earn within the horizon, in money of today."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fidelio_scoring.domain.durations import MILLISECOND, WEEK_MS
from fidelio_scoring.domain.purchase_clock import ClockParameters, Seen
from fidelio_scoring.domain.purchases import Purchases, repeat_days
from fidelio_scoring.domain.purchases_ahead import purchases_ahead
from fidelio_scoring.domain.spending import Spent, expected_spend
from fidelio_scoring.domain.value_model import ValueModel


class Method(StrEnum):
    MODEL = "model"
    TEXTBOOK = "textbook"


class Reason(StrEnum):
    """Why the textbook had to do."""

    NO_SPENDING_MODEL = "no_spending_model"
    OTHER_CURRENCY = "other_currency"
    NOTHING_KEPT = "nothing_kept"


@dataclass(frozen=True, slots=True)
class Value:
    """`clv` is the product of margin, expected purchases (purchase days), expected spend (of one), and discount.

    An estimate, hence no Decimal. `discount`: what money earned at the expected times is worth today, 1 for the
    textbook, which knows no times. `reason`: of the textbook. `other_currencies`: in which the customer also ordered,
    and of which nothing is in here.
    """

    clv: float
    currency: str
    method: Method
    reason: Reason | None
    expected_purchases: float
    expected_spend: float
    margin: float
    discount: float
    horizon_weeks: float
    other_currencies: tuple[str, ...] = ()


def value_at(
    purchases: Purchases, spent: Spent | None, now: datetime, *, model: ValueModel, clock: ClockParameters
) -> Value | None:
    """Never rises while a customer is silent. None where neither customer nor model tell what a purchase brings.

    Before the last order (late events, another clock) silence counts as zero.
    """
    reason = _out_of_reach(spent, model)
    spend = _spend(spent, model) if reason is None else _textbook_spend(spent, model)
    if spend is None:
        return None
    recency_ms = max((purchases.last_order_at - purchases.first_order_at) // MILLISECOND, 0)
    age_weeks = (recency_ms + max((now - purchases.last_order_at) // MILLISECOND, 0)) / WEEK_MS
    if reason is None:
        seen = Seen(repeat_days(purchases.days), recency_ms / WEEK_MS)
        expected, discounted = _by_the_clock(clock, seen, age_weeks, model)
    else:
        expected = discounted = _by_the_textbook(purchases, age_weeks, model)
    return Value(
        clv=model.margin * spend * discounted,
        currency=spent.currency if spent else model.currency,
        method=Method.TEXTBOOK if reason else Method.MODEL,
        reason=reason,
        expected_purchases=expected,
        expected_spend=spend,
        margin=model.margin,
        discount=discounted / expected if expected else 1.0,
        horizon_weeks=model.horizon_weeks,
        other_currencies=spent.other_currencies if spent else (),
    )


def _out_of_reach(spent: Spent | None, model: ValueModel) -> Reason | None:
    if spent is not None and spent.net <= 0:
        return Reason.NOTHING_KEPT
    if spent is not None and spent.currency != model.currency:
        return Reason.OTHER_CURRENCY
    if model.gamma_gamma is None or model.gamma_gamma.q <= 1:
        return Reason.NO_SPENDING_MODEL
    return None


def _spend(spent: Spent | None, model: ValueModel) -> float | None:
    if model.gamma_gamma is None:
        return None
    if spent is None:
        return model.gamma_gamma.mean
    return expected_spend(model.gamma_gamma, average=spent.average, purchases=spent.days)


def _textbook_spend(spent: Spent | None, model: ValueModel) -> float | None:
    """Whoever gave back more than they paid is worth nothing, not less."""
    return model.mean_spend if spent is None else max(spent.average, 0.0)


def _by_the_clock(clock: ClockParameters, seen: Seen, age_weeks: float, model: ValueModel) -> tuple[float, float]:
    ahead = purchases_ahead(
        clock, seen, age_weeks=age_weeks, horizon_weeks=model.horizon_weeks, discount_rate=model.discount_rate
    )
    return ahead.expected, ahead.discounted


def _by_the_textbook(purchases: Purchases, age_weeks: float, model: ValueModel) -> float:
    """Frequency times lifetime: as many purchase days as in an average horizon so far, the lifetime being a horizon.

    A customer known for less is expected to repeat what was so far: the textbook cannot tell a habit from a beginning.
    """
    return purchases.days.bit_count() / max(age_weeks, model.horizon_weeks) * model.horizon_weeks
