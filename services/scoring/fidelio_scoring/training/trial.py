"""A trial: everybody known at the cut, scored by models of other customers and earlier times, against what came after.

Customers are dealt into folds by a hash of their name. Each fold is scored by models that were fitted on the other
folds, and on nothing after the cut; so no customer and no label is on both sides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import copysign

import numpy as np

from fidelio_scoring.domain.churn import Assessment, ChurnModel, assess
from fidelio_scoring.domain.purchase_clock import Seen, no_purchase_probability
from fidelio_scoring.domain.purchases import Purchases, repeat_days
from fidelio_scoring.training.contenders import Scored, contenders
from fidelio_scoring.training.evaluation import Flags, Vector
from fidelio_scoring.training.fit import check_enough, train_on
from fidelio_scoring.training.history import Log, buys_within, cut, purchases_until
from fidelio_scoring.training.past import Past, flat_of, past_at, stacked
from fidelio_scoring.training.plan import WEEK, Plan
from fidelio_scoring.training.rows import lot_of

# Two halves are quick; where customers are few, each model needs more of them than half.
MANY_CUSTOMERS = 5_000
FOLDS_OF_MANY, FOLDS_OF_FEW = 2, 5
MOST_TRAINING_CUSTOMERS = 20_000


@dataclass(frozen=True, slots=True)
class Trial:
    """A row a customer known at the cut. `models[fold]` are those that scored the customers of that fold.

    `effects`: by how much each feature sets customers apart, a standard deviation of what it adds to the log-odds,
    below 0 where its weight is.
    """

    plan: Plan
    seed: int
    customers: tuple[str, ...]
    silence_days: Vector
    fold: Vector
    models: tuple[ChurnModel, ...]
    learners: tuple[int, ...]
    scored: Mapping[str, Scored]
    effects: Mapping[str, float]
    gone: Flags

    @property
    def is_at_risk(self) -> Flags:
        return np.asarray(self.silence_days <= 7 * self.plan.horizon_weeks)


@dataclass(frozen=True, slots=True)
class _Known:
    logs: Mapping[str, Log]
    past: Past
    training: Past
    fold: Vector
    sample: Vector


def hold_trial(logs: Mapping[str, Log], plan: Plan, *, seed: int) -> Trial:
    known = cut(logs, plan.cut)
    check_enough(known, plan.training_dates[0])
    gone = np.array([not buys_within(logs[each], plan.cut, plan.until) for each in known], dtype=np.bool_)
    return replace(score_known(known, plan, seed=seed), gone=gone)


def score_known(logs: Mapping[str, Log], plan: Plan, *, seed: int) -> Trial:
    """`logs` end at the cut, so that nothing in here can look beyond it. Nobody's fate is known yet."""
    known = _known(logs, plan, seed)
    folds = [_score_fold(known, fold, plan, seed) for fold in range(int(known.fold.max()) + 1)]
    names = list(folds[0].scored)
    return Trial(
        plan=plan,
        seed=seed,
        customers=tuple(logs),
        silence_days=known.past.silence_days,
        fold=known.fold,
        models=tuple(each.model for each in folds),
        learners=tuple(each.learners for each in folds),
        scored={name: _in_place(known.fold, [each.scored[name] for each in folds]) for name in names},
        effects={name: sum(each.effects[name] for each in folds) / len(folds) for name in folds[0].effects},
        gone=np.zeros(len(logs), dtype=np.bool_),
    )


@dataclass(frozen=True, slots=True)
class _Fold:
    model: ChurnModel
    learners: int
    effects: Mapping[str, float]
    scored: Mapping[str, Scored]


def _known(logs: Mapping[str, Log], plan: Plan, seed: int) -> _Known:
    flat = flat_of(logs)
    training = [past_at(flat, date, label_ends=date + 2 * plan.horizon_weeks * WEEK) for date in plan.training_dates]
    count = FOLDS_OF_MANY if len(logs) >= MANY_CUSTOMERS else FOLDS_OF_FEW
    return _Known(
        logs=logs,
        past=past_at(flat, plan.cut, label_ends=plan.cut),
        training=stacked(training),
        fold=np.array([int(count * lot_of(f"fold {each}", seed)) for each in logs]),
        sample=np.array([lot_of(f"sample {each}", seed) for each in logs]),
    )


def _score_fold(known: _Known, fold: int, plan: Plan, seed: int) -> _Fold:
    is_learner = _learners(known, fold)
    learners = {name: log for (name, log), learns in zip(known.logs.items(), is_learner, strict=True) if learns}
    model = train_on(learners, until=plan.cut, version="trial", population="", horizon_weeks=plan.horizon_weeks)
    is_tested = known.fold == fold
    tested = [log for log, is_in in zip(known.logs.values(), is_tested, strict=True) if is_in]
    past = [purchases for log in tested if (purchases := purchases_until(log, plan.cut))]
    at_cut = [assess(each, plan.cut, previous_band=None, model=model) for each in past]
    scored = {"fidelio": _chances([each.risk for each in at_cut])} | _clockwork(past, model, plan)
    training, rows = known.training.of(is_learner[known.training.customer]), known.past.of(is_tested)
    scored |= {name: contender(training, rows) for name, contender in contenders(seed).items()}
    return _Fold(model, len(learners), _effects(at_cut, model), scored)


def _learners(known: _Known, fold: int) -> Flags:
    """The other folds' customers, or a sample of them: some coefficients gain nothing from more."""
    others = known.fold != fold
    if others.sum() <= MOST_TRAINING_CUSTOMERS:
        return np.asarray(others)
    edge = np.partition(known.sample[others], MOST_TRAINING_CUSTOMERS)[MOST_TRAINING_CUSTOMERS]
    return np.asarray(others & (known.sample < edge))


def _clockwork(past: Sequence[Purchases], model: ChurnModel, plan: Plan) -> dict[str, Scored]:
    """Fidelio's score as it was at the last purchase, where no timer moved it on; and the purchase clock alone."""
    at_purchase = [assess(each, each.last_order_at, previous_band=None, model=model).risk for each in past]
    clock = [clock_alone(each, model, at=plan.cut) for each in past]
    return {"event_only": _chances(at_purchase), "clock": _chances(clock)}


def _chances(of: Sequence[float]) -> Scored:
    chances = np.array(of, dtype=np.float64)
    return Scored(chances, chances)


def _effects(scored: Sequence[Assessment], model: ChurnModel) -> dict[str, float]:
    effects = {}
    for number, head in enumerate(model.heads):
        for term in head.terms:
            added = [each.heads[number].contributions[term.feature] for each in scored]
            effects[term.feature] = copysign(float(np.std(added)) if added else 0.0, term.weight)
    return effects


def clock_alone(purchases: Purchases, model: ChurnModel, *, at: datetime) -> float:
    """The chance of the label itself: nothing for two horizons."""
    seen = Seen(repeat_days(purchases.days), (purchases.last_order_at - purchases.first_order_at) / WEEK)
    age_weeks = (at - purchases.first_order_at) / WEEK
    return no_purchase_probability(model.clock, seen, age_weeks=age_weeks, horizon_weeks=2 * model.horizon_weeks)


def _in_place(fold: Vector, parts: Sequence[Scored]) -> Scored:
    ranks, chances = np.empty(fold.size), np.empty(fold.size)
    for number, part in enumerate(parts):
        ranks[fold == number], chances[fold == number] = part.ranks, part.chances
    return Scored(ranks, chances)
