"""Scores and decisions in the words of somebody who serves customers."""

from collections import defaultdict
from collections.abc import Mapping

from fidelio_shared.contracts.notify import NotificationChanged, Verdict
from fidelio_shared.contracts.scoring import ScoreChanged

LEAST_CONTRIBUTION = 0.05
_REASONS = {
    "habit": ("buys more rarely than most", "buys more often than most"),
    "silence": ("silent for longer than most", "silent for less long than most"),
    "overdue": ("past the usual rhythm", "within the usual rhythm"),
}
_REFUSALS = {
    "no_address": "no e-mail address",
    "contact_unknown": "profile not known in time",
    "unknown": "never consented",
    "denied": "consent denied",
    "expired": "consent expired",
    "too_many_messages": "already written to within 30 days",
    "stale": "too late to be of use",
    "imported_history": "imported history",
}


def risk_change(score: ScoreChanged) -> str:
    churn = score.churn
    if churn is None:
        return "no score"
    before, after = churn.before, churn.after
    return f"{after:.0%}" if before is None else f"{before:.0%} → {after:.0%}"


def cause(score: ScoreChanged) -> str:
    """What made Fidelio look again, and when."""
    day = f"{score.cause.at:%Y-%m-%d}"
    facts = score.churn.facts if score.churn else None
    if score.cause.kind == "review" and facts:
        return f"silence of {facts.silence_days:.0f} days, noticed on {day}"
    return f"{(score.cause.type or score.cause.kind).replace('.', ' ')} on {day}"


def contributions(score: ScoreChanged) -> str:
    """What makes the risk higher (+) or lower (−) than an average customer's, in log-odds, the strongest first."""
    strong = [(reason, value) for reason, value in _by_reason(score).items() if abs(value) >= LEAST_CONTRIBUTION]
    strong.sort(key=lambda each: -abs(each[1]))
    return ", ".join(f"{_reason(reason, value)} {_signed(value)}" for reason, value in strong)


def refusal(decision: NotificationChanged) -> str:
    """Every gate that said no."""
    return " and ".join(_refusal(each) for each in decision.verdicts if not each.passed) or "no reason given"


def _by_reason(score: ScoreChanged) -> Mapping[str, float]:
    """`lapse` and `silence` both measure the time since the last order; in log-odds contributions may be added."""
    sums: defaultdict[str, float] = defaultdict(float)
    for head in score.churn.heads if score.churn else ():
        for feature, value in head.contributions.items():
            sums["silence" if feature == "lapse" else feature] += value
    return sums


def _reason(reason: str, value: float) -> str:
    more, less = _REASONS.get(reason, (reason, reason))
    return more if value > 0 else less


def _refusal(verdict: Verdict) -> str:
    return _REFUSALS.get(verdict.reason, f"{verdict.gate} {verdict.reason}".strip().replace("_", " "))


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
