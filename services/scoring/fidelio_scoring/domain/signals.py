"""Weak signals of leaving: what complaints, tickets, ratings, payments, messages and use say, and how that fades.

Each is one feature of the head `leaving`. Every feature is monotone in time while nothing happens; which way is what
`RISING` and `FALLING` say, and the search for the next crossing rests on it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp2, log1p

from fidelio_scoring.domain.durations import DAY, DAY_MS, MILLISECOND
from fidelio_scoring.domain.facts import Facts, Ratings, Ticket

HALF_LIVES_DAYS = (7, 30, 90)
_WEEK, _MONTH, _QUARTER = range(3)
_NOTHING = (0.0, 0.0, 0.0)

COUNTED: Mapping[str, tuple[str, int]] = {
    "complaints": ("complaint.filed", _QUARTER),
    "tickets": ("ticket.opened", _MONTH),
    "reopened": ("ticket.reopened", _QUARTER),
    "failed_payments": ("payment.failed", _MONTH),
    "downgrades": ("subscription.downgraded", _QUARTER),
    "unsubscribes": ("message.unsubscribed", _QUARTER),
    "lost_contact": ("message.bounced", _QUARTER),
}
"""Of which type, and with which of the half-lives it fades."""
LOW_RATINGS: Mapping[str, tuple[str, int]] = {"low_csat": ("csat", 2), "low_nps": ("nps", 6), "low_ces": ("ces", 3)}
"""The scale, and the best rating that still is a low one. A low rating counts 1, and fades by half in 90 days."""
USE = frozenset({"session.started", "app.opened", "feature.used", "visit.made", "page.viewed", "product.viewed"})
"""Core activity besides purchases. Opened mail is none: machines open mail."""
SERVICE = frozenset({"ticket.opened", "ticket.reopened", "ticket.resolved", "complaint.filed"})
TELLING = USE | SERVICE | {"subscription.started", "subscription.renewed", "payment.succeeded"}
"""What shows that signals of this person would reach us."""
FALLING = ("usage_week", "tenure")
"""Features that lower the risk where they are high: weights <= 0. Of all others weights are >= 0."""
FEATURES = (
    "open_complaint",
    "open_ticket",
    *COUNTED,
    *LOW_RATINGS,
    "usage_week",
    "usage_quarter",
    "tenure",
)

_FADING = USE | {kind for kind, _ in COUNTED.values()}
Course = Callable[[int], float]
"""A feature's value, milliseconds after the latest interaction; monotone."""


@dataclass(frozen=True, slots=True)
class Signals:
    """`as_of`: when the latest interaction happened. `fading`: strength then, and half-life in days, of features that
    fade; `courses`: of the others. What is zero is in neither."""

    as_of: datetime
    fading: Mapping[str, tuple[float, int]]
    courses: Mapping[str, Course]


def signals_of(facts: Facts) -> Signals | None:
    """None where nothing but orders, mail and the like is known of somebody: no sign is not a good sign."""
    faded = _faded(facts)
    fading, courses = _counted(faded) | _low_ratings(facts), _waiting(facts) | _use(faded)
    if not fading and not courses and not facts.ratings and not any(each.type in TELLING for each in facts.activity):
        return None
    courses["tenure"] = _logarithm_of_days(facts.first_at, facts.last_at)
    return Signals(facts.last_at, fading, courses)


def missing_evidence(facts: Facts) -> tuple[str, ...]:
    """Of which kinds there is none: purchases, usage, ratings, service."""
    types = {each.type for each in facts.activity}
    has = {
        "purchases": facts.orders is not None,
        "usage": bool(types & USE),
        "ratings": bool(facts.ratings),
        "service": bool(types & SERVICE),
    }
    return tuple(kind for kind, is_there in has.items() if not is_there)


def is_cancelled(facts: Facts) -> bool:
    """Every subscription was ended, and nothing was bought since the last end."""
    if not facts.subscriptions or any(each.is_active for each in facts.subscriptions):
        return False
    ended_at = max(each.at for each in facts.subscriptions)
    return facts.orders is None or facts.orders.last_at <= ended_at


def features_at(signals: Signals, now: datetime) -> Mapping[str, float]:
    """Of those that are not simply zero. Before the latest interaction (a late snapshot) as at it."""
    elapsed_ms = max((now - signals.as_of) // MILLISECOND, 0)
    days = elapsed_ms / DAY_MS
    features = {name: strength * exp2(-days / half_life) for name, (strength, half_life) in signals.fading.items()}
    for name, course in signals.courses.items():
        features[name] = course(elapsed_ms)
    return features


def open_since(tickets: tuple[Ticket, ...], *, complaints: bool) -> datetime | None:
    """Since when the oldest of the open ones has been open."""
    return min(
        ((each.opened_at or each.at) for each in tickets if each.is_open and each.is_complaint is complaints),
        default=None,
    )


def usage_share(facts: Facts, now: datetime) -> float:
    """How much is used lately, in terms of the person's own habit: the ratio of the rates that two counters show."""
    used = [sums for kind, sums in _faded(facts).items() if kind in USE]
    days = (now - facts.last_at) / DAY
    week = sum(each[_WEEK] for each in used) * exp2(-days / HALF_LIVES_DAYS[_WEEK]) / HALF_LIVES_DAYS[_WEEK]
    quarter = sum(each[_QUARTER] for each in used) * exp2(-days / HALF_LIVES_DAYS[_QUARTER]) / HALF_LIVES_DAYS[_QUARTER]
    return week / quarter if quarter else 1.0


def _faded(facts: Facts) -> dict[str, tuple[float, float, float]]:
    """The decayed counters of each type that counts here, over all channels, as of the latest interaction."""
    sums: dict[str, tuple[float, float, float]] = {}
    for each in facts.activity:
        if each.type not in _FADING:
            continue
        days = (facts.last_at - each.last_at) / DAY
        decayed = each.decayed
        known = sums.get(each.type, _NOTHING)
        sums[each.type] = (
            known[_WEEK] + decayed[_WEEK] * exp2(-days / HALF_LIVES_DAYS[_WEEK]),
            known[_MONTH] + decayed[_MONTH] * exp2(-days / HALF_LIVES_DAYS[_MONTH]),
            known[_QUARTER] + decayed[_QUARTER] * exp2(-days / HALF_LIVES_DAYS[_QUARTER]),
        )
    return sums


def _counted(faded: Mapping[str, tuple[float, float, float]]) -> dict[str, tuple[float, int]]:
    return {
        feature: (faded[kind][which], HALF_LIVES_DAYS[which])
        for feature, (kind, which) in COUNTED.items()
        if kind in faded
    }


def _low_ratings(facts: Facts) -> dict[str, tuple[float, int]]:
    by_scale = {each.scale: each for each in facts.ratings}
    found: dict[str, tuple[float, int]] = {}
    for feature, (scale, highest) in LOW_RATINGS.items():
        strength = _low(by_scale[scale], highest, facts.last_at) if scale in by_scale else 0.0
        if strength:
            found[feature] = (strength, HALF_LIVES_DAYS[_QUARTER])
    return found


def _low(ratings: Ratings, highest: int, now: datetime) -> float:
    """Only while the latest one is low: whoever is content again has said so."""
    if not ratings.latest or ratings.latest[0].value > highest:
        return 0.0
    return exp2(-((now - ratings.latest[0].at) / DAY) / HALF_LIVES_DAYS[_QUARTER])


def _waiting(facts: Facts) -> dict[str, Course]:
    waiting: dict[str, Course] = {}
    for feature, complaints in (("open_complaint", True), ("open_ticket", False)):
        since = open_since(facts.tickets, complaints=complaints)
        if since is not None:
            waiting[feature] = _logarithm_of_days(since, facts.last_at, least=1.0)
    return waiting


def _use(faded: Mapping[str, tuple[float, float, float]]) -> dict[str, Course]:
    """Two logarithms, of the last week and of a usual week: equal where use is steady, and each monotone."""
    used = [sums for kind, sums in faded.items() if kind in USE]
    if not used:
        return {}
    week, quarter = sum(each[_WEEK] for each in used), sum(each[_QUARTER] for each in used)
    usual = quarter * HALF_LIVES_DAYS[_WEEK] / HALF_LIVES_DAYS[_QUARTER]
    return {
        "usage_week": lambda elapsed_ms: log1p(week * exp2(-elapsed_ms / DAY_MS / HALF_LIVES_DAYS[_WEEK])),
        "usage_quarter": lambda elapsed_ms: log1p(usual * exp2(-elapsed_ms / DAY_MS / HALF_LIVES_DAYS[_QUARTER])),
    }


def _logarithm_of_days(since: datetime, now: datetime, *, least: float = 0.0) -> Course:
    """ln(1 + least + days since then): `least` so that what waits counts from its first moment."""
    already = max((now - since) / DAY, 0.0) + least
    return lambda elapsed_ms: log1p(already + elapsed_ms / DAY_MS)
