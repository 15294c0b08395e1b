"""Revenue per month of one customer: the part that a customer has in ARPU, revenue over active customers."""

from datetime import datetime, timedelta

from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.spending import Spent

MONTH = timedelta(days=365.25 / 12)


def revenue_per_month(purchases: Purchases, spent: Spent, now: datetime) -> float:
    """Net revenue over the months since the first order, at least one; in the currency of `spent`, others left out.

    Months without an order count: it falls while a customer is silent. Negative for whoever got back more than paid.
    """
    return float(spent.net) / max((now - purchases.first_order_at) / MONTH, 1.0)
