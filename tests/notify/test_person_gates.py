"""What each gate that asks of the person refuses, and why."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.gates import channels, consent, person
from fidelio_notify.domain.gates.case import Refusal
from fidelio_notify.domain.gates.every import REASONS
from fidelio_notify.domain.playbooks.model import (
    All,
    BandRises,
    Happened,
    HappenedSince,
    HasOpen,
    InBand,
    Not,
    Playbook,
    ReferenceClosed,
    SegmentEntered,
)
from fidelio_shared.contracts.notify import Reference
from support.gate_cases import (
    MILLISECOND,
    NOON,
    OWED,
    PLAYBOOK,
    a_card,
    a_case,
    a_proposal,
    a_scored,
    a_ticket,
)

IN_TEN_SECONDS = NOON + timedelta(seconds=10)
COMPLAINT = a_ticket(is_complaint=True)
COMPLAINING = a_card(person={"tickets": (COMPLAINT,)})
LAGGING = a_card(revision=6)


def test_every_gate_and_every_reason_stands_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "services/notify/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (?:person|channel|group) \| (.*) \|$", readme, re.MULTILINE)
    told: dict[str, set[str]] = {}
    for gate, reasons in rows:
        told.setdefault(gate, set()).update(re.findall(r"`([a-z_]+)`", reasons))
    assert told == REASONS


def test_imported_history_moves_nobody_to_write() -> None:
    assert person.historical(a_case(proposal=a_proposal(is_historical=True))) == Refusal("imported_history")
    assert person.historical(a_case()) is None


@pytest.mark.parametrize(
    ("deadline", "refusal"), [(NOON, None), (NOON - MILLISECOND, Refusal("stale")), (NOON + MILLISECOND, None)]
)
def test_a_reason_is_stale_after_its_deadline(deadline: object, refusal: Refusal | None) -> None:
    assert person.freshness(a_case(proposal=a_proposal(deadline=deadline))) == refusal


@pytest.mark.parametrize(
    ("card", "refusal"),
    [
        (a_card(), None),
        (None, None),
        (a_card(erased_at=NOON), Refusal("erased")),
        (a_card(revision=3, erased_at=NOON), Refusal("erased")),
        (a_card(merged_into="f" * 32), Refusal("merged")),
    ],
)
def test_nobody_is_written_to_who_was_erased_or_is_another_card(card: Card | None, refusal: Refusal | None) -> None:
    assert person.erasure(a_case(card=card)) == refusal


@pytest.mark.parametrize(
    ("card", "deadline", "refusal"),
    [
        (a_card(), NOON, None),
        (a_card(revision=8), NOON, None),
        (a_card(epoch=2, revision=1), NOON, None),
        (LAGGING, NOON, Refusal("contact_unknown", IN_TEN_SECONDS)),
        (a_card(epoch=0, revision=99), NOON, Refusal("contact_unknown", IN_TEN_SECONDS)),
        (None, NOON, Refusal("contact_unknown", IN_TEN_SECONDS)),
        (None, NOON - MILLISECOND, Refusal("contact_unknown")),
    ],
)
def test_a_card_older_than_the_reason_is_waited_for_while_that_is_worth_it(
    card: Card | None, deadline: object, refusal: Refusal | None
) -> None:
    case = a_case(card=card, proposal=a_proposal(deadline=deadline))
    assert [person.contact_known(case), channels.contact(case, "email"), consent.consent(case, "email")] == [
        refusal
    ] * 3


@pytest.mark.parametrize(
    ("objections", "playbook", "refusal"),
    [
        (set(), PLAYBOOK, None),
        ({"profiling"}, PLAYBOOK, None),
        ({"contact"}, PLAYBOOK, Refusal("objected")),
        ({"processing"}, PLAYBOOK, Refusal("restricted")),
        ({"contact", "processing"}, PLAYBOOK, Refusal("restricted")),
        ({"contact"}, OWED, None),
        ({"processing"}, OWED, Refusal("restricted")),
    ],
)
def test_who_objects_is_left_alone(objections: set[str], playbook: Playbook, refusal: Refusal | None) -> None:
    case = a_case(card=a_card(objections=frozenset(objections)), playbook=playbook)
    assert person.objection(case) == refusal


@pytest.mark.parametrize(
    ("stopped", "refusal"),
    [
        (set(), None),
        ({"another"}, None),
        ({"hello"}, Refusal("stopped")),
        ({"*"}, Refusal("all_stopped")),
        ({"*", "hello"}, Refusal("all_stopped")),
    ],
)
def test_what_people_stopped_is_not_sent(stopped: set[str], refusal: Refusal | None) -> None:
    assert person.switch(a_case(stopped=frozenset(stopped))) == refusal


def test_the_condition_must_hold_when_it_is_released() -> None:
    at_risk = replace(PLAYBOOK, when=InBand(frozenset({"high"})))
    cards = [a_card(scored=a_scored("high")), a_card(scored=a_scored("low")), a_card(), LAGGING, None]
    said = [person.condition(a_case(playbook=at_risk, card=each)) for each in cards]
    assert said == [None, Refusal("unmet"), Refusal("unmet"), None, None]


def test_a_reason_that_is_gone_is_no_reason() -> None:
    sorry = replace(PLAYBOOK, until=ReferenceClosed())
    about = a_proposal(reference=Reference(kind="ticket", id="T1"))
    closed, still_open = a_ticket(is_open=False), a_ticket()
    cards = [a_card(person={"tickets": (each,)}) for each in (closed, still_open)]
    said = [person.exit_reached(a_case(playbook=sorry, proposal=about, card=each)) for each in (*cards, None)]
    assert said == [Refusal("reason_gone"), None, None]


@pytest.mark.parametrize(
    ("card", "playbook", "refusal"),
    [
        (COMPLAINING, PLAYBOOK, Refusal("open_complaint")),
        (COMPLAINING, replace(PLAYBOOK, trigger=BandRises(frozenset({"high"}))), Refusal("open_complaint")),
        (COMPLAINING, replace(PLAYBOOK, when=Not(HasOpen(is_complaint=True))), Refusal("open_complaint")),
        (COMPLAINING, replace(PLAYBOOK, when=HasOpen(is_complaint=False)), Refusal("open_complaint")),
        (COMPLAINING, OWED, None),
        (COMPLAINING, replace(PLAYBOOK, purpose="service"), None),
        (COMPLAINING, replace(PLAYBOOK, trigger=Happened(frozenset({"complaint.filed"}))), None),
        (COMPLAINING, replace(PLAYBOOK, trigger=Happened(frozenset({"ticket.resolved"}))), None),
        (
            COMPLAINING,
            replace(PLAYBOOK, trigger=Happened(frozenset({"complaint.filed", "order.placed"}))),
            Refusal("open_complaint"),
        ),
        (
            COMPLAINING,
            replace(PLAYBOOK, trigger=SegmentEntered("waiting"), when=All((HasOpen(is_complaint=True),))),
            None,
        ),
        (a_card(person={"tickets": (a_ticket(is_complaint=True, is_open=False),)}), PLAYBOOK, None),
        (a_card(person={"tickets": (a_ticket(),)}), PLAYBOOK, None),
        (a_card(person={"tickets": (a_ticket(), COMPLAINT)}), PLAYBOOK, Refusal("open_complaint")),
        (None, PLAYBOOK, None),
    ],
)
def test_nothing_is_sold_while_a_complaint_is_open(
    card: Card | None, playbook: Playbook, refusal: Refusal | None
) -> None:
    assert person.complaint(a_case(card=card, playbook=playbook)) == refusal


@pytest.mark.parametrize(
    ("arm", "playbook", "refusal"),
    [
        (None, PLAYBOOK, None),
        ("treated", PLAYBOOK, None),
        ("held", PLAYBOOK, Refusal("held_out")),
        ("held", OWED, None),
    ],
)
def test_who_is_held_out_gets_what_is_owed_only(arm: object, playbook: Playbook, refusal: Refusal | None) -> None:
    assert person.holdout(a_case(arm=arm, playbook=playbook)) == refusal


@pytest.mark.parametrize(
    ("age", "refusal"),
    [
        (None, None),
        (timedelta(seconds=30), None),
        (timedelta(seconds=30) + MILLISECOND, Refusal("watermark_old", NOON + timedelta(seconds=5))),
    ],
)
def test_nothing_is_sent_on_what_was_true_a_while_ago(age: timedelta | None, refusal: Refusal | None) -> None:
    assert person.watermark(a_case(watermark_age=age)) == refusal


def test_what_happened_after_the_cause_is_asked_of_the_persons_activity() -> None:
    shopping = replace(PLAYBOOK, until=HappenedSince(frozenset({"order.placed"})))
    case = a_case(playbook=shopping)
    counts = {"type": "order.placed", "channel": "store", "count": 1, "first_at": NOON, "decayed": (1.0, 1.0, 1.0)}
    instants = (case.proposal.caused_at, case.proposal.caused_at + MILLISECOND)
    cards = [a_card(person={"activity": (counts | {"last_at": each},)}) for each in instants]
    assert [person.exit_reached(replace(case, card=each)) for each in cards] == [None, Refusal("reason_gone")]
