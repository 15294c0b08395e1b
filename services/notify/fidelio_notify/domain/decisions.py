"""One decision per cause: proposed when something moved, judged when it may be released."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fidelio_notify.domain.check_in import Playbook, is_triggered
from fidelio_notify.domain.contacts import Consent, Contact, every_profile
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.notify import Reason, Verdict
from fidelio_shared.contracts.scoring import Facts, ScoreChanged


@dataclass(frozen=True, slots=True)
class Proposal:
    """`caused_at`: when the customer did what moved the score, or fell silent too long; staleness counts from it."""

    decision: str
    profile: ProfileId
    reason: Reason
    facts: Facts
    caused_at: datetime
    is_historical: bool
    deadline: datetime


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """What proves that this person may be written to. Without one there is no message."""

    purpose: str
    channel: str
    interaction: str
    evidence: str | None


@dataclass(frozen=True, slots=True)
class Message:
    decision: str
    to: str
    language: str
    name: str | None
    facts: Facts
    consent: ConsentEvidence

    def __post_init__(self) -> None:
        if not isinstance(self.consent, ConsentEvidence):
            raise TypeError("a message needs its consent evidence; judge the proposal first")


@dataclass(frozen=True, slots=True)
class Allowed:
    """`profiles`: all that are this person, for the cap."""

    message: Message
    verdicts: tuple[Verdict, ...]
    profiles: frozenset[ProfileId]


@dataclass(frozen=True, slots=True)
class Suppressed:
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class NotYet:
    """The contact card is older than the score that speaks of it."""


def propose(playbook: Playbook, score: ScoreChanged) -> Proposal | None:
    """None where the score does not trigger the playbook."""
    churn = score.churn
    if churn is None or churn.facts is None or not is_triggered(playbook, churn):
        return None
    return Proposal(
        decision=hash16("decision", playbook.name, score.profile, score.epoch, score.sequence),
        profile=score.profile,
        reason=Reason(
            kind="score",
            epoch=score.epoch,
            sequence=score.sequence,
            revision=score.revision,
            band=churn.band,
            at=score.at,
        ),
        facts=churn.facts,
        caused_at=score.cause.at,
        is_historical=score.cause.historical,
        deadline=score.cause.at + playbook.useful_for,
    )


def judge(
    playbook: Playbook, proposal: Proposal, contact: Contact | None, *, recent: int, now: datetime
) -> Allowed | Suppressed | NotYet:
    """Every gate speaks, also after the first refusal. `recent`: messages to this person within the cap's window."""
    is_behind = contact is None or (contact.epoch, contact.revision) < (proposal.reason.epoch, proposal.reason.revision)
    if is_behind and now <= proposal.deadline:
        return NotYet()
    known = None if is_behind else contact
    consent = _evidence(playbook, known, now)
    verdicts = (
        _verdict("historical", not proposal.is_historical, "imported_history"),
        _verdict("freshness", now <= proposal.deadline, "stale"),
        _verdict("contact", bool(known and known.email), _why_no_contact(known)),
        _verdict("objection", not _objection(known), _objection(known)),
        _verdict("consent", consent is not None, _why_no_consent(playbook, known)),
        _verdict("cap", recent < playbook.cap_messages, "too_many_messages"),
    )
    if known is None or known.email is None or consent is None or not all(each.passed for each in verdicts):
        return Suppressed(verdicts)
    message = Message(proposal.decision, known.email, known.language, known.name, proposal.facts, consent)
    return Allowed(message, verdicts, every_profile(proposal.profile, known))


def window_start(playbook: Playbook, now: datetime) -> datetime:
    """A rolling window, not a calendar day: 23:00 and 00:00 are an hour apart."""
    return now - playbook.cap_window + timedelta(milliseconds=1)


def _verdict(gate: str, passed: bool, reason: str) -> Verdict:
    return Verdict.model_validate({"gate": gate, "passed": passed, "reason": "" if passed else reason})


def _evidence(playbook: Playbook, contact: Contact | None, now: datetime) -> ConsentEvidence | None:
    consent = _consent(playbook, contact)
    if consent is None or _refuses(consent, now):
        return None
    return ConsentEvidence(consent.purpose, consent.channel, consent.interaction, consent.evidence)


def _why_no_contact(contact: Contact | None) -> str:
    if contact is None:
        return "contact_unknown"
    return "merged" if contact.merged_into else "no_address"


def _objection(contact: Contact | None) -> str:
    """Why nothing may be sent, whatever consent there is; empty where there is no such reason."""
    objected = contact.objections if contact else frozenset()
    if "processing" in objected:
        return "restricted"
    return "objected" if "contact" in objected else ""


def _why_no_consent(playbook: Playbook, contact: Contact | None) -> str:
    consent = _consent(playbook, contact)
    if consent is None:
        return "unknown"
    return "denied" if not consent.is_granted else "expired"


def _refuses(consent: Consent, now: datetime) -> bool:
    return not consent.is_granted or (consent.expires_at is not None and consent.expires_at <= now)


def _consent(playbook: Playbook, contact: Contact | None) -> Consent | None:
    """Where a card, against its contract, says two things, the refusal counts."""
    wanted = (playbook.purpose, playbook.channel)
    found = [each for each in contact.consents if (each.purpose, each.channel) == wanted] if contact else []
    return min(found, key=lambda each: each.is_granted, default=None)
