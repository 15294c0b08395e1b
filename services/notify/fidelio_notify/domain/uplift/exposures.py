"""What became of those whom a playbook would have written to, whether it did or held them out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Literal

from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_notify.domain.gates.case import Arm
from fidelio_notify.domain.playbooks.model import Playbook
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import Failure
from fidelio_shared.contracts.scoring import ScoreChanged

Fate = Literal["sent"] | Failure
WITHOUT_GOAL = timedelta(days=30)
"""So long the churn risk is followed where a playbook declares no goal."""
_ACCEPTED = ("interaction", "merge")


@dataclass(frozen=True, slots=True, order=True)
class RiskAfter:
    """In the order of records: of two, the larger one was announced later."""

    at: datetime
    epoch: int
    sequence: int
    risk: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """`at`: when the playbook would first have written to them, had nobody been held out: what comes later keeps `arm`.
    `share`: of people who were held out then. `variant`: the one drawn for them, held out or not. `goal`: the types
    that count as success until `goal_until`, as declared then. `risk`: of churn at that time, None where unknown;
    `risk_after`: the last until `goal_until`, None where it did not move. `fate`: of what was sent to them, as the
    ledger tells it when it is asked; None where nothing was attempted."""

    playbook: str
    version: int
    profile: ProfileId
    arm: Arm
    at: datetime
    goal_until: datetime
    share: float = 0.0
    variant: str | None = None
    goal: frozenset[str] = frozenset()
    risk: float | None = None
    goal_at: datetime | None = None
    risk_after: RiskAfter | None = None
    fate: Fate | None = None

    @property
    def risk_change(self) -> float | None:
        """Scores are announced where they move: a risk of which nothing more was heard is what it was."""
        if self.risk is None:
            return None
        return self.risk_after.risk - self.risk if self.risk_after else 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be added to an exposure; None: nothing of that kind."""

    playbook: str
    profile: ProfileId
    goal_at: datetime | None = None
    risk_after: RiskAfter | None = None


News = PersonSnapshot | ScoreChanged


def exposure_of(
    playbook: Playbook, profile: ProfileId, *, arm: Arm, variant: str | None, risk: float | None, at: datetime
) -> Exposure:
    return Exposure(
        playbook=playbook.name,
        version=playbook.version,
        profile=profile,
        arm=arm,
        share=playbook.holdout,
        variant=variant,
        at=at,
        goal_until=at + (playbook.goal.within if playbook.goal else WITHOUT_GOAL),
        goal=playbook.goal.types if playbook.goal else frozenset(),
        risk=risk,
    )


def happened_since(news: Iterable[News]) -> datetime | None:
    """Exposures whose time ended before it are not concerned; None where no news concerns any."""
    return min((at for each in news if (at := _instant(each))), default=None)


def marks(
    exposures: Iterable[Exposure], news: Iterable[News], members: Mapping[ProfileId, Iterable[ProfileId]]
) -> tuple[Mark, ...]:
    """What the news add to these exposures: nothing where it is known already, in whatever order it comes.

    `members`: of a profile of which there are news, everybody who became part of it; itself is understood.
    """
    told: dict[ProfileId, list[News]] = defaultdict(list)
    for each in news:
        for profile in {each.profile, *members.get(each.profile, ())}:
            told[profile].append(each)
    changes = ((before, reduce(_with, told.get(before.profile, ()), before)) for before in exposures)
    return tuple(_difference(before, now) for before, now in changes if now != before)


def _with(exposure: Exposure, news: News) -> Exposure:
    at = _instant(news)
    if at is None or not exposure.at < at <= exposure.goal_until:
        return exposure
    if isinstance(news, PersonSnapshot):
        is_goal = news.cause.type in exposure.goal
        return replace(exposure, goal_at=min(at, exposure.goal_at or at)) if is_goal else exposure
    assert news.churn is not None
    later = RiskAfter(at, news.epoch, news.sequence, news.churn.after)
    return replace(exposure, risk_after=max(later, exposure.risk_after or later))


def _instant(news: News) -> datetime | None:
    """When it happened; None where nothing did that could count: a repair, or a score that is withdrawn.

    An interaction that merged two people is an interaction too, and its snapshot's cause is the merge.
    """
    if isinstance(news, PersonSnapshot):
        return news.cause.occurred_at if news.cause.kind in _ACCEPTED else None
    return news.at if news.churn else None


def _difference(before: Exposure, now: Exposure) -> Mark:
    return Mark(
        before.playbook,
        before.profile,
        goal_at=now.goal_at if now.goal_at != before.goal_at else None,
        risk_after=now.risk_after if now.risk_after != before.risk_after else None,
    )
