"""The back-test of a purchase file, from reading to figures, and as one JSON object."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path

import numpy as np

from fidelio_scoring.training.card import versions
from fidelio_scoring.training.detection import FALSE_ALARMS, Detection, detections
from fidelio_scoring.training.figures import Population, population
from fidelio_scoring.training.history import digest_of, logs_of
from fidelio_scoring.training.intervals import COVERAGE_PERCENT, REPLICATES
from fidelio_scoring.training.plan import plan_for
from fidelio_scoring.training.purchase_files import Columns, PurchaseFile, read_purchases
from fidelio_scoring.training.trial import Trial, hold_trial

DIGITS = 6
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Evidence:
    file: PurchaseFile
    customers: int
    digest: str
    trial: Trial
    everybody: Population
    at_risk: Population
    found_of_everybody: Mapping[str, Detection]
    found_at_risk: Mapping[str, Detection]


@dataclass(frozen=True, slots=True)
class Question:
    """What a back-test is asked; `until` None: the log is complete up to its last purchase."""

    path: Path
    columns: Columns
    until: datetime | None
    horizon_weeks: float
    seed: int
    allowed_bad: int


def gather(question: Question, progress: Progress) -> Evidence:
    progress(f"reading {question.path.name}")
    file = read_purchases(question.path, question.columns, allowed_bad=question.allowed_bad)
    logs = logs_of(file.orders)
    plan = plan_for(logs, until=question.until, horizon_weeks=question.horizon_weeks)
    progress(f"{len(file.orders)} purchases of {len(logs)} customers; fitting on what was known by {plan.cut.date()}")
    trial = hold_trial(logs, plan, seed=question.seed)
    progress(f"judging {len(trial.customers)} customers by what they did until {plan.until.date()}")
    at_risk = {name: each.of(trial.is_at_risk) for name, each in trial.scored.items()}
    return Evidence(
        file=file,
        customers=len(logs),
        digest=digest_of(logs),
        trial=trial,
        everybody=population(trial.scored, trial.gone, seed=question.seed),
        at_risk=population(at_risk, trial.gone[trial.is_at_risk], seed=question.seed),
        found_of_everybody=detections(trial, logs, np.ones(trial.gone.size, dtype=np.bool_)),
        found_at_risk=detections(trial, logs, trial.is_at_risk),
    )


def as_json(evidence: Evidence) -> dict[str, object]:
    """Figures that are undefined are null."""
    return {
        "everybody": _population(evidence.everybody),
        "at_risk": _population(evidence.at_risk),
        "detection": _detection(evidence),
        "split": _split(evidence.trial),
        "data": _data(evidence),
        "seed": evidence.trial.seed,
        "intervals": f"{COVERAGE_PERCENT} %, bootstrap over customers, {REPLICATES} draws",
        "versions": versions(),
    }


def _population(of: Population) -> dict[str, object]:
    models = {name: {key: _told(value) for key, value in asdict(each).items()} for name, each in of.figures.items()}
    ahead = {
        name: dict(zip(("auc", "auc_low", "auc_high"), map(_told, difference), strict=True))
        for name, difference in of.ahead.items()
    }
    return {"rows": of.rows, "churn_rate": _told(of.churn_rate), **models, "fidelio_ahead_of": ahead}


def _detection(evidence: Evidence) -> dict[str, object]:
    """How many of those who left are flagged at the cut, and after how long a silence half of them are."""
    parts = {"everybody": evidence.found_of_everybody, "at_risk": evidence.found_at_risk}
    told = {
        part: {name: {key: _told(value) for key, value in asdict(each).items()} for name, each in found.items()}
        for part, found in parts.items()
    }
    return {"false_alarm_budget": FALSE_ALARMS, **told}


def _split(trial: Trial) -> dict[str, object]:
    plan = trial.plan
    return {
        "label": plan.label,
        "horizon_weeks": plan.horizon_weeks,
        "population": "everybody with a purchase by the cut",
        "at_risk": f"of these, with a purchase in the {plan.horizon_weeks:g} weeks before the cut",
        "training_dates": [each.isoformat() for each in plan.training_dates],
        "gap_weeks": 2 * plan.horizon_weeks,
        "cut": plan.cut.isoformat(),
        "until": plan.until.isoformat(),
        "customer_folds": len(trial.models),
        "customers_trained_on": list(trial.learners),
        "customers_tested": [int(np.sum(trial.fold == number)) for number in range(len(trial.models))],
        "disjoint": "each customer is scored by models of other customers, dealt by a hash of name and seed",
    }


def _data(evidence: Evidence) -> dict[str, object]:
    return {
        "file": evidence.file.name,
        "sha256": evidence.digest,
        "purchases": len(evidence.file.orders),
        "customers": evidence.customers,
        "from": evidence.trial.plan.first.isoformat(),
        **asdict(evidence.file.counts),
        "bad_rows": list(evidence.file.bad_rows),
    }


def _told(value: float) -> float | None:
    return round(value, DIGITS) if isfinite(value) else None
