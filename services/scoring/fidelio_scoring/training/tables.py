"""A back-test as tables for a terminal."""

from collections.abc import Mapping
from math import isfinite

from fidelio_scoring.training.detection import FALSE_ALARMS, Detection
from fidelio_scoring.training.evidence import Evidence
from fidelio_scoring.training.figures import Population
from fidelio_scoring.training.purchase_files import Counts

NAMES = {
    "fidelio": "Fidelio",
    "base_rate": "base rate",
    "days_since_last": "days since last",
    "silence_over_gap": "silence / own gap",
    "rfm_logistic": "RFM logistic",
    "clock": "purchase clock",
    "event_only": "no timers",
    "lightgbm": "LightGBM",
}


def as_tables(evidence: Evidence) -> str:
    trial, counts = evidence.trial, evidence.file.counts
    plan = trial.plan
    span = f"{plan.first:%Y-%m-%d} to {plan.until:%Y-%m-%d}"
    lines = [
        f"{len(evidence.file.orders)} purchases of {evidence.customers} customers, {span}",
        f"left out: {counts.returns} returns, {counts.repeated} repeated rows, {counts.bad} bad rows",
        *_notes(counts),
        *evidence.file.bad_rows,
        f"{plan.label}, {plan.cut:%Y-%m-%d}; {len(trial.models)} folds of customers",
        "",
        *_table("everybody", evidence.everybody),
        "",
        *_table(f"at risk: a purchase in the last {plan.horizon_weeks:g} weeks", evidence.at_risk),
        "",
        f"where {FALSE_ALARMS:.0%} of those who stay may be flagged:",
        *_detection("everybody", evidence.found_of_everybody),
        *_detection("at risk", evidence.found_at_risk),
    ]
    return "\n".join(lines)


def _notes(counts: Counts) -> list[str]:
    notes = (
        (counts.free, "free orders, counted as purchases"),
        (counts.without_amount, "purchases without an amount"),
        (counts.without_zone, "times without a zone, taken for UTC"),
    )
    return [f"note: {count} {what}" for count, what in notes if count]


def _detection(title: str, found: Mapping[str, Detection]) -> list[str]:
    lines = [f"{title:20} {'flagged':>8} {'half of them, days':>20}"]
    for name, each in found.items():
        lines.append(f"{NAMES.get(name, name):20} {each.flagged:8.1%} {_told(each.delay_days, '.0f'):>20}")
    return lines


def _table(title: str, of: Population) -> list[str]:
    head = f"{title} ({of.rows} customers, {_told(of.churn_rate, '.1%')} gone)"
    lines = [head, f"{'':20} {'AUC':>6} {'interval':>15} {'PR-AUC':>7} {'Brier':>7} {'ECE':>6} {'lift 10 %':>12}"]
    for name, each in of.figures.items():
        interval = f"{_told(each.auc_low, '.3f')} – {_told(each.auc_high, '.3f')}"
        lift = f"{_told(each.lift_10, '.2f')} of {_told(each.lift_10_ceiling, '.2f')}"
        lines.append(
            f"{NAMES.get(name, name):20} {_told(each.auc, '.3f'):>6} {interval:>15} {_told(each.pr_auc, '.3f'):>7} "
            f"{_told(each.brier, '.4f'):>7} {_told(each.ece, '.3f'):>6} {lift:>12}"
        )
    return lines


def _told(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else "–"
