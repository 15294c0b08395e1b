"""A decision judged: every gate speaks, the first channel that passes all is used, one message goes out."""

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from fidelio_notify.domain.choosing import choose
from fidelio_notify.domain.gates.case import Case
from fidelio_notify.domain.gates.channels import channels_of
from fidelio_notify.domain.gates.consent import ConsentEvidence, LegalBasis
from fidelio_notify.domain.gates.every import CHANNEL_GATES, PERSON_GATES
from fidelio_notify.domain.judging import Allowed, Deferred, Judgement, Suppressed, judge
from fidelio_notify.domain.letters.letter import Letter
from fidelio_notify.domain.messages import Message
from fidelio_notify.domain.playbooks.model import QuietHours
from fidelio_shared.contracts.notify import Verdict
from fidelio_shared.contracts.profile import ChannelResponses, Preferred
from support.gate_cases import (
    ALL_CHANNELS,
    BY_MAIL,
    MAIL,
    NOON,
    OWED,
    PHONE,
    PLAYBOOK,
    POLICY,
    a_card,
    a_case,
    a_consent,
    a_proposal,
    hours,
    quiet_policy,
)

GRANTED = a_consent()
AGREED = ConsentEvidence("marketing", "email", GRANTED.id, GRANTED.at)
BY_SMS = a_consent(channel="sms")
TWO_CHANNELS = a_card(person={"consents": (GRANTED, BY_SMS)})


def _passed(*gates: str, channel: str | None = None) -> tuple[Verdict, ...]:
    return tuple(Verdict.model_validate({"gate": each, "passed": True, "channel": channel}) for each in gates)


def _refused(gate: str, reason: str, **told: Any) -> Verdict:
    return Verdict.model_validate({"gate": gate, "passed": False, "reason": reason} | told)


PERSON = ("historical", "freshness", "erasure", "contact", "objection", "switch")
REST = ("condition", "exit", "complaint", "holdout", "watermark")
CHANNEL = ("contact", "suppression_list", "consent", "quiet", "cap")


def test_what_passes_every_gate_is_allowed_with_its_evidence() -> None:
    verdicts = (*_passed(*PERSON, *REST), *_passed(*CHANNEL, channel="email"))
    assert judge(a_case()) == Allowed("email", MAIL, AGREED, verdicts)


def test_every_gate_speaks_also_after_the_first_refusal() -> None:
    nobody = a_card(person={"identifiers": (), "consents": ()}, objections=frozenset({"contact"}))
    case = a_case(card=nobody, channels=("email", "sms"), proposal=a_proposal(is_historical=True))
    assert judge(case) == Suppressed(
        (
            _refused("historical", "imported_history"),
            *_passed("freshness", "erasure", "contact"),
            _refused("objection", "objected"),
            *_passed("switch", *REST),
            *[
                verdict
                for channel in ("email", "sms")
                for verdict in (
                    _refused("contact", "no_address", channel=channel),
                    *_passed("suppression_list", channel=channel),
                    _refused("consent", "unknown", channel=channel),
                    *_passed("quiet", "cap", channel=channel),
                )
            ],
        )
    )


def test_the_visible_list_names_every_gate_but_those_of_others() -> None:
    assert [name for name, _ in PERSON_GATES] == [*PERSON, *REST]
    assert [name for name, _ in CHANNEL_GATES] == list(CHANNEL)


def test_the_first_channel_that_passes_all_is_used() -> None:
    case = a_case(channels=("sms", "email"))
    assert _used(judge(case)) == ("email", MAIL)
    assert _used(judge(replace(case, card=TWO_CHANNELS))) == ("sms", PHONE)


def test_a_channel_that_may_be_used_now_goes_before_one_that_is_quiet() -> None:
    policy = replace(POLICY, quiet=(hours("00:00-23:00", frozenset({"sms"})),))
    assert _used(judge(a_case(card=TWO_CHANNELS, channels=("sms", "email"), policy=policy))) == ("email", MAIL)


def test_it_is_put_off_until_the_first_channel_opens() -> None:
    policy = replace(
        POLICY, quiet=(hours("00:00-18:00", frozenset({"sms"})), hours("00:00-15:30", frozenset({"email"})))
    )
    judged = judge(a_case(card=TWO_CHANNELS, channels=("sms", "email"), policy=policy))
    assert isinstance(judged, Deferred)
    assert judged.until == NOON + timedelta(hours=2, minutes=30)


def test_it_is_put_off_until_nothing_keeps_a_channel_closed() -> None:
    """An old watermark is looked at again in seconds, the night lasts longer."""
    night = a_case(policy=quiet_policy("00:00-15:30"), watermark_age=timedelta(minutes=1))
    judged = judge(night)
    assert isinstance(judged, Deferred)
    assert judged.until == NOON + timedelta(hours=2, minutes=30)


def test_a_channel_that_is_closed_for_good_puts_nothing_off() -> None:
    judged = judge(a_case(card=a_card(person={"consents": ()}), policy=quiet_policy("00:00-15:30")))
    assert isinstance(judged, Suppressed)


def test_a_card_that_lags_puts_it_off_whatever_it_says() -> None:
    stranger = a_card(revision=6, person={"identifiers": (), "consents": ()}, objections=frozenset({"contact"}))
    judged = [judge(a_case(card=each)) for each in (stranger, None)]
    assert [each.until for each in judged if isinstance(each, Deferred)] == [NOON + timedelta(seconds=10)] * 2


def test_a_card_that_lags_beyond_the_deadline_is_no_reason_to_wait() -> None:
    stale = a_proposal(deadline=NOON - timedelta(seconds=1))
    judged = judge(a_case(card=None, proposal=stale))
    assert isinstance(judged, Suppressed)
    assert [(each.gate, each.reason) for each in judged.verdicts if not each.passed] == [
        ("freshness", "stale"),
        ("contact", "contact_unknown"),
        ("contact", "contact_unknown"),
        ("consent", "contact_unknown"),
    ]


def test_without_any_channel_it_is_said_that_there_is_none() -> None:
    judged = judge(a_case(channels=("preferred",)))
    assert judged == Suppressed((*_passed(*PERSON, *REST), _refused("contact", "no_channel")))


def _answers(**channels: tuple[int, int, int]) -> Preferred:
    """Of each channel: replies, clicks, initiatives."""
    return Preferred(
        channels=tuple(
            ChannelResponses(channel=channel, replies=replies, clicks=clicks, initiatives=initiatives)
            for channel, (replies, clicks, initiatives) in channels.items()
        )
    )


@pytest.mark.parametrize(
    ("told", "preferred", "channels"),
    [
        (("preferred", "email"), None, ("email",)),
        (("preferred", "email"), _answers(sms=(0, 0, 9)), ("email",)),
        (("preferred", "email"), _answers(sms=(1, 1, 0), email=(0, 1, 9)), ("sms", "email")),
        (("preferred", "email", "sms"), _answers(sms=(1, 0, 0)), ("sms", "email")),
        (("email", "preferred", "push"), _answers(email=(1, 0, 0)), ("email", "push")),
        (("preferred", "push"), _answers(sms=(1, 0, 0), email=(0, 1, 0)), ("email", "push")),
        (("preferred", "push"), _answers(store=(9, 9, 9), web=(9, 9, 9)), ("push",)),
        (("email", "email"), None, ("email",)),
    ],
)
def test_the_preferred_channel_is_the_one_where_the_person_answers(
    told: tuple[str, ...], preferred: Preferred | None, channels: tuple[str, ...]
) -> None:
    assert channels_of(a_case(channels=told, card=a_card(person={"preferred": preferred}))) == channels


LETTER = Letter("Hello")
MESSAGE = Message("d1", "marketing", "email", MAIL, LETTER, AGREED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"evidence": None},
        {"evidence": "she said yes"},
        {"evidence": LegalBasis("contract")},
        {"evidence": replace(AGREED, purpose="service")},
        {"evidence": replace(AGREED, channel="sms")},
        {"channel": "sms"},
        {"purpose": "service"},
        {"is_transactional": True},
    ],
    ids=repr,
)
def test_a_message_without_its_evidence_cannot_be_constructed(wrong: dict[str, Any]) -> None:
    told = {"decision": "d1", "purpose": "marketing", "channel": "email", "to": MAIL, "letter": LETTER}
    with pytest.raises(TypeError, match="evidence"):
        Message(**(told | {"evidence": AGREED} | wrong))
    with pytest.raises(TypeError, match="evidence"):
        replace(MESSAGE, **wrong)


def test_the_evidence_cannot_be_taken_from_a_message() -> None:
    with pytest.raises(FrozenInstanceError):
        MESSAGE.evidence = None  # type: ignore[assignment, misc]
    with pytest.raises(TypeError):
        Message("d1", "marketing", "email", MAIL, LETTER)  # type: ignore[call-arg]


def test_a_consent_for_every_channel_and_the_contract_are_evidence() -> None:
    everywhere = replace(MESSAGE, evidence=replace(AGREED, channel="any"))
    owed = replace(MESSAGE, evidence=LegalBasis("contract"), is_transactional=True)
    assert (everywhere.evidence, owed.evidence) == (replace(AGREED, channel="any"), LegalBasis("contract"))


def _one(name: str, *, priority: int = 50, cause_minutes_ago: int = 60, **known: Any) -> Case:
    proposal = a_proposal(name, caused_at=NOON - timedelta(minutes=cause_minutes_ago))
    playbook = known.pop("playbook", PLAYBOOK)
    return a_case(playbook=replace(playbook, priority=priority), proposal=proposal, **known)


def _used(judged: Judgement) -> tuple[str, str] | None:
    return (judged.channel, judged.address) if isinstance(judged, Allowed) else None


def _chosen(*cases: Case) -> tuple[Judgement, ...]:
    return choose([(each, judge(each)) for each in cases])


def _winner(*cases: Case) -> Case:
    """The same whatever the order."""
    winners = set()
    for order in permutations(cases):
        chosen = zip(order, _chosen(*order), strict=True)
        winners |= {cases.index(case) for case, judged in chosen if not isinstance(judged, Suppressed)}
    (winner,) = winners
    return cases[winner]


def test_the_highest_priority_then_the_latest_cause_then_the_smallest_id_wins() -> None:
    urgent, late, early = _one("a", priority=60, cause_minutes_ago=90), _one("b", cause_minutes_ago=5), _one("c")
    assert _winner(late, urgent, early) == urgent
    assert _winner(early, late) == late
    twins = [_one(each) for each in "xyz"]
    assert _winner(*twins) == min(twins, key=lambda case: case.proposal.decision)


def test_the_others_are_told_whose_message_stands_for_them() -> None:
    urgent, late = _one("a", priority=60), _one("b", cause_minutes_ago=5)
    before, sent = judge(late), judge(urgent)
    assert isinstance(sent, Allowed)
    assert _chosen(late, urgent) == (
        Suppressed((*before.verdicts, _refused("one_message", "superseded")), superseded_by=urgent.proposal.decision),
        replace(sent, verdicts=(*sent.verdicts, *_passed("one_message"))),
    )


def test_one_that_is_put_off_stands_for_others_too() -> None:
    night = _one("a", priority=60, policy=quiet_policy("00:00-15:30"))
    chosen = _chosen(_one("b"), night)
    assert [type(each) for each in chosen] == [Suppressed, Deferred]


def test_one_that_is_suppressed_stands_for_nobody() -> None:
    stopped = _one("a", priority=60, stopped=frozenset({"hello"}))
    chosen = _chosen(stopped, _one("b"))
    assert (chosen[0], _used(chosen[1])) == (judge(stopped), ("email", MAIL))


def test_what_is_owed_stands_outside() -> None:
    owed, urgent, other = _one("a", playbook=OWED), _one("b", priority=99), _one("c")
    chosen = _chosen(owed, urgent, other)
    assert chosen[0] == judge(owed)
    assert [type(each) for each in chosen] == [Allowed, Allowed, Suppressed]


def test_quiet_hours_hold_for_what_is_owed_too() -> None:
    night = QuietHours(hours("00:00-15:30").begins, hours("00:00-15:30").ends, ALL_CHANNELS)
    assert isinstance(judge(a_case(playbook=OWED, policy=replace(POLICY, quiet=(night,)))), Deferred)


def test_somebody_known_by_mail_only_is_written_to_when_it_is_day_everywhere() -> None:
    nowhere = a_card(person={"time_zone": None, "identifiers": (BY_MAIL,)})
    judged = judge(a_case(card=nowhere, policy=quiet_policy("21:00-08:00")))
    assert isinstance(judged, Deferred)
    assert judged.until == NOON + timedelta(hours=4)
