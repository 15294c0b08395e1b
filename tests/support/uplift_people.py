"""Exposures and news of which a test names only what matters to it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_notify.domain.gates.case import Arm
from fidelio_notify.domain.uplift.exposures import Exposure, RiskAfter
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.profile import Cause
from fidelio_shared.contracts.scoring import ChurnScore, ScoreChanged, ScoringCause

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GOAL = frozenset({"order.placed"})


def a_profile(name: str) -> ProfileId:
    return ProfileId(hash16("test", name))


ANN, BOB, CAT = map(a_profile, ("ann", "bob", "cat"))


def an_exposure(profile: ProfileId = ANN, arm: Arm = "treated", **others: object) -> Exposure:
    plain: dict[str, object] = {
        "playbook": "check-in",
        "version": 1,
        "at": NOON,
        "goal_until": NOON + 14 * DAY,
        "share": 0.1,
        "variant": "plain",
        "goal": GOAL,
        "risk": 0.75,
    }
    return Exposure(**(plain | {"profile": profile, "arm": arm} | others))


def did(
    profile: ProfileId, kind: str, occurred_at: datetime, *, cause: str = "interaction", historical: bool = False
) -> PersonSnapshot:
    return PersonSnapshot(
        profile=profile,
        epoch=1,
        revision=2,
        cause=Cause.model_validate(
            {
                "kind": cause,
                "id": hash16("test", kind),
                "type": kind,
                "channel": "store",
                "occurred_at": occurred_at,
                "received_at": occurred_at,
                "historical": historical,
            }
        ),
    )


def scored(profile: ProfileId, risk: float | None, at: datetime, *, sequence: int = 5) -> ScoreChanged:
    churn = ChurnScore(before=None, after=risk, band_before=None, band="watch", heads=(), facts=None) if risk else None
    return ScoreChanged(
        profile=profile,
        epoch=1,
        sequence=sequence,
        revision=2,
        at=at,
        cause=ScoringCause(kind="review", at=at),
        model="ours",
        churn=churn,
    )


def risk_after(risk: float, at: datetime, *, sequence: int = 5) -> RiskAfter:
    return RiskAfter(at, 1, sequence, risk)


def a_crowd(
    *, treated: tuple[int, int], held: tuple[int, int], playbook: str = "check-in", share: float = 0.1, **others: object
) -> Iterator[Exposure]:
    """Of each arm so many people, of whom so many reached the goal; who did had a risk that fell, by more or less."""
    arms: tuple[tuple[Arm, tuple[int, int]], ...] = (("treated", treated), ("held", held))
    for arm, (people, reached) in arms:
        for number in range(people):
            after = risk_after(0.35 + number % 7 / 100, NOON + DAY) if number < reached else None
            yield an_exposure(
                a_profile(f"{playbook} {arm} {number}"),
                arm,
                playbook=playbook,
                share=share,
                goal_at=NOON + DAY if number < reached else None,
                risk_after=after,
                fate="sent" if arm == "treated" else None,
                **others,
            )
