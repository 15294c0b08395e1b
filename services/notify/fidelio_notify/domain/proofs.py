"""Proof that a message was allowed: what its recipient had agreed to, when it was sent, and what it said."""

from dataclasses import dataclass
from datetime import datetime

from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.gates.consent import Evidence, LegalBasis
from fidelio_shared.contracts.ids import ProfileId


class NotSent(Exception):
    """There is nothing to prove: says why."""


@dataclass(frozen=True, slots=True)
class Proof:
    """`letter`: digest of what was sent. `was_valid`: the consent was given before it was sent, and had not ended by
    then, judged anew by what was kept; what is owed needs none."""

    decision: str
    profile: ProfileId
    playbook: str
    playbook_version: int
    channel: str
    sent_at: datetime
    message_id: str
    letter: str
    evidence: Evidence
    was_valid: bool


def proof_of(decision: Decision) -> Proof:
    """Raises NotSent."""
    sent = decision.sent
    if decision.step != "sent" or sent is None:
        raise NotSent(f"the decision is {decision.step}: no message of it was sent, so that there is nothing to prove")
    return Proof(
        decision=decision.id,
        profile=decision.proposal.profile,
        playbook=decision.proposal.playbook,
        playbook_version=decision.playbook_version,
        channel=decision.channel,
        sent_at=decision.at,
        message_id=sent.message_id,
        letter=sent.letter,
        evidence=sent.evidence,
        was_valid=_was_valid(sent.evidence, decision.channel, decision.at),
    )


def _was_valid(evidence: Evidence, channel: str, sent_at: datetime) -> bool:
    if isinstance(evidence, LegalBasis):
        return True
    has_begun = evidence.given_at <= sent_at
    has_ended = evidence.expires_at is not None and evidence.expires_at <= sent_at
    return evidence.covers(evidence.purpose, channel) and has_begun and not has_ended
