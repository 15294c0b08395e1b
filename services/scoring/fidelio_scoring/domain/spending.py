"""What a customer spent, in one currency, and what the next purchase is expected to bring: Gamma-Gamma.

Fader and Hardie 2013: amounts vary around a customer's own mean as Gamma(p, v), and v varies as Gamma(q, gamma).
"""

from dataclasses import dataclass
from decimal import Decimal

from fidelio_scoring.domain.facts import Facts, Total
from fidelio_scoring.domain.purchases import Purchases

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """All positive; `q` above 1, or there is no mean. `gamma` is in the currency of the amounts."""

    p: float
    q: float
    gamma: float

    @property
    def mean(self) -> float:
        """What a purchase of somebody unknown is expected to bring."""
        return self.p * self.gamma / (self.q - 1)


@dataclass(frozen=True, slots=True)
class Spent:
    """In `currency`, the one of most orders: amounts in `other_currencies` are neither converted nor added.

    `net`: after refunds, or returns where these are more. `average`: of a purchase day, orders that told no amount
    taken as usual ones. `days`: how many purchase days the average rests on, in proportion to orders.
    """

    currency: str
    net: Decimal
    average: float
    days: float
    other_currencies: tuple[str, ...] = ()


def spent_of(facts: Facts, purchases: Purchases) -> Spent | None:
    """None where no order told an amount."""
    orders = facts.orders
    if orders is None or not orders.totals:
        return None
    main = max(orders.totals, key=lambda total: (total.count, total.revenue, total.currency))
    given_back = max(_sum(facts.refunded, main.currency), _sum(facts.returned, main.currency))
    net, days = main.revenue - given_back, purchases.days.bit_count()
    told = sum([total.count for total in orders.totals])
    return Spent(
        currency=main.currency,
        net=net,
        average=float(net) * orders.count / told / days,
        days=days * main.count / orders.count,
        other_currencies=tuple([total.currency for total in orders.totals if total is not main]),
    )


def expected_spend(model: GammaGamma, *, average: float, purchases: float) -> float:
    """Of the next purchase: the customer's own average, drawn towards everybody's the more, the fewer purchases."""
    own = model.p * purchases / (model.p * purchases + model.q - 1)
    return (1 - own) * model.mean + own * average


def _sum(totals: tuple[Total, ...], currency: str) -> Decimal:
    """Senders differ in the sign of money that goes back."""
    if not totals:
        return NOTHING
    return sum([abs(total.revenue) for total in totals if total.currency == currency], start=NOTHING)
