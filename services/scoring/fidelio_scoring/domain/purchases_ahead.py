"""How often a customer is expected to buy within a horizon: the conditional expectation of the purchase clock.

Of somebody alive at age T with x repeat purchases, MBG/NBD knows a buying rate ~ Gamma(R, A), with R = r + x and
A = alpha + T, and a chance p ~ Beta(a, B), with B = b + x + 1, to leave at a purchase. So s weeks on they buy at

    e(s) = E[rate * exp(-rate * p * s)] = R/A * E_p[(1 + p*s/A)^-(R+1)]

and the expected purchases are P(alive) times the integral of e. Undiscounted, that is the published closed form
(Batislam et al. 2007), P(alive) * (a+b+x)/(a-1) * [1 - (A/(A+t))^R * 2F1(R, b+x+1; a+b+x; t/(A+t))]. Integrated here
instead of summed, it has no hole at a = 1, discounts exactly, and takes as many steps for a newcomer as for a regular.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, expm1, log, log1p, sqrt

from fidelio_scoring.domain.purchase_clock import ClockParameters, Seen, logit_dead, sigmoid

WEEKS_A_YEAR = 365.25 / 7
# Gauss-Legendre on [0, 1]: places and weights.
GAUSS = (
    (0.069431844202974, 0.173927422568727),
    (0.330009478207572, 0.326072577431273),
    (0.669990521792428, 0.326072577431273),
    (0.930568155797026, 0.173927422568727),
)
WIDEST_PANEL = 2.5
STEEPEST_PANEL = 4.0  # the most powers of e by which the rate falls within one
MOST_PANELS = 32
LEFT_OUT = 12.0  # e^-12 of the whole
ALIKE = 2e-2
MOST_STEPS = 256


@dataclass(frozen=True, slots=True)
class Ahead:
    """Purchase days expected, and their worth in purchases made today: a purchase in a year counts 1/(1 + rate)."""

    expected: float
    discounted: float


def purchases_ahead(
    clock: ClockParameters, seen: Seen, *, age_weeks: float, horizon_weeks: float, discount_rate: float
) -> Ahead:
    """Neither rises with age: silence makes the customer more likely gone, and slower if not.

    The weeks ahead are integrated in u = ln(1 + s/A), where e is smooth over any horizon.
    """
    scale, power = clock.alpha + age_weeks, -(clock.r + seen.repeats + 1)
    span = log1p(horizon_weeks / scale)
    panels = _panels(clock, seen.repeats, horizon_weeks / scale)
    width, dropouts = span / panels, _dropouts(clock, seen.repeats, horizon_weeks)
    decay = -log1p(discount_rate) / WEEKS_A_YEAR * scale
    expected = discounted = 0.0
    for panel in range(panels):
        for place, weight in GAUSS:
            waited = expm1(width * (panel + place))
            rate = sum([chance * (1 + dropout * waited) ** power for dropout, chance in dropouts])
            part = weight * (1 + waited) * rate
            expected += part
            discounted += part * exp(decay * waited)
    alive = sigmoid(-logit_dead(clock, seen, age_weeks)) * (clock.r + seen.repeats) * width
    return Ahead(alive * expected, alive * discounted)


def _panels(clock: ClockParameters, repeats: int, reach: float) -> int:
    """Equal parts of the horizon, in each of which four places are enough."""
    usual_dropout = clock.a / (clock.a + clock.b + repeats + 1)
    fall = (clock.r + repeats + 1) * log1p(usual_dropout * reach)
    return min(ceil(max(log1p(reach) / WIDEST_PANEL, fall / STEEPEST_PANEL)), MOST_PANELS)


@lru_cache(maxsize=1024)  # customers differ in x alone
def _dropouts(clock: ClockParameters, repeats: int, horizon_weeks: float) -> tuple[tuple[float, float], ...]:
    """Beta(a, B) as a few chances to leave and their weights, for every age at once.

    The trapezoidal rule over the log-odds of p: as the integrand is analytic there, its error falls exponentially with
    the step (Trefethen and Weideman 2014). Below the lowest, all but p^a is constant: a geometric series.
    """
    a, b = clock.a, clock.b + repeats + 1
    pull = a + b + (clock.r + repeats + 1) * horizon_weeks / clock.alpha
    low = -log(pull) + max(-LEFT_OUT, log(a) - 1 - (LEFT_OUT + 1) / a)
    step, most_likely = min(0.8, 0.8 / sqrt(a)), log(a) - log(b)
    peak = _log_density(most_likely, a, b)
    below = min(ceil((most_likely - low) / step), MOST_STEPS)
    nodes: list[tuple[float, float]] = []
    for index in range(-below, MOST_STEPS):
        log_odds = most_likely + index * step
        density = _log_density(log_odds, a, b) - peak
        if index > 0 and density < -LEFT_OUT:
            break
        nodes.append((sigmoid(log_odds), exp(density)))
    lowest, weight = nodes[0]
    return _merged([(lowest, weight / -expm1(-a * step)), *nodes[1:]], ALIKE / pull)


def _merged(nodes: list[tuple[float, float]], limit: float) -> tuple[tuple[float, float], ...]:
    """Chances up to `limit` hardly differ from 0 within the horizon: their mean stands for them. Weights sum to 1."""
    small = [node for node in nodes if node[0] <= limit]
    kept, weight = nodes[len(small) :], sum(weight for _, weight in small)
    if weight:
        kept = [(sum(dropout * weight for dropout, weight in small) / weight, weight), *kept]
    total = sum(weight for _, weight in kept)
    return tuple((dropout, weight / total) for dropout, weight in kept)


def _log_density(log_odds: float, a: float, b: float) -> float:
    """Of the log-odds of p, but for a constant."""
    return a * log_odds - (a + b) * (log1p(exp(-abs(log_odds))) + max(log_odds, 0.0))
