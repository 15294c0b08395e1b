"""The records that scoring publishes, from how a standing moved."""

from collections.abc import Iterable, Mapping

from fidelio_scoring.domain.churn import PurchaseFacts
from fidelio_scoring.domain.clv import Value
from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.heads import HeadScore
from fidelio_scoring.domain.reasons import reasons_for
from fidelio_scoring.domain.signals import is_cancelled, missing_evidence
from fidelio_scoring.domain.standing import (
    Change,
    Evidence,
    Rules,
    ScoreChange,
    ScoreWithdrawn,
    SegmentChange,
    Standing,
)
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.erasures import ErasureConfirmed
from fidelio_shared.contracts.ids import ProfileId, hash16, record_id
from fidelio_shared.contracts.scoring import CustomerValue, ScoringCause
from fidelio_shared.contracts.topics import SCORES, SEGMENTS
from fidelio_shared.messaging.erasures import erasure_record, tombstone
from fidelio_shared.messaging.records import Outgoing, make_record

SOURCE = "fidelio/scoring"
_NOTHING_SCORED = dict.fromkeys(("churn", "value", "rfm", "arpu", "health"))

Said = Mapping[str, object]


def change_records(changes: Iterable[Change], rules: Rules) -> list[Outgoing]:
    return [
        _segment_record(each, rules) if isinstance(each, SegmentChange) else _score_record(each, rules)
        for each in changes
    ]


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


def _score_record(change: ScoreChange | ScoreWithdrawn, rules: Rules) -> Outgoing:
    """Not read through its contract, `ScoreChanged`, before it is written: that costs more than the score itself."""
    standing = change.standing
    said = {
        "profile": standing.profile,
        "epoch": standing.epoch,
        "sequence": standing.score_sequence,
        "revision": standing.revision,
        "at": standing.as_of,
        "cause": change.cause,
        "model": rules.model.version,
        **(_scored(change) if isinstance(change, ScoreChange) else _NOTHING_SCORED),
    }
    return _record(
        SCORES.name,
        standing,
        change.cause,
        ce_type="fidelio.score",
        sequence=standing.score_sequence,
        value=encode(said),
    )


def _scored(change: ScoreChange) -> Said:
    values, rfm = change.values, change.values.rfm
    return {
        "churn": _churn(change),
        "value": value_told(values.value) if values.value else None,
        "rfm": {"recency": rfm.recency, "frequency": rfm.frequency, "monetary": rfm.monetary} if rfm else None,
        "arpu": values.arpu,
        "health": {"score": values.health.score, "groups": values.health.groups},
    }


def _churn(change: ScoreChange) -> Said:
    before, assessment, facts = change.before, change.assessment, change.standing.facts
    reasons = reasons_for(assessment, facts, change.standing.as_of) if facts else ()
    return {
        "before": before.risk if before else None,
        "after": assessment.risk,
        "band_before": before.band.value if before else None,
        "band": assessment.band.value,
        "heads": [_head(each, change.changes) for each in assessment.heads],
        "facts": _purchase_facts(assessment.facts, facts) if assessment.facts and facts else None,
        "missing": missing_evidence(facts) if facts else (),
        "is_cancelled": is_cancelled(facts) if facts else False,
        "reasons": [{"feature": each.feature, "en": each.en, "fr": each.fr} for each in reasons],
    }


def _head(head: HeadScore, changes: Mapping[str, float]) -> Said:
    return {
        "name": head.name,
        "log_odds": head.log_odds,
        "baseline": head.baseline,
        "contributions": head.contributions,
        "change": changes[head.name],
    }


def _purchase_facts(told: PurchaseFacts, facts: Facts) -> Said | None:
    if facts.orders is None:
        return None
    return {
        "orders": told.orders,
        "last_order_at": facts.orders.last_at,
        "silence_days": told.silence_days,
        "usual_gap_days": told.usual_gap_days,
        "purchase_days": told.repeat_days + 1,
    }


def value_told(value: Value) -> CustomerValue:
    return CustomerValue(
        amount=value.clv,
        currency=value.currency,
        method=value.method.value,
        reason=value.reason.value if value.reason else None,
        horizon_weeks=value.horizon_weeks,
        expected_purchases=value.expected_purchases,
        expected_spend=value.expected_spend,
        margin=value.margin,
        discount=value.discount,
        other_currencies=value.other_currencies,
    )


def _segment_record(change: SegmentChange, rules: Rules) -> Outgoing:
    standing = change.standing
    said = {
        "profile": standing.profile,
        "epoch": standing.epoch,
        "sequence": standing.segment_sequence,
        "revision": standing.revision,
        "at": standing.as_of,
        "cause": change.cause,
        "definition": rules.definitions.version,
        "entered": change.entered,
        "exited": change.exited,
        "memberships": [{"segment": name, "since": since} for name, since in standing.segments.items()],
    }
    return _record(
        SEGMENTS.name,
        standing,
        change.cause,
        ce_type="fidelio.segment",
        sequence=standing.segment_sequence,
        value=encode(said),
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
