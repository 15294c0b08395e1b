"""Whether contacting helps: differences between arms, judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from fidelio_notify.domain.uplift.power import Needed, needed_for_means, needed_for_shares
from fidelio_notify.domain.uplift.statistics import (
    CONFIDENCE,
    Difference,
    Mean,
    Share,
    difference_of_means,
    difference_of_shares,
    holm,
)
from fidelio_notify.domain.uplift.tallies import Counted, Tally

Question = Literal["goal", "churn"]
Finding = Literal["helps", "harms", "open", "too_few"]
TREATED, HELD = "treated", "held out"
"""The arms, as no variant is called."""
LEAST_EXPECTED = 5.0
"""Cochran (1954): so many people of each arm should have reached the goal, and so many not, by the common rate. Below,
what can be seen is so coarse that intervals hold more, or less, than they promise."""
LEAST_CHANGED = 30
"""People of each arm whose risk moved; risks that seldom move are too skewed for a mean of fewer."""


@dataclass(frozen=True, slots=True)
class Effect:
    """`treated` are people to whom `of` happened, `held` those to whom `against` did: the arms, or variants. `p`: as it
    must be read among the comparisons beside it. `more`: so many more people would show the difference; None where
    `finding` is not open, or no number would. `sought`: the difference that `more` is told for."""

    question: Question
    of: str
    against: str
    treated: Share | Mean
    held: Share | Mean
    difference: Difference | None
    p: float = 1.0
    finding: Finding = "too_few"
    sought: float | None = None
    more: Needed | None = None


def main_effects(counted: Counted, *, sought: float | None) -> tuple[Effect, ...]:
    """On the goal, where one was declared, and on the churn risk. `sought`: of the goal, what would matter."""
    treated, held = counted.arm("treated"), counted.arm("held")
    return _judged([_effect(each, (TREATED, treated), (HELD, held)) for each in _questions(treated, held)], sought)


def variant_effects(counted: Counted, *, sought: float | None) -> tuple[Effect, ...]:
    """Each variant against those held out, on the first question."""
    held = counted.arm("held")
    question = _questions(counted.arm("treated"), held)[0]
    if len(counted.variants) < 2:
        return ()
    return _judged([_effect(question, each, (HELD, held)) for each in counted.variants.items()], sought)


def variant_contrasts(counted: Counted, *, sought: float | None) -> tuple[Effect, ...]:
    """Each variant against each other one: that is told also where nobody is held out."""
    question = _questions(counted.arm("treated"), counted.arm("held"))[0]
    return _judged([_effect(question, one, other) for one, other in combinations(counted.variants.items(), 2)], sought)


def _questions(treated: Tally, held: Tally) -> Sequence[Question]:
    return ("goal", "churn") if treated.asked or held.asked else ("churn",)


def _effect(question: Question, one: tuple[str, Tally], other: tuple[str, Tally]) -> Effect:
    (of, treated), (against, held) = one, other
    if question == "goal":
        difference, is_enough = difference_of_shares(treated.goal, held.goal), _are_enough(treated.goal, held.goal)
        return _unjudged(Effect(question, of, against, treated.goal, held.goal, difference), is_enough=is_enough)
    is_enough = min(treated.changed, held.changed) >= LEAST_CHANGED
    difference = difference_of_means(treated.risk, held.risk)
    return _unjudged(Effect(question, of, against, treated.risk, held.risk, difference), is_enough=is_enough)


def _unjudged(effect: Effect, *, is_enough: bool) -> Effect:
    if effect.difference is None or not is_enough:
        return effect
    return replace(effect, p=effect.difference.p, finding="open")


def _are_enough(treated: Share, held: Share) -> bool:
    if not treated.people or not held.people:
        return False
    rate = _common_rate(treated, held)
    return min(treated.people, held.people) * min(rate, 1 - rate) >= LEAST_EXPECTED


def _judged(effects: Sequence[Effect], sought: float | None) -> tuple[Effect, ...]:
    """Where there are too few people to say, nothing is claimed: such a comparison does not weaken the others."""
    adjusted = iter(holm([each.p for each in effects if each.finding != "too_few"]))
    return tuple(each if each.finding == "too_few" else _found(each, next(adjusted), sought) for each in effects)


def _found(effect: Effect, p: float, sought: float | None) -> Effect:
    assert effect.difference is not None
    if p < 1 - CONFIDENCE:
        is_good = (effect.difference.value > 0) is (effect.question == "goal")
        return replace(effect, p=p, finding="helps" if is_good else "harms")
    return replace(effect, p=p, sought=_sought(effect, sought), more=_more(effect, _needed(effect, sought)))


def _sought(effect: Effect, told: float | None) -> float | None:
    if told is not None and effect.question == "goal":
        return told
    return effect.difference.value if effect.difference else None


def _more(effect: Effect, needed: Needed | None) -> Needed | None:
    if needed is None:
        return None
    return Needed(max(needed.treated - effect.treated.people, 0), max(needed.held - effect.held.people, 0))


def _needed(effect: Effect, sought: float | None) -> Needed | None:
    ratio = effect.treated.people / effect.held.people
    match effect.treated, effect.held:
        case Share() as treated, Share() as held:
            return needed_for_shares(*_rates(treated, held, sought), ratio=ratio)
        case Mean() as treated, Mean() as held:
            return needed_for_means(treated, held, treated.mean - held.mean)
    raise TypeError(f"{effect.question} compares shares with shares, or means with means")


def _rates(treated: Share, held: Share, sought: float | None) -> tuple[float, float]:
    if sought is None:
        return treated.rate, held.rate
    common = _common_rate(treated, held)
    return min(common + sought, 1.0), common


def _common_rate(treated: Share, held: Share) -> float:
    return (treated.reached + held.reached) / (treated.people + held.people)
