"""Records of `notifications` of which a test names only what matters to it."""

from datetime import UTC, datetime

from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.notify import NotificationChanged, Reason, Step

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN = ProfileId(hash16("ann"))


def a_change(step: Step = "sent", *, number: int = 0, at: datetime = NOON) -> NotificationChanged:
    return NotificationChanged(
        decision=hash16("decision", number),
        step=step,
        profile=ANN,
        playbook="check_in",
        playbook_version=1,
        channel="email",
        at=at,
        reason=Reason(kind="score", epoch=1, revision=1, at=at),
        verdicts=(),
    )
