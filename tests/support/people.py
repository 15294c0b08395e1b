"""People, scores and proposals of which a test of notify names only what matters to it."""

from dataclasses import replace
from datetime import UTC, datetime

from fidelio_notify.domain.check_in import CHECK_IN
from fidelio_notify.domain.contacts import Consent, Contact
from fidelio_notify.domain.decisions import Proposal, propose
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.scoring import Band, ChurnScore, Facts, ScoreChanged, ScoringCause

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN = ProfileId(hash16("test", "ann"))
FACTS = Facts(
    orders=3, last_order_at=datetime(2026, 1, 5, tzinfo=UTC), silence_days=55.5, usual_gap_days=14.2, purchase_days=3
)


def a_consent(
    *, purpose: str = "marketing", channel: str = "email", is_granted: bool = True, expires_at: datetime | None = None
) -> Consent:
    return Consent(
        purpose=purpose,
        channel=channel,
        is_granted=is_granted,
        evidence="form 7",
        interaction=hash16("test consent", purpose, channel, str(is_granted)),
        expires_at=expires_at,
    )


def a_contact(
    *,
    epoch: int = 1,
    revision: int = 7,
    email: str | None = "ann@example.org",
    name: str | None = "Ann",
    language: str = "en",
    consents: tuple[Consent, ...] = (a_consent(),),
) -> Contact:
    return Contact(ANN, epoch, revision, email, name, language, consents)


def a_score(before: Band | None = "watch", after: Band = "high", **cause: object) -> ScoreChanged:
    plain: dict[str, object] = {"kind": "review", "at": NOON}
    return ScoreChanged(
        profile=ANN,
        epoch=1,
        sequence=4,
        revision=7,
        at=NOON,
        cause=ScoringCause.model_validate(plain | cause),
        model="cdnow-1997",
        churn=a_churn(before, after),
    )


def a_churn(before: Band | None, after: Band) -> ChurnScore:
    return ChurnScore(
        before=None if before is None else 0.7, after=0.81, band_before=before, band=after, heads=(), facts=FACTS
    )


def a_proposal(
    *, is_historical: bool = False, deadline: datetime = NOON + CHECK_IN.useful_for, facts: Facts = FACTS
) -> Proposal:
    proposal = propose(CHECK_IN, a_score())
    assert proposal
    return replace(proposal, is_historical=is_historical, deadline=deadline, facts=facts)
