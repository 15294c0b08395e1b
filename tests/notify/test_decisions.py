"""Whether a message may go out: every gate speaks, and one refusal is enough."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import cast

import pytest

from fidelio_notify.domain.check_in import CHECK_IN
from fidelio_notify.domain.contacts import Contact
from fidelio_notify.domain.decisions import (
    Allowed,
    ConsentEvidence,
    Message,
    NotYet,
    Proposal,
    Suppressed,
    judge,
    propose,
    window_start,
)
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.notify import Reason
from support.people import ANN, FACTS, NOON, a_consent, a_contact, a_proposal, a_score

Outcome = Allowed | Suppressed | NotYet
MILLISECOND = timedelta(milliseconds=1)
DEADLINE = NOON + CHECK_IN.useful_for
OTHER = ProfileId(hash16("test", "other"))
GATES = ("historical", "freshness", "contact", "objection", "consent", "cap")
EVIDENCE = ConsentEvidence("marketing", "email", a_consent().interaction, "form 7")


def judged(
    proposal: Proposal | None = None, contact: Contact | None = None, *, recent: int = 0, now: datetime = NOON
) -> Outcome:
    return judge(CHECK_IN, proposal or a_proposal(), contact or a_contact(), recent=recent, now=now)


def refusals(outcome: Outcome) -> dict[str, str]:
    """The gates that refused and why; every gate has spoken, in their order."""
    assert isinstance(outcome, Suppressed)
    assert tuple(each.gate for each in outcome.verdicts) == GATES
    assert all(each.passed == (each.reason == "") for each in outcome.verdicts)
    return {each.gate: each.reason for each in outcome.verdicts if not each.passed}


def test_a_proposal_says_what_moved_and_until_when_it_is_useful() -> None:
    score = a_score(kind="interaction", at=NOON - timedelta(hours=1), historical=True)
    assert propose(CHECK_IN, score) == Proposal(
        decision=hash16("decision", "check_in_when_churn_risk_rises", ANN, 1, 4),
        profile=ANN,
        reason=Reason(kind="score", epoch=1, sequence=4, revision=7, band="high", at=NOON),
        facts=FACTS,
        caused_at=NOON - timedelta(hours=1),
        is_historical=True,
        deadline=NOON + timedelta(hours=47),
    )


def test_one_cause_is_one_decision() -> None:
    first, again, other = (propose(CHECK_IN, a_score().model_copy(update={"sequence": each})) for each in (4, 4, 5))
    assert first
    assert again
    assert other
    assert first.decision == again.decision != other.decision


def test_a_score_that_is_withdrawn_triggers_nothing() -> None:
    assert propose(CHECK_IN, a_score().model_copy(update={"churn": None})) is None


def objecting(*rights: str) -> Contact:
    return replace(a_contact(), objections=frozenset(rights))


def test_where_every_gate_passes_there_is_a_message_with_its_evidence() -> None:
    outcome = judged()
    assert isinstance(outcome, Allowed)
    assert outcome.message == Message(a_proposal().decision, "ann@example.org", "en", "Ann", FACTS, EVIDENCE)
    assert [(each.gate, each.passed, each.reason) for each in outcome.verdicts] == [(gate, True, "") for gate in GATES]


@pytest.mark.parametrize(
    ("judge_it", "refused"),
    [
        (partial(judged, a_proposal(is_historical=True)), {"historical": "imported_history"}),
        (partial(judged, now=DEADLINE + MILLISECOND), {"freshness": "stale"}),
        (partial(judged, contact=a_contact(email=None)), {"contact": "no_address"}),
        (partial(judged, contact=a_contact(consents=())), {"consent": "unknown"}),
        (partial(judged, contact=a_contact(consents=(a_consent(is_granted=False),))), {"consent": "denied"}),
        (partial(judged, contact=a_contact(consents=(a_consent(expires_at=NOON),))), {"consent": "expired"}),
        (partial(judged, recent=1), {"cap": "too_many_messages"}),
        (partial(judged, contact=objecting("contact")), {"objection": "objected"}),
        (partial(judged, contact=objecting("processing")), {"objection": "restricted"}),
        (partial(judged, contact=objecting("contact", "processing")), {"objection": "restricted"}),
        (partial(judged, contact=replace(a_contact(email=None), merged_into=OTHER)), {"contact": "merged"}),
    ],
    ids=[
        *("historical", "stale", "no_address", "unknown", "denied", "expired", "too_many_messages"),
        *("objected", "restricted", "both", "merged"),
    ],
)
def test_each_gate_alone_refuses(judge_it: Callable[[], Outcome], refused: dict[str, str]) -> None:
    assert refusals(judge_it()) == refused


def test_all_gates_speak_after_the_first_refusal() -> None:
    nobody = a_contact(email=None, consents=())
    outcome = judged(a_proposal(is_historical=True), nobody, recent=9, now=DEADLINE + timedelta(days=1))
    assert refusals(outcome) == {
        "historical": "imported_history",
        "freshness": "stale",
        "contact": "no_address",
        "consent": "unknown",
        "cap": "too_many_messages",
    }


def test_at_the_deadline_itself_it_is_not_stale() -> None:
    assert isinstance(judged(now=DEADLINE), Allowed)


def test_a_consent_holds_until_its_last_millisecond() -> None:
    contact = a_contact(consents=(a_consent(expires_at=NOON + MILLISECOND),))
    assert isinstance(judged(contact=contact, now=NOON), Allowed)
    assert refusals(judged(contact=contact, now=NOON + MILLISECOND)) == {"consent": "expired"}


def test_what_is_refused_and_expired_is_refused() -> None:
    contact = a_contact(consents=(a_consent(is_granted=False, expires_at=NOON),))
    assert refusals(judged(contact=contact)) == {"consent": "denied"}


@pytest.mark.parametrize(("purpose", "channel"), [("service", "email"), ("marketing", "sms")])
def test_consent_to_something_else_is_none(purpose: str, channel: str) -> None:
    contact = a_contact(consents=(a_consent(purpose=purpose, channel=channel),))
    assert refusals(judged(contact=contact)) == {"consent": "unknown"}


@pytest.mark.parametrize(("purpose", "channel"), [("service", "email"), ("marketing", "sms")])
def test_a_refusal_of_something_else_is_none(purpose: str, channel: str) -> None:
    refusal = a_consent(is_granted=False, purpose=purpose, channel=channel)
    assert isinstance(judged(contact=a_contact(consents=(refusal, a_consent()))), Allowed)


@pytest.mark.parametrize("places", [(0, 1), (1, 0)])
def test_where_a_card_says_two_things_the_refusal_counts(places: tuple[int, int]) -> None:
    said = (a_consent(), a_consent(is_granted=False))
    contact = a_contact(consents=tuple(said[place] for place in places))
    assert refusals(judged(contact=contact)) == {"consent": "denied"}


@pytest.mark.parametrize(
    "contact", [None, a_contact(revision=6), a_contact(epoch=0, revision=99)], ids=["none", "revision", "epoch"]
)
def test_a_card_that_is_behind_is_waited_for_until_the_deadline(contact: Contact | None) -> None:
    for now in (NOON, DEADLINE):
        assert judge(CHECK_IN, a_proposal(), contact, recent=0, now=now) == NotYet()
    late = judge(CHECK_IN, a_proposal(), contact, recent=0, now=DEADLINE + MILLISECOND)
    assert refusals(late) == {"freshness": "stale", "contact": "contact_unknown", "consent": "unknown"}


@pytest.mark.parametrize("contact", [a_contact(revision=8), a_contact(epoch=2, revision=1)], ids=["revision", "epoch"])
def test_a_card_that_is_ahead_will_do(contact: Contact) -> None:
    assert isinstance(judged(contact=contact), Allowed)


def test_the_cap_counts_a_rolling_window_to_the_millisecond() -> None:
    sent_at = NOON - CHECK_IN.cap_window
    assert window_start(CHECK_IN, NOON - MILLISECOND) == sent_at
    assert window_start(CHECK_IN, NOON) == sent_at + MILLISECOND


@pytest.mark.parametrize(("recent", "passes"), [(0, True), (1, True), (2, False), (3, False)])
def test_the_cap_allows_as_many_as_it_says(recent: int, passes: bool) -> None:
    outcome = judge(replace(CHECK_IN, cap_messages=2), a_proposal(), a_contact(), recent=recent, now=NOON)
    assert isinstance(outcome, Allowed) == passes


def test_without_consent_evidence_there_is_no_message() -> None:
    with pytest.raises(TypeError, match="needs its consent evidence"):
        Message(a_proposal().decision, "ann@example.org", "en", "Ann", FACTS, cast(ConsentEvidence, None))
