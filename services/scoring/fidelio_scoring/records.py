"""The records that scoring publishes, from how a standing moved."""

from collections.abc import Iterable, Mapping

from fidelio_scoring.domain.heads import HeadScore
from fidelio_scoring.domain.lifecycle import DEFINITION
from fidelio_scoring.domain.standing import Change, Evidence, ScoreChange, StageChange, Standing
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.erasures import ErasureConfirmed
from fidelio_shared.contracts.ids import ProfileId, hash16, record_id
from fidelio_shared.contracts.scoring import (
    ChurnScore,
    Facts,
    Head,
    Membership,
    ScoreChanged,
    ScoringCause,
    SegmentChanged,
)
from fidelio_shared.contracts.topics import SCORES, SEGMENTS
from fidelio_shared.messaging.erasures import erasure_record, tombstone
from fidelio_shared.messaging.records import Outgoing, make_record

SOURCE = "fidelio/scoring"


def change_records(changes: Iterable[Change], model: str) -> list[Outgoing]:
    return [_score_record(each, model) if isinstance(each, ScoreChange) else _segment_record(each) for each in changes]


def tombstone_records(erased: Mapping[ProfileId, Evidence]) -> list[Outgoing]:
    return [
        tombstone(topic, profile, request=_request(each), source=SOURCE, at=instant(each.received_at))
        for profile, each in erased.items()
        for topic in (SCORES, SEGMENTS)
    ]


def confirmation_records(erased: Mapping[ProfileId, Evidence]) -> list[Outgoing]:
    return [
        erasure_record(
            ErasureConfirmed(id=_request(each), profile=profile, store="scoring"),
            source=SOURCE,
            at=instant(each.received_at),
        )
        for profile, each in erased.items()
    ]


def _request(evidence: Evidence) -> str:
    """An erasure's snapshot names the request as its cause."""
    return evidence.cause.id or hash16("erasure", evidence.profile)


def _score_record(change: ScoreChange, model: str) -> Outgoing:
    standing, before, facts = change.standing, change.before, change.assessment.facts
    score = ScoreChanged(
        profile=standing.profile,
        epoch=standing.epoch,
        sequence=standing.score_sequence,
        revision=standing.revision,
        at=standing.as_of,
        cause=change.cause,
        model=model,
        churn=ChurnScore(
            before=before.risk if before else None,
            after=change.assessment.risk,
            band_before=before.band.value if before else None,
            band=change.assessment.band.value,
            heads=tuple(_head(each, change.changes) for each in change.assessment.heads),
            facts=Facts(
                orders=facts.orders,
                last_order_at=standing.purchases.last_order_at,
                silence_days=facts.silence_days,
                usual_gap_days=facts.usual_gap_days,
                purchase_days=facts.repeat_days + 1,
            ),
        ),
    )
    return _record(
        SCORES.name,
        standing,
        change.cause,
        ce_type="fidelio.score",
        sequence=standing.score_sequence,
        value=encode(score),
    )


def _segment_record(change: StageChange) -> Outgoing:
    standing = change.standing
    changed = SegmentChanged(
        profile=standing.profile,
        epoch=standing.epoch,
        sequence=standing.segment_sequence,
        revision=standing.revision,
        at=standing.as_of,
        cause=change.cause,
        definition=DEFINITION,
        entered=(change.entered.value,) if change.entered else (),
        exited=(change.exited.value,) if change.exited else (),
        memberships=(Membership(segment=change.entered.value, since=standing.stage_since),) if change.entered else (),
    )
    return _record(
        SEGMENTS.name,
        standing,
        change.cause,
        ce_type="fidelio.segment",
        sequence=standing.segment_sequence,
        value=encode(changed),
    )


def _head(head: HeadScore, changes: Mapping[str, float]) -> Head:
    return Head(
        name=head.name,
        log_odds=head.log_odds,
        baseline=head.baseline,
        contributions=dict(head.contributions),
        change=changes[head.name],
    )


def _record(
    topic: str, standing: Standing, cause: ScoringCause, *, ce_type: str, sequence: int, value: bytes
) -> Outgoing:
    ce_id = record_id(topic, standing.profile, standing.epoch, sequence)
    trace = cause.id or hash16(cause.kind, standing.profile, instant(cause.at))
    return make_record(
        topic,
        standing.profile,
        value,
        ce_id=ce_id,
        ce_type=ce_type,
        source=SOURCE,
        at=instant(standing.as_of),
        trace=trace,
    )
