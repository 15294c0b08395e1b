"""News of people, of which a test names only what matters to it."""

from datetime import UTC, datetime, timedelta

from fidelio_notify.domain.cards import Card, Person, PersonSnapshot
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.profile import Cause, Trait
from fidelio_shared.contracts.scoring import Band, ChurnScore, ScoreChanged, ScoringCause, SegmentChanged

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANN, BOB = (ProfileId(hash16("test", name)) for name in ("ann", "bob"))
ORDER = hash16("test interaction", "order")


def a_score(
    before: Band | None = "watch", after: Band = "high", *, at: datetime = NOON, **cause: object
) -> ScoreChanged:
    return ScoreChanged(
        profile=ANN,
        epoch=1,
        sequence=4,
        revision=7,
        at=at,
        cause=a_scoring_cause(**cause),
        model="cdnow-1997",
        churn=ChurnScore(
            before=None if before is None else 0.5, after=0.8, band_before=before, band=after, heads=(), facts=None
        ),
    )


def a_change_of_segments(
    entered: tuple[str, ...] = (), exited: tuple[str, ...] = (), *, at: datetime = NOON, **cause: object
) -> SegmentChanged:
    return SegmentChanged(
        profile=ANN,
        epoch=1,
        sequence=5,
        revision=7,
        at=at,
        cause=a_scoring_cause(**cause),
        definition="shipped-1-00000000",
        entered=entered,
        exited=exited,
        memberships=(),
    )


def a_scoring_cause(**said: object) -> ScoringCause:
    return ScoringCause.model_validate({"kind": "review", "at": NOON, **said})


def a_snapshot(
    person: Person | None = None, *, profile: ProfileId = ANN, merged_into: ProfileId | None = None, **cause: object
) -> PersonSnapshot:
    return PersonSnapshot(
        profile=profile, epoch=1, revision=7, merged_into=merged_into, cause=a_cause(**cause), state=person or Person()
    )


def a_cause(**said: object) -> Cause:
    plain: dict[str, object] = {
        "kind": "interaction",
        "id": ORDER,
        "type": "order.placed",
        "channel": "web",
        "occurred_at": NOON,
        "received_at": NOON,
    }
    return Cause.model_validate(plain | said)


def a_trait(name: str, value: str | float | bool | None, *, told_by: str = ORDER) -> Trait:
    return Trait(name=name, value=value, at=NOON, id=told_by, source="crm")


def a_card(person: Person, *, profile: ProfileId = ANN, members: tuple[ProfileId, ...] = ()) -> Card:
    return Card(profile=profile, epoch=1, revision=7, person=person, members=members)
