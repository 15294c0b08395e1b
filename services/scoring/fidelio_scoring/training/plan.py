"""When a back-test looks: reference dates to train on, a gap, the cut at which everybody is scored, and the labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from fidelio_scoring.training.fit import reference_dates
from fidelio_scoring.training.history import Log

# Half a horizon to know customers by, two horizons of labels to train on, two of labels to test on.
HORIZONS_NEEDED = 4.5
WEEK = timedelta(weeks=1)
STRAY_SHARE = 0.001


class PlanError(ValueError):
    """A log too short for its horizon, or with dates that cannot be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who buys nothing in (cut, until], two horizons, is gone. Labels of `training_dates` end at the cut at the latest.

    So from the last training date to the cut lie two horizons: no training label reaches into what is tested.
    """

    first: datetime
    cut: datetime
    until: datetime
    horizon_weeks: float
    training_dates: tuple[datetime, ...]

    @property
    def label(self) -> str:
        return f"gone: no purchase within {2 * self.horizon_weeks:g} weeks after the cut"

    @property
    def at_risk(self) -> timedelta:
        return timedelta(weeks=self.horizon_weeks)


def plan_for(logs: Mapping[str, Log], *, until: datetime | None, horizon_weeks: float) -> Plan:
    """Without `until`, the log counts as complete up to its last purchase."""
    first = min(log.instants[0] for log in logs.values())
    if until is None:
        until = _last_purchase(logs, 2 * horizon_weeks * WEEK)
    span_weeks = (until - first) / WEEK
    if span_weeks < HORIZONS_NEEDED * horizon_weeks:
        raise PlanError(_too_short(span_weeks, horizon_weeks))
    cut = until - 2 * horizon_weeks * WEEK
    return Plan(first, cut, until, horizon_weeks, reference_dates(first, cut, horizon_weeks))


def _last_purchase(logs: Mapping[str, Log], longest_gap: timedelta) -> datetime:
    """Refuses a last handful of purchases far behind all the others: a mistyped year would empty every label."""
    lasts = np.array([at.timestamp() for log in logs.values() for at in log.instants])
    lasts.sort()
    tail = max(int(STRAY_SHARE * lasts.size), 1)
    strays = np.flatnonzero(np.diff(lasts[-tail - 1 :]) > longest_gap.total_seconds())
    last = max(log.instants[-1] for log in logs.values())
    if strays.size:
        count = tail - int(strays[0])
        raise PlanError(
            f"the last purchases ({count}, up to {last.date()}) come {longest_gap.days} days or more after all others; "
            "correct their dates, or say with --until where the log ends"
        )
    return last


def _too_short(span_weeks: float, horizon_weeks: float) -> str:
    needed, fitting = HORIZONS_NEEDED * horizon_weeks, int(span_weeks / HORIZONS_NEEDED)
    advice = f"try --horizon-weeks {fitting}" if fitting else "no horizon of whole weeks fits"
    return (
        f"the log spans {max(span_weeks, 0):.1f} weeks; with --horizon-weeks {horizon_weeks:g} at least {needed:g} are "
        f"needed (labels take two horizons, once to train and once to test); {advice}, or export a longer log"
    )
