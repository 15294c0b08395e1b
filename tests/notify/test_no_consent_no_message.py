"""Nobody is written to without a consent that holds, whatever the card, the score and the hour."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from fidelio_notify.domain import decisions
from fidelio_notify.domain.check_in import CHECK_IN, Playbook
from fidelio_notify.domain.contacts import Consent, Contact
from fidelio_notify.domain.decisions import Allowed, ConsentEvidence, NotYet, Proposal, Suppressed
from fidelio_shared.contracts.notify import Verdict
from support.effort import CI, LONG
from support.people import NOON, a_consent, a_contact, a_proposal

SEARCH = settings(CI, phases=(Phase.generate,), max_examples=500)
MILLISECOND = timedelta(milliseconds=1)
GATES = ("historical", "freshness", "contact", "objection", "consent", "cap")

Situation = tuple[Proposal, Contact | None, int]
consents = st.builds(
    a_consent,
    purpose=st.sampled_from(("marketing", "service")),
    channel=st.sampled_from(("email", "sms")),
    is_granted=st.booleans(),
    expires_at=st.none() | st.sampled_from((NOON - MILLISECOND, NOON, NOON + MILLISECOND)),
)
contacts = st.builds(
    a_contact,
    revision=st.integers(6, 8),
    email=st.sampled_from((None, "ann@example.org")),
    consents=st.lists(consents, max_size=4, unique_by=lambda each: (each.purpose, each.channel)).map(tuple),
)
proposals = st.builds(
    a_proposal,
    is_historical=st.booleans(),
    deadline=st.sampled_from((NOON - MILLISECOND, NOON, NOON + timedelta(days=1))),
)
situations: st.SearchStrategy[Situation] = st.tuples(proposals, st.none() | contacts, st.integers(0, 2))


@CI
@given(situations)
def test_nobody_is_written_to_without_a_consent_that_holds(situation: Situation) -> None:
    assert violations(situation) == []


@pytest.mark.long
@LONG
@given(situations)
def test_nobody_is_written_to_without_a_consent_that_holds_at_length(situation: Situation) -> None:
    assert violations(situation) == []


def _expiry_is_overlooked(consent: Consent, _: datetime) -> bool:
    return not consent.is_granted


def _expiry_is_a_millisecond_late(consent: Consent, now: datetime) -> bool:
    return _refuses(consent, now - MILLISECOND)


def _refusal_is_overlooked(consent: Consent, now: datetime) -> bool:
    return consent.expires_at is not None and consent.expires_at <= now


def _any_consent_will_do(_: Playbook, contact: Contact | None) -> Consent | None:
    return next(iter(contact.consents), None) if contact else None


def _any_purpose_will_do(playbook: Playbook, contact: Contact | None) -> Consent | None:
    return next((each for each in contact.consents if each.channel == playbook.channel), None) if contact else None


def _unknown_is_yes(playbook: Playbook, contact: Contact | None, now: datetime) -> ConsentEvidence | None:
    if _consent(playbook, contact) is None:
        return ConsentEvidence(playbook.purpose, playbook.channel, "assumed", None)
    return _evidence(playbook, contact, now)


def _gates_never_refuse(gate: str, _: bool, __: str) -> Verdict:
    return _verdict(gate, True, "")  # noqa: FBT003 - the gate's own signature


_refuses, _consent = decisions._refuses, decisions._consent
_evidence, _verdict = decisions._evidence, decisions._verdict


@pytest.mark.parametrize(
    ("name", "replacement"),
    [
        ("_refuses", _expiry_is_overlooked),
        ("_refuses", _expiry_is_a_millisecond_late),
        ("_refuses", _refusal_is_overlooked),
        ("_consent", _any_consent_will_do),
        ("_consent", _any_purpose_will_do),
        ("_evidence", _unknown_is_yes),
        ("_verdict", _gates_never_refuse),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_wrong_judge_is_found_out(
    name: str, replacement: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, name, replacement)
    find(situations, lambda situation: violations(situation) != [], settings=SEARCH)


def violations(situation: Situation) -> list[str]:
    proposal, contact, recent = situation
    outcome = decisions.judge(CHECK_IN, proposal, contact, recent=recent, now=NOON)
    may_write = _may_write(proposal, contact, recent)
    found: list[str] = []
    if isinstance(outcome, Allowed) != may_write:
        found.append("somebody is written to wrongly, or not")
    if isinstance(outcome, Allowed) and not _is_proven(outcome.message.consent, contact):
        found.append("the evidence is no consent of this person")
    if isinstance(outcome, NotYet) != (proposal.deadline >= NOON and not _is_known(proposal, contact)):
        found.append("a card is waited for in vain, or not at all")
    if not isinstance(outcome, NotYet) and tuple(each.gate for each in outcome.verdicts) != GATES:
        found.append("a gate is silent")
    if isinstance(outcome, Suppressed) and all(each.passed for each in outcome.verdicts):
        found.append("nobody says why")
    return found


def _may_write(proposal: Proposal, contact: Contact | None, recent: int) -> bool:
    return (
        contact is not None
        and _is_known(proposal, contact)
        and contact.email is not None
        and not proposal.is_historical
        and proposal.deadline >= NOON
        and recent == 0
        and any(_holds(each) for each in contact.consents)
    )


def _is_known(proposal: Proposal, contact: Contact | None) -> bool:
    return contact is not None and contact.revision >= proposal.reason.revision


def _holds(consent: Consent) -> bool:
    is_ours = (consent.purpose, consent.channel) == ("marketing", "email")
    return is_ours and consent.is_granted and (consent.expires_at is None or consent.expires_at > NOON)


def _is_proven(evidence: ConsentEvidence, contact: Contact | None) -> bool:
    consents = contact.consents if contact else ()
    return (evidence.purpose, evidence.channel, evidence.interaction) in [
        (each.purpose, each.channel, each.interaction) for each in consents if _holds(each)
    ]
