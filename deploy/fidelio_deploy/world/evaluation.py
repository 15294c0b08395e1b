"""Scores held against the truth: how far they go from what silence alone tells to what the oracle knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from fidelio_deploy.world.hazard import Vector
from fidelio_deploy.world.truth import Flags, Question, Truth

RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """Of 95 %, over customers drawn anew."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Answer:
    """AUCs, nan where nobody, or everybody, left; `silence`: of the rule, days since the last activity or order.

    `closed`: the share of the way from the rule to the oracle that the scores go; nan where the oracle knows no more.
    """

    title: str
    customers: int
    share: float
    silence: float
    oracle: float
    scores: float
    closed: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Each customer's place among the distinct scores, so that drawing customers anew needs no sorting."""

    places: NDArray[np.intp]
    distinct: int

    def auc(self, label: Flags, weights: Vector) -> float:
        """The chance that who left scores above who stayed, ties counting half."""
        left = np.bincount(self.places, weights * label, self.distinct)
        stayed = np.bincount(self.places, weights * ~label, self.distinct)
        pairs = left.sum() * stayed.sum()
        return float(left @ (np.cumsum(stayed) - stayed / 2) / pairs) if pairs else nan


def evaluate(truth: Truth, scores: Mapping[str, float], *, dice: np.random.Generator) -> tuple[Answer, ...]:
    """Customers without a score are left out, of rule and oracle too: an answer says how many were asked."""
    scored = np.array([each in scores for each in truth.customers], dtype=np.bool_)
    values = np.array([scores.get(each, nan) for each in truth.customers], dtype=np.float64)
    return tuple(_answer(each, values, scored, dice) for each in truth.questions)


def auc(scores: Vector, label: Flags) -> float:
    return _ranked(scores).auc(label, np.ones(label.size))


def _answer(question: Question, values: Vector, scored: Flags, dice: np.random.Generator) -> Answer:
    asked = question.population & scored
    label = question.label[asked]
    rankings = [_ranked(column[asked]) for column in (question.silence_days, question.oracle, values)]
    silence, oracle, scores = (each.auc(label, np.ones(label.size)) for each in rankings)
    closed = _closed(silence, oracle, scores)
    resampled = []
    for _ in range(0 if isnan(closed) else RESAMPLES):
        weights = np.bincount(dice.integers(label.size, size=label.size), minlength=label.size).astype(np.float64)
        resampled.append(_closed(*(each.auc(label, weights) for each in rankings)))
    return Answer(
        title=question.title,
        customers=label.size,
        share=float(label.mean()) if label.size else nan,
        silence=silence,
        oracle=oracle,
        scores=scores,
        closed=closed,
        interval=_interval(resampled),
    )


def _ranked(scores: Vector) -> _Ranked:
    distinct, places = np.unique(scores, return_inverse=True)
    return _Ranked(places, distinct.size)


def _closed(silence: float, oracle: float, scores: float) -> float:
    return (scores - silence) / (oracle - silence) if oracle > silence else nan


def _interval(resampled: list[float]) -> Interval:
    sound = [each for each in resampled if not np.isnan(each)]
    return Interval(*np.percentile(sound, [2.5, 97.5]).tolist()) if sound else Interval(nan, nan)
