"""Logistic heads: each gives the chance of one way of leaving, exactly additive in log-odds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from fidelio_scoring.domain.purchase_clock import sigmoid

MOST_HEADS = 2


@dataclass(frozen=True, slots=True)
class Term:
    """One feature's part in a head. `mean` is the feature's average in training: there it contributes nothing."""

    feature: str
    weight: float
    mean: float


@dataclass(frozen=True, slots=True)
class Head:
    """Log-odds intercept + sum of weight * feature, then calibrated by Platt: platt_a * log-odds + platt_b.

    `baseline`: the calibrated log-odds of an average customer.
    """

    name: str
    intercept: float
    terms: tuple[Term, ...]
    platt_a: float
    platt_b: float
    baseline: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        average = self.intercept
        for term in self.terms:
            average += term.weight * term.mean
        object.__setattr__(self, "baseline", self.platt_a * average + self.platt_b)


@dataclass(frozen=True, slots=True)
class HeadScore:
    """Calibrated log-odds = baseline, an average customer's, + the contributions, in the order of the head's terms."""

    name: str
    log_odds: float
    baseline: float
    contributions: Mapping[str, float]

    @property
    def probability(self) -> float:
        return sigmoid(self.log_odds)


def score_head(head: Head, features: Mapping[str, float]) -> HeadScore:
    """A feature that is not there is zero; it is listed where that says anything."""
    contributions: dict[str, float] = {}
    for term in head.terms:
        contribution = head.platt_a * term.weight * (features.get(term.feature, 0.0) - term.mean)
        if contribution or term.feature in features:
            contributions[term.feature] = contribution
    log_odds = head.baseline + sum(contributions.values())
    return HeadScore(head.name, log_odds, head.baseline, contributions)


def combined_risk(heads: Sequence[HeadScore]) -> float:
    """The chance of leaving in one way or another, the ways taken as independent."""
    return 1 - prod([1 - head.probability for head in heads])


def shapley_change(before: Sequence[HeadScore], after: Sequence[HeadScore]) -> Mapping[str, float]:
    """How much of the change of the combined risk each head accounts for: the two-player Shapley value.

    The shares sum to the change. A head that one side lacks (no score yet, another model) counts there as chance 0.
    """
    was = {head.name: head.probability for head in before}
    becomes = {head.name: head.probability for head in after}
    names = tuple(becomes | was)
    if len(names) > MOST_HEADS:
        raise ValueError(f"heads {', '.join(names)}: the change is shared between two heads at most")
    return {name: _share(name, names, was=was, becomes=becomes) for name in names}


def _share(name: str, names: tuple[str, ...], *, was: Mapping[str, float], becomes: Mapping[str, float]) -> float:
    """With R = 1 - (1 - p)(1 - h), a step of p counts (1 - h) times; averaged over h moving first and moving last."""
    step = becomes.get(name, 0.0) - was.get(name, 0.0)
    for other in names:
        if other != name:
            step *= 1 - (was.get(other, 0.0) + becomes.get(other, 0.0)) / 2
    return step
