"""Why the risk is high, in words for a service team: one sentence for each weighty contribution, from templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fidelio_scoring.domain.churn import Assessment
from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.reason_templates import TEMPLATES
from fidelio_scoring.domain.signals import COUNTED, LOW_RATINGS, open_since, usage_share

MOST_REASONS = 3
LEAST_LOG_ODDS = 0.1
"""What raises the log-odds by less is not worth a sentence."""
LOOKED_BACK = {"tickets": 30, "failed_payments": 30}
"""Days over which occurrences are counted in words; others: 90."""
_TOGETHER = {
    **dict.fromkeys(("lapse", "silence", "overdue"), "silence"),
    "usage_week": "usage",
    "usage_quarter": "usage",
}
"""What is one thing for a person, though several features of the model."""

Fields = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReasonTold:
    feature: str
    en: str
    fr: str


def reasons_for(assessment: Assessment, facts: Facts, now: datetime) -> tuple[ReasonTold, ...]:
    """The weightiest first, three at most; none where nothing raises the risk above an average customer's."""
    weights: dict[str, float] = {}
    for head in assessment.heads:
        for feature, contribution in head.contributions.items():
            subject = _TOGETHER.get(feature, feature)
            weights[subject] = weights.get(subject, 0.0) + contribution
    told: list[ReasonTold] = []
    for subject in sorted(weights, key=lambda each: (-weights[each], each)):
        if weights[subject] < LEAST_LOG_ODDS or len(told) == MOST_REASONS:
            break
        found = _reason(subject, assessment, facts, now)
        if found:
            told.append(found)
    return tuple(told)


def _reason(subject: str, assessment: Assessment, facts: Facts, now: datetime) -> ReasonTold | None:
    found = _FIELDS.get(subject, _counted)(subject, assessment, facts, now)
    if found is None:
        return None
    which, fields = found
    template = TEMPLATES[which]
    return ReasonTold(subject, template.en(fields), template.fr(fields))


Found = tuple[str, Fields] | None
"""The template's name and what it is filled with; None where nothing can be said."""


def _silence(_: str, assessment: Assessment, __: Facts, ___: datetime) -> Found:
    facts = assessment.facts
    if facts is None:
        return None
    days, gap = int(facts.silence_days), facts.usual_gap_days
    if gap is None:
        return ("silence_after_one", {"days": days})
    return ("silence", {"days": days, "gap": max(round(gap), 1)})


def _open(subject: str, _: Assessment, facts: Facts, now: datetime) -> Found:
    since = open_since(facts.tickets, complaints=subject == "open_complaint")
    return (subject, {"days": max(_days(now, since), 0)}) if since else None


def _rating(subject: str, _: Assessment, facts: Facts, now: datetime) -> Found:
    scale = LOW_RATINGS[subject][0]
    latest = next((each.latest[0] for each in facts.ratings if each.scale == scale and each.latest), None)
    return (subject, {"value": latest.value, "days": max(_days(now, latest.at), 0)}) if latest else None


def _usage(_: str, __: Assessment, facts: Facts, now: datetime) -> Found:
    """The rate of the last week or so in percent of that of the last quarter."""
    share = usage_share(facts, now)
    return ("usage", {"percent": round(100 * share)}) if share < 1 else None


def _nothing(_: str, __: Assessment, ___: Facts, ____: datetime) -> Found:
    """To be new, or to buy rarely, is no reason that a team could act upon."""
    return None


def _counted(subject: str, _: Assessment, facts: Facts, now: datetime) -> Found:
    """How often lately, as far as the profile keeps the instants; if not at all, when last."""
    kind, within = COUNTED[subject][0], LOOKED_BACK.get(subject, 90)
    instants = next((each.at for each in facts.recent if each.type == kind), ())
    lately = sum(now - each < timedelta(days=within) for each in instants)
    if lately:
        return (subject, {"count": lately, "within": within})
    last = max((each.last_at for each in facts.activity if each.type == kind), default=None)
    return (f"{subject}_once", {"days": max(_days(now, last), 0)}) if last else None


_FIELDS: Mapping[str, Callable[[str, Assessment, Facts, datetime], Found]] = {
    "silence": _silence,
    "open_complaint": _open,
    "open_ticket": _open,
    **dict.fromkeys(LOW_RATINGS, _rating),
    "usage": _usage,
    "habit": _nothing,
    "tenure": _nothing,
}


def _days(now: datetime, then: datetime) -> int:
    return (now - then) // timedelta(days=1)
