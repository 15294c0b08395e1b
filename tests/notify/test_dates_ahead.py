"""Playbooks by a date that a trait tells: once for each date, so long before it, and void once it changed."""

from dataclasses import replace
from datetime import datetime

import pytest

from fidelio_notify.domain.cards import Person
from fidelio_notify.domain.gates.case import Refusal
from fidelio_notify.domain.gates.person import exit_reached
from fidelio_notify.domain.playbooks.dates import still_ahead
from fidelio_notify.domain.playbooks.model import NEVER, Playbook
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.domain.playbooks.triggers import proposals, triggers_of, unfired
from fidelio_notify.domain.proposals import Proposal, decision_id
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.notify import Reason
from support.gate_cases import a_case
from support.news import ANN, BOB, DAY, HOUR, NOON, a_card, a_change_of_segments, a_snapshot, a_trait
from support.playbook_faults import FILE, TRIGGER

PLAYBOOKS = parse_playbooks(FILE.replace(TRIGGER, "    trigger: {date: {trait: renewal_date, ahead: 30 days}}"))
TRIGGERS = triggers_of(PLAYBOOKS)
PLAYBOOK: Playbook = PLAYBOOKS.playbooks[0]


def renewing(value: str | float | None, *, told_by: str | None = None, zone: str | None = None) -> Person:
    trait = a_trait("renewal_date", value, told_by=told_by) if told_by else a_trait("renewal_date", value)
    return Person(traits=(a_trait("city", "2026-05-01"), trait), time_zone=zone)


def proposed(value: str | float | None, *, zone: str | None = None, **cause: object) -> list[Proposal]:
    return proposals(TRIGGERS, a_snapshot(renewing(value, zone=zone), type="profile.updated", **cause))


def test_a_date_is_proposed_so_long_before_it() -> None:
    decision = decision_id("it", ANN, "date", "2026-06-15")
    day, due = datetime.fromisoformat("2026-06-15T00:00Z"), datetime.fromisoformat("2026-05-16T00:00Z")
    assert proposed("2026-06-15") == [
        Proposal(
            decision=decision,
            root=decision,
            playbook="it",
            profile=ANN,
            reason=Reason(kind="date", epoch=1, revision=7, at=due, on=day),
            step=0,
            caused_at=due,
            release_at=due + HOUR,
            deadline=due + 2 * DAY,
        )
    ]


@pytest.mark.parametrize(
    ("value", "zone", "on"),
    [
        ("2026-06-15", None, "2026-06-15T00:00:00.000Z"),
        ("2026-06-15", "Europe/Paris", "2026-06-14T22:00:00.000Z"),
        ("2026-06-15", "Asia/Kathmandu", "2026-06-14T18:15:00.000Z"),
        ("2026-06-15", "Nowhere/AtAll", "2026-06-15T00:00:00.000Z"),
        ("20260615", None, "2026-06-15T00:00:00.000Z"),
        ("2026-06-15T09:30:00Z", "Europe/Paris", "2026-06-15T09:30:00.000Z"),
        ("2026-06-15T09:30:00+02:00", None, "2026-06-15T07:30:00.000Z"),
        ("2026-06-15T09:30:00", None, "2026-06-15T09:30:00.000Z"),
        ("2026-06-15 09:30", "America/New_York", "2026-06-15T13:30:00.000Z"),
    ],
)
def test_a_date_is_by_the_clock_of_the_person_unless_it_says_otherwise(value: str, zone: str | None, on: str) -> None:
    assert [instant(each.reason.on) for each in proposed(value, zone=zone) if each.reason.on] == [on]


@pytest.mark.parametrize(
    "value",
    [
        None,
        20260615,
        "",
        "soon",
        "2026-02-30",
        "15/06/2026",
        "0001-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59-12:00",
        f"2026-06-15T09:30:00.{'0' * 60}",
    ],
)
@pytest.mark.parametrize("zone", [None, "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_what_is_no_date_of_our_time_fires_nothing(value: str | float | None, zone: str | None) -> None:
    assert proposed(value, zone=zone) == []


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("2026-03-29", 0),  # due on 27 February, of no use after 1 March 00:00, told at noon
        ("2026-03-30", 1),
        ("2028-03-01T12:00:00Z", 1),
        ("2028-03-01T12:00:01Z", 0),
    ],
)
def test_a_date_that_is_past_or_further_off_than_two_years_fires_nothing(value: str, count: int) -> None:
    assert len(proposed(value)) == count


@pytest.mark.parametrize(("value", "count"), [("2025-06-15", 0), ("2026-06-15", 1)])
def test_imported_dates_fire_where_they_are_still_to_come(value: str, count: int) -> None:
    assert len(proposed(value, historical=True, occurred_at=NOON - 600 * DAY)) == count


def test_a_date_that_is_ahead_is_no_history_that_is_left_out() -> None:
    assert unfired(TRIGGERS, a_snapshot(renewing("2026-06-15"), historical=True)) == 0


def test_only_the_record_that_brings_a_date_fires() -> None:
    other = hash16("test interaction", "told it before")
    assert proposals(TRIGGERS, a_snapshot(renewing("2026-06-15", told_by=other))) == []


@pytest.mark.parametrize("kind", ["merge", "split", "refold"])
def test_dates_that_a_profile_came_by_otherwise_fire_too(kind: str) -> None:
    other = hash16("test interaction", "told it of another profile")
    assert len(proposals(TRIGGERS, a_snapshot(renewing("2026-06-15", told_by=other), kind=kind))) == 1


def test_the_same_date_told_again_is_the_same_decision_and_another_is_not() -> None:
    (first,) = proposed("2026-06-15")
    told_again = a_snapshot(renewing("2026-06-15", told_by=hash16("again")), id=hash16("again"))
    (again,) = proposals(TRIGGERS, told_again)
    (moved,) = proposed("2026-07-15")
    (elsewhere,) = proposed("2026-06-15", zone="Asia/Tokyo")
    assert first.decision == again.decision == elsewhere.decision != moved.decision
    here, there = (proposed(each)[0].decision for each in ("2026-06-15T09:30:00+02:00", "2026-06-15T07:30:00Z"))
    assert here == there


def test_of_somebody_who_was_erased_no_date_fires() -> None:
    erased = a_snapshot(renewing("2026-06-15"), kind="erasure").model_copy(update={"erased_at": NOON})
    assert proposals(TRIGGERS, erased) == []


def test_a_date_that_changed_or_went_makes_the_decision_void() -> None:
    (first,) = proposed("2026-06-15")
    for person, still in [
        (renewing("2026-06-15"), True),
        (renewing("2026-06-15", zone="Europe/Paris"), True),
        (renewing("2026-07-15"), False),
        (renewing(None), False),
        (Person(), False),
    ]:
        assert still_ahead(PLAYBOOK, first, a_card(person)) is still


def test_a_date_told_of_a_profile_that_became_part_of_another_still_stands() -> None:
    (first,) = proposed("2026-06-15")
    assert still_ahead(PLAYBOOK, first, a_card(renewing("2026-06-15"), profile=BOB, members=(ANN,)))
    assert not still_ahead(PLAYBOOK, first, a_card(renewing("2026-06-15"), profile=BOB))


def test_a_playbook_that_goes_by_dates_no_more_has_none_ahead_and_other_reasons_have_no_date() -> None:
    (by_entry,) = parse_playbooks(FILE).playbooks
    (first,) = proposed("2026-06-15")
    assert not still_ahead(by_entry, first, a_card(renewing("2026-06-15")))
    (other,) = proposals(triggers_of(parse_playbooks(FILE)), a_change_of_segments(("lapsed",)))
    assert still_ahead(by_entry, other, a_card(Person()))


def test_a_date_that_was_moved_is_no_reason_any_more_when_it_is_judged() -> None:
    (first,) = proposed("2026-06-15")
    cards = (a_card(renewing("2026-06-15")), a_card(renewing("2026-07-15")), None)
    cases = [a_case(playbook=replace(PLAYBOOK, until=NEVER), proposal=first, card=each) for each in cards]
    assert [exit_reached(each) for each in cases] == [None, Refusal("reason_gone"), None]
