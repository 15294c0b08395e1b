"""Training of value: what purchases bring, and the cut points between fifths of the customers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, inf, nextafter
from statistics import fmean

import numpy as np

from fidelio_scoring.domain.rfm import Cuts, RfmCuts
from fidelio_scoring.domain.spending import GammaGamma
from fidelio_scoring.domain.value_model import ValueModel
from fidelio_scoring.training.history import DAY, EPOCH, Order
from fidelio_scoring.training.likelihoods import Spending, Vector, gamma_gamma, most_likely, most_probable

FEWEST_REPEATERS = 50
FIFTHS = (0.2, 0.4, 0.6, 0.8)
# Where amounts are all the same, the likelihood has no maximum: it rises with p for ever.
LEAST_PARAMETER, LARGEST_PARAMETER = 1e-3, 1e3
LEAST_Q = 1.01


class UnvaluedHistory(ValueError):
    """A history that tells nothing of money; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class Spender:
    """`days`: UTC days with a purchase, since 1970; `spent`: net, by day, of the days whose amounts are known."""

    last_at: datetime
    days: frozenset[int]
    spent: Mapping[int, float]

    @property
    def net(self) -> float:
        return sum(self.spent.values())


def fit_value(
    orders: Iterable[Order],
    *,
    until: datetime,
    currency: str,
    margin: float = 1.0,
    discount_rate: float = 0.1,
    horizon_weeks: float = 52.0,
) -> ValueModel:
    """Sees no order after `until`. All amounts are in `currency`; one below 0 is money given back, not a purchase."""
    spenders = spenders_of(order for order in orders if order.at <= until)
    known = [spender for spender in spenders if spender.spent]
    if not known:
        raise UnvaluedHistory(
            f"no purchase up to {until.date()} has an amount; add the field amount, or train no value"
        )
    day_amounts = [amount for spender in known for amount in spender.spent.values()]
    mean = fmean(day_amounts)
    return ValueModel(
        currency=currency,
        gamma_gamma=fit_gamma_gamma(repeat_spending(known)),
        mean_spend=mean if mean > 0 else None,
        margin=margin,
        discount_rate=discount_rate,
        horizon_weeks=horizon_weeks,
        rfm=RfmCuts(
            recency_days=cuts_between([float(ceil((until - spender.last_at) / DAY)) for spender in spenders], step=1),
            frequency=cuts_between([float(len(spender.days)) for spender in spenders], step=1),
            monetary={currency: cuts_between([spender.net for spender in known], step=0.01)},
        ),
    )


def spenders_of(orders: Iterable[Order]) -> tuple[Spender, ...]:
    """Who bought at least once, in the order of their names. What is given back counts on the purchase day before."""
    by_customer: defaultdict[str, list[Order]] = defaultdict(list)
    for order in orders:
        by_customer[order.customer].append(order)
    found = (_spender(sorted(by_customer[name], key=lambda order: order.at)) for name in sorted(by_customer))
    return tuple(spender for spender in found if spender)


def repeat_spending(spenders: Sequence[Spender]) -> Spending:
    """As in the literature: of purchase days after the first; who brought nothing on them tells nothing of amounts."""
    repeats, averages = [], []
    for spender in spenders:
        first = min(spender.days)
        amounts = [amount for day, amount in spender.spent.items() if day != first]
        if amounts and sum(amounts) > 0:
            repeats.append(float(len(amounts)))
            averages.append(fmean(amounts))
    return Spending(np.array(repeats), np.array(averages))


def fit_gamma_gamma(spending: Spending) -> GammaGamma | None:
    """The most likely parameters, or the most probable where those have no mean; None where neither have one."""
    if spending.average.size < FEWEST_REPEATERS:
        return None
    unit = float(spending.average.mean())
    scaled = Spending(spending.repeats, spending.average / unit)
    for fit in (most_likely, most_probable):
        p, q, gamma = _within_bounds(fit(_bounded_gamma_gamma, scaled, parameters=3).parameters)
        if q >= LEAST_Q:
            return GammaGamma(p, q, gamma * unit)
    return None


def cuts_between(values: Sequence[float], *, step: float) -> Cuts:
    """Values that part the customers into fifths. Where many share one, the next cut point is `step` above it."""
    cuts: list[float] = []
    for quantile in np.quantile(values, FIFTHS, method="inverted_cdf").tolist():
        least = max(cuts[-1] + step, nextafter(cuts[-1], inf)) if cuts else -inf
        cuts.append(max(float(quantile), least))
    one, two, three, four = cuts
    return one, two, three, four


def _spender(orders: Sequence[Order]) -> Spender | None:
    days: list[int] = []
    spent: dict[int, float] = {}
    last_at = None
    for order in orders:
        if order.amount is None or order.amount >= 0:
            days.append((order.at - EPOCH) // DAY)
            last_at = order.at
        if order.amount is not None and days:
            spent[days[-1]] = spent.get(days[-1], 0.0) + order.amount
    return Spender(last_at, frozenset(days), spent) if last_at else None


def _bounded_gamma_gamma(parameters: Sequence[float], spent: Spending) -> Vector:
    return gamma_gamma(_within_bounds(parameters), spent)


def _within_bounds(parameters: Sequence[float]) -> tuple[float, float, float]:
    p, q, gamma = (min(max(each, LEAST_PARAMETER), LARGEST_PARAMETER) for each in parameters)
    return p, q, gamma
