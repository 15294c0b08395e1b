"""What Fidelio's score is compared with. Each learns from the training rows alone, then says a chance for every row.

Scores that only rank (days since the last purchase, silence over the own gap) become chances by a logistic line over
their logarithm, fitted on the training rows (Platt); that changes no ranking.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module

import numpy as np
from scipy.special import expit

from fidelio_scoring.training.evaluation import Flags, Vector
from fidelio_scoring.training.logistic import fit_logistic
from fidelio_scoring.training.past import Past

RIDGE = 1e-3
ROUNDS = 400
PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Scored:
    """Ranks and chances: the higher, the sooner gone."""

    ranks: Vector
    chances: Vector

    def of(self, chosen: Flags) -> "Scored":
        return Scored(self.ranks[chosen], self.chances[chosen])


Contender = Callable[[Past, Past], Scored]
"""From training rows and rows to score."""


def base_rate(training: Past, rows: Past) -> Scored:
    """Knows nobody apart: all ranks are equal."""
    count = rows.silence_days.size
    return Scored(np.zeros(count), np.full(count, training.gone.mean()))


def days_since_last(training: Past, rows: Past) -> Scored:
    return _platt(training.silence_days, training.gone, rows.silence_days)


def silence_over_gap(training: Past, rows: Past) -> Scored:
    """Who bought on one day only has the average gap of all others."""
    usual = usual_gap(training)
    return _platt(in_gaps(training, usual), training.gone, in_gaps(rows, usual))


def rfm_logistic(training: Past, rows: Past) -> Scored:
    line = fit_logistic(_rfm(training), training.gone, ridge=RIDGE, lowest=None)
    log_odds = line.log_odds(_rfm(rows))
    return Scored(log_odds, np.asarray(expit(log_odds)))


def lightgbm(training: Past, rows: Past, *, seed: int) -> Scored:
    """Trees over all that `Past` knows; how many, the fifth of the training customers decides that was kept out."""
    import lightgbm as gbm

    kept_out = training.customer % 5 == 0
    fitted = gbm.Dataset(_wide(training)[~kept_out], training.gone[~kept_out])
    checking = gbm.Dataset(_wide(training)[kept_out], training.gone[kept_out], reference=fitted)
    smallest_leaf = int(np.clip(training.gone.size // 200, 5, 200))
    options = {"objective": "binary", "learning_rate": 0.04, "num_leaves": 15, "min_data_in_leaf": smallest_leaf}
    options |= {"feature_fraction": 0.8, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 1.0}
    options |= {"seed": seed, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}
    trees = gbm.train(options, fitted, ROUNDS, [checking], callbacks=[gbm.early_stopping(PATIENCE, verbose=False)])
    chances = np.asarray(trees.predict(_wide(rows)))
    return Scored(chances, chances)


def contenders(seed: int) -> dict[str, Contender]:
    """LightGBM is left out where it is not installed, or lacks a library of the system."""
    known: dict[str, Contender] = {
        "base_rate": base_rate,
        "days_since_last": days_since_last,
        "silence_over_gap": silence_over_gap,
        "rfm_logistic": rfm_logistic,
    }
    return known | {"lightgbm": partial(lightgbm, seed=seed)} if _has_lightgbm() else known


def _has_lightgbm() -> bool:
    try:
        import_module("lightgbm")
    except (ImportError, OSError):
        return False
    return True


def usual_gap(training: Past) -> float:
    known = training.gap_days[np.isfinite(training.gap_days)]
    return float(known.mean()) if known.size else float(max(training.tenure_days.mean(), 1))


def in_gaps(rows: Past, usual: float) -> Vector:
    return np.asarray(rows.silence_days / np.where(np.isfinite(rows.gap_days), rows.gap_days, usual))


def _platt(learned: Vector, gone: Flags, ranks: Vector) -> Scored:
    line = fit_logistic(np.log1p(learned).reshape(-1, 1), gone, ridge=0)
    return Scored(ranks, np.asarray(expit(line.log_odds(np.log1p(ranks).reshape(-1, 1)))))


def _rfm(rows: Past) -> Vector:
    money = np.log1p(np.maximum(rows.average_amount, 0))
    return np.column_stack([np.log1p(rows.silence_days), np.log(rows.purchase_days), money])


def _wide(rows: Past) -> Vector:
    numbers = [rows.silence_days, rows.purchase_days, rows.tenure_days, rows.gap_days, rows.last_gap_days]
    numbers += [rows.gap_variation, rows.average_amount, rows.last_amount, rows.silence_days / rows.gap_days]
    return np.column_stack([*numbers, rows.recent_orders])
