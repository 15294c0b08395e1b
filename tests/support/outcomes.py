"""Scores, segments and notifications of which a test names only what matters, and what is to be kept of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson

from fidelio_profile.domain.outcomes import Outcome
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.notify import NotificationChanged, Reason, Step
from fidelio_shared.contracts.scoring import ChurnScore, Facts, ScoreChanged, ScoringCause, SegmentChanged
from support.interactions import NOON, a_profile_id

KEPT_NOTIFICATIONS = 20
STEPS: tuple[Step, ...] = ("decided", "deferred", "suppressed", "failed", "sent")
ANN = a_profile_id("ann")
_CAUSE = ScoringCause(kind="review", at=NOON)
_FACTS = Facts(orders=3, last_order_at=NOON, silence_days=55.5, usual_gap_days=None, purchase_days=3)


def a_score(sequence: int = 1, *, epoch: int = 1, profile: ProfileId = ANN, at: datetime = NOON) -> ScoreChanged:
    churn = ChurnScore(before=None, after=0.5, band_before=None, band="watch", heads=(), facts=_FACTS)
    return ScoreChanged(
        profile=profile,
        epoch=epoch,
        sequence=sequence,
        revision=sequence,
        at=at,
        cause=_CAUSE,
        model="cdnow-1997",
        churn=churn,
    )


def a_segment_change(sequence: int = 1, *, epoch: int = 1, profile: ProfileId = ANN) -> SegmentChanged:
    return SegmentChanged(
        profile=profile,
        epoch=epoch,
        sequence=sequence,
        revision=sequence,
        at=NOON,
        cause=_CAUSE,
        definition="lifecycle@1",
        entered=("active",),
        exited=(),
        memberships=(),
    )


def a_notification(
    number: int = 1, step: Step = "decided", *, profile: ProfileId = ANN, minutes_later: int = 0
) -> NotificationChanged:
    """Of decision `number`, whose reason is so many hours later than that of the first."""
    decided_at = NOON + timedelta(hours=number)
    return NotificationChanged(
        decision=hash16("test decision", profile, number),
        step=step,
        profile=profile,
        playbook="check-in",
        playbook_version=1,
        channel="email",
        at=decided_at + timedelta(minutes=minutes_later),
        reason=Reason(kind="score", epoch=1, sequence=number, revision=number, band="high", at=decided_at),
        verdicts=(),
    )


def some_outcomes(random: Random) -> list[Outcome]:
    """Of two people, some of them twice, in any order."""
    outcomes: list[Outcome] = []
    for profile in (ANN, a_profile_id("bob")):
        numbers = [(random.randint(1, 2), random.randint(1, 5)) for _ in range(6)]
        outcomes += [a_score(sequence, epoch=epoch, profile=profile) for epoch, sequence in numbers]
        outcomes += [a_segment_change(sequence, epoch=epoch, profile=profile) for epoch, sequence in numbers]
        for number in range(1, 27):
            end: Step = random.choice(("suppressed", "failed", "sent"))
            steps: tuple[Step, ...] = ("decided", "deferred", "deferred", end)
            outcomes += [
                a_notification(number, step, profile=profile, minutes_later=place) for place, step in enumerate(steps)
            ]
    outcomes += random.sample(outcomes, 20)
    random.shuffle(outcomes)
    return outcomes


def kept_of(outcomes: Iterable[Outcome]) -> dict[bytes, Mapping[str, Any]]:
    """What `outcomes` holds of each profile in the end, told from all that there is to know."""
    told = list(outcomes)
    return {bytes.fromhex(profile): _kept_of_one(profile, told) for profile in {each.profile for each in told}}


def _kept_of_one(profile: ProfileId, told: Iterable[Outcome]) -> Mapping[str, Any]:
    own = [each for each in told if each.profile == profile]
    scores = [each for each in own if isinstance(each, ScoreChanged)]
    segments = [each for each in own if isinstance(each, SegmentChanged)]
    steps = [each for each in own if isinstance(each, NotificationChanged)]
    latest = {each.decision: each for each in sorted(steps, key=lambda each: (STEPS.index(each.step), each.at))}
    notifications = sorted(latest.values(), key=lambda each: each.reason.at, reverse=True)[:KEPT_NOTIFICATIONS]
    kept: dict[str, Any] = {"notifications": [_plain(each) for each in notifications]} if notifications else {}
    if scores:
        kept["scores"] = _plain(max(scores, key=_number))
    if segments:
        kept["segments"] = _plain(max(segments, key=_number))
    return kept


def _number(outcome: ScoreChanged | SegmentChanged) -> tuple[int, int]:
    return outcome.epoch, outcome.sequence


def _plain(outcome: Outcome) -> Any:
    return orjson.loads(encode(outcome))
