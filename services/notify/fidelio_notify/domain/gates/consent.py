"""What entitles to write to somebody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fidelio_notify.domain.gates.case import Case, Refusal
from fidelio_notify.domain.gates.lag import card_lags
from fidelio_shared.contracts.profile import ConsentState
from fidelio_shared.contracts.rights import EVERY_CHANNEL


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """What proves that this person agreed. `channel`: `any` where they agreed for every channel. `interaction`: by
    which they did. `evidence`: what the channel system named as proof."""

    purpose: str
    channel: str
    interaction: str
    given_at: datetime
    evidence: str | None = None
    lawful_basis: str | None = None
    policy_version: str | None = None
    expires_at: datetime | None = None

    def covers(self, purpose: str, channel: str) -> bool:
        return self.purpose == purpose and self.channel in (channel, EVERY_CHANNEL)


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """What is owed to the customer needs no consent."""

    basis: Literal["contract"]


Evidence = ConsentEvidence | LegalBasis


def consent(case: Case, channel: str) -> Refusal | None:
    found = evidence_of(case, channel)
    return found if isinstance(found, Refusal) else None


def evidence_of(case: Case, channel: str) -> Evidence | Refusal:
    """Unknown is no. Of what was said for this channel and for every channel, one refusal outweighs all grants. A grant
    has ended at the instant at which it expires."""
    if case.playbook.is_transactional:
        return LegalBasis("contract")
    card = case.known
    if card is None:
        return card_lags(case)
    purpose = case.playbook.purpose
    channels = (channel, EVERY_CHANNEL)
    told = [each for each in card.person.consents if each.purpose == purpose and each.channel in channels]
    if not told:
        return Refusal("unknown")
    if any(each.status != "granted" for each in told):
        return Refusal("denied")
    valid = [each for each in told if each.expires_at is None or case.now < each.expires_at]
    return _evidence(min(valid, key=lambda each: each.channel != channel)) if valid else Refusal("expired")


def _evidence(granted: ConsentState) -> ConsentEvidence:
    return ConsentEvidence(
        purpose=granted.purpose,
        channel=granted.channel,
        interaction=granted.id,
        given_at=granted.at,
        evidence=granted.evidence,
        lawful_basis=granted.lawful_basis,
        policy_version=granted.policy_version,
        expires_at=granted.expires_at,
    )
