"""What each gate that a channel has to pass refuses, and why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fidelio_notify.domain.gates import channels, consent
from fidelio_notify.domain.gates.case import Refusal
from fidelio_notify.domain.gates.consent import ConsentEvidence, LegalBasis, evidence_of
from fidelio_notify.domain.playbooks.model import (
    Cap,
    Playbook,
)
from fidelio_shared.contracts.ingest import Identifier
from support.gate_cases import (
    BY_MAIL,
    BY_PHONE,
    MAIL,
    MILLISECOND,
    NOON,
    OWED,
    PHONE,
    PLAYBOOK,
    a_card,
    a_case,
    a_consent,
    a_proposal,
    at,
    cap_policy,
    contacted,
    quiet_policy,
)

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("identifiers", "channel", "address", "refusal"),
    [
        ((BY_MAIL,), "email", MAIL, None),
        ((Identifier(kind="email", value="Ann@Example.org"),), "email", MAIL, None),
        ((BY_PHONE,), "email", None, Refusal("no_address")),
        ((BY_PHONE,), "sms", PHONE, None),
        ((BY_PHONE,), "callback", PHONE, None),
        ((Identifier(kind="phone", value="0612345678"),), "sms", None, Refusal("unusable_address")),
        ((Identifier(kind="phone", value="0612345678"), BY_PHONE), "sms", PHONE, None),
        ((Identifier(kind="described.email", value=MAIL),), "email", None, Refusal("no_address")),
        ((Identifier(kind="device_id", value="d1"),), "push", "d1", None),
        ((), "webhook", a_card().profile, None),
    ],
)
def test_a_channel_needs_an_address_that_can_be_used(
    identifiers: tuple[Identifier, ...], channel: str, address: str | None, refusal: Refusal | None
) -> None:
    case = a_case(card=a_card(person={"identifiers": identifiers}))
    assert (channels.contact(case, channel), channels.address_of(case, channel)) == (refusal, address)


OTHER = "zoe@example.org"


@pytest.mark.parametrize(
    ("unwanted", "playbook", "refusal", "address"),
    [
        ({}, PLAYBOOK, None, MAIL),
        ({"somebody@example.org": "bounced"}, PLAYBOOK, None, MAIL),
        ({MAIL: "bounced"}, PLAYBOOK, None, OTHER),
        ({MAIL: "bounced"}, OWED, None, OTHER),
        ({MAIL: "bounced", OTHER: "bounced"}, OWED, Refusal("bounced"), MAIL),
        ({OTHER: "complained"}, PLAYBOOK, Refusal("complained"), MAIL),
        ({OTHER: "complained"}, OWED, Refusal("complained"), MAIL),
        ({OTHER: "unsubscribed"}, PLAYBOOK, Refusal("unsubscribed"), MAIL),
        ({MAIL: "unsubscribed"}, OWED, None, MAIL),
        ({MAIL: "a new word", OTHER: "bounced"}, PLAYBOOK, Refusal("bounced"), MAIL),
    ],
)
def test_unwanted_addresses_are_not_written_to(
    unwanted: dict[str, str], playbook: Playbook, refusal: Refusal | None, address: str
) -> None:
    card = a_card(person={"identifiers": (Identifier(kind="email", value=OTHER), BY_MAIL)})
    case = a_case(card=card, unwanted=unwanted, playbook=playbook)
    assert (channels.suppression_list(case, "email"), channels.address_of(case, "email")) == (refusal, address)


@pytest.mark.parametrize(
    ("consents", "refusal"),
    [
        ((), "unknown"),
        ((a_consent(purpose="service"),), "unknown"),
        ((a_consent(channel="sms"),), "unknown"),
        ((a_consent(status="denied"),), "denied"),
        ((a_consent(), a_consent(channel="any", status="denied")), "denied"),
        ((a_consent(status="denied"), a_consent(channel="any")), "denied"),
        ((a_consent(), a_consent(status="denied", id="a" * 32)), "denied"),
        ((a_consent(status="denied", expires_at=NOON - DAY), a_consent(channel="any")), "denied"),
        ((a_consent(expires_at=NOON),), "expired"),
        ((a_consent(expires_at=NOON - DAY), a_consent(channel="any", expires_at=NOON)), "expired"),
    ],
)
def test_whoever_has_not_agreed_is_not_written_to(consents: tuple[object, ...], refusal: str) -> None:
    assert consent.consent(a_case(card=a_card(person={"consents": consents})), "email") == Refusal(refusal)


BY_MAIL_UNTIL = a_consent(expires_at=NOON + MILLISECOND, evidence="form 7", policy_version="3")
EVERYWHERE = a_consent(channel="any", lawful_basis="consent")


@pytest.mark.parametrize(
    ("consents", "evidence"),
    [
        (
            (EVERYWHERE, BY_MAIL_UNTIL),
            ConsentEvidence(
                purpose="marketing",
                channel="email",
                interaction=BY_MAIL_UNTIL.id,
                given_at=NOON - 9 * DAY,
                evidence="form 7",
                policy_version="3",
                expires_at=NOON + MILLISECOND,
            ),
        ),
        (
            (a_consent(expires_at=NOON), EVERYWHERE),
            ConsentEvidence(
                purpose="marketing",
                channel="any",
                interaction=EVERYWHERE.id,
                given_at=NOON - 9 * DAY,
                lawful_basis="consent",
            ),
        ),
    ],
)
def test_a_consent_that_holds_is_its_own_evidence(consents: tuple[object, ...], evidence: ConsentEvidence) -> None:
    case = a_case(card=a_card(person={"consents": consents}))
    assert (consent.consent(case, "email"), evidence_of(case, "email")) == (None, evidence)


def test_what_is_owed_rests_on_the_contract() -> None:
    case = a_case(card=a_card(person={"consents": (a_consent(status="denied"),)}), playbook=OWED)
    assert (consent.consent(case, "email"), evidence_of(case, "email")) == (None, LegalBasis("contract"))


@pytest.mark.parametrize(
    ("now", "deadline", "channel", "refusal"),
    [
        (NOON, NOON, "email", None),
        (at("2026-03-01T20:00Z"), at("2026-03-03T00:00Z"), "email", at("2026-03-02T07:00Z")),
        (at("2026-03-01T20:00Z"), at("2026-03-02T07:00Z"), "email", at("2026-03-02T07:00Z")),
        (at("2026-03-01T20:00Z"), at("2026-03-02T06:59Z"), "email", "quiet_past_deadline"),
        (at("2026-03-01T20:00Z"), at("2026-03-03T00:00Z"), "webhook", None),
    ],
)
def test_quiet_hours_put_off_what_is_worth_it_afterwards(
    now: object, deadline: object, channel: str, refusal: object
) -> None:
    case = a_case(now=now, proposal=a_proposal(deadline=deadline), policy=quiet_policy("21:00-08:00"))
    expected = refusal and (Refusal(refusal) if isinstance(refusal, str) else Refusal("quiet_hours", refusal))
    assert channels.quiet(case, channel) == expected


def test_where_it_is_never_day_nothing_is_waited_for() -> None:
    policy = replace(quiet_policy("08:00-07:00"), zones=("Europe/Paris", "Europe/London"))
    nowhere = a_card(person={"time_zone": None, "identifiers": (BY_MAIL,)})
    assert channels.quiet(a_case(card=nowhere, policy=policy), "email") == Refusal("no_common_hour")


A_DAY = Cap(2, DAY)
BY_MAIL_A_WEEK = Cap(1, 7 * DAY, "email")


@pytest.mark.parametrize(
    ("messages", "refusal"),
    [
        ([], None),
        ([contacted(DAY - MILLISECOND, "sms")], None),
        ([contacted(DAY - MILLISECOND, "sms"), contacted(timedelta(), "push")], Refusal("too_many_messages")),
        ([contacted(DAY, "sms"), contacted(timedelta(), "push")], None),
        ([contacted(timedelta(), "sms"), contacted(timedelta(), "sms", is_transactional=True)], None),
        ([contacted(7 * DAY - MILLISECOND)], Refusal("too_many_on_channel")),
        ([contacted(7 * DAY)], None),
        ([contacted(timedelta(hours=1)), contacted(timedelta(hours=2))], Refusal("too_many_messages")),
        ([contacted(timedelta(seconds=-1), "sms"), contacted(timedelta(), "sms")], Refusal("too_many_messages")),
    ],
)
def test_nobody_gets_too_many_messages_in_any_window(messages: list[object], refusal: Refusal | None) -> None:
    case = a_case(contacted=tuple(messages), policy=cap_policy(A_DAY, BY_MAIL_A_WEEK))
    assert channels.cap(case, "email") == refusal
    assert channels.cap(replace(case, playbook=OWED), "email") is None
