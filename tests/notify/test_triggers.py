"""What fires a playbook: one decision for each cause, the same however often the news is read."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_notify.domain.cards import Person
from fidelio_notify.domain.playbooks.model import Playbook
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.domain.playbooks.triggers import News, Triggers, next_step, proposals, triggers_of, unfired
from fidelio_notify.domain.proposals import Proposal, decision_id, interaction_decision_id, step_id
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.notify import Reason, Reference
from fidelio_shared.contracts.profile import Ticket
from fidelio_shared.contracts.scoring import Band
from support.effort import CI
from support.news import ANN, BOB, DAY, HOUR, NOON, ORDER, a_change_of_segments, a_score, a_snapshot
from support.playbook_faults import FILE, STEPS, TRIGGER

TWO_STEPS = f"{STEPS}      - {{after: 6 hours, channels: [sms], template: welcome}}\n"


def playbook_by(trigger: str) -> Playbook:
    """`it`: waits an hour, and expires after two days."""
    (found,) = parse_playbooks(FILE.replace(TRIGGER, f"    trigger: {trigger}").replace(STEPS, TWO_STEPS)).playbooks
    return found


def triggers_by(trigger: str) -> Triggers:
    return triggers_of(parse_playbooks(FILE.replace(TRIGGER, f"    trigger: {trigger}")))


BY_RISK = triggers_by("{risk_rises_to: high}")
BY_ENTRY = triggers_by("{segment_entered: lapsed}")
BY_EXIT = triggers_by("{segment_exited: onboarding}")
BY_ORDER = triggers_by("{happened: [order.placed, order.shipped]}")


def test_a_score_that_rises_is_proposed_from_its_own_instant_and_stale_by_its_cause() -> None:
    score = a_score(at=NOON + HOUR)
    decision = decision_id("it", ANN, 1, 4)
    assert proposals(BY_RISK, score) == [
        Proposal(
            decision=decision,
            root=decision,
            playbook="it",
            profile=ANN,
            reason=Reason(kind="score", epoch=1, revision=7, at=NOON + HOUR, sequence=4, band="high"),
            step=0,
            caused_at=NOON,
            release_at=NOON + 2 * HOUR,
            deadline=NOON + 2 * DAY,
        )
    ]


@pytest.mark.parametrize(
    ("before", "after", "fires"),
    [
        (None, "low", False),
        (None, "watch", False),
        (None, "high", False),
        ("low", "low", False),
        ("low", "watch", False),
        ("low", "high", True),
        ("watch", "low", False),
        ("watch", "watch", False),
        ("watch", "high", True),
        ("high", "low", False),
        ("high", "watch", False),
        ("high", "high", False),
    ],
)
def test_a_risk_rises_only_from_one_that_was_known(before: Band | None, after: Band, fires: bool) -> None:
    assert len(proposals(BY_RISK, a_score(before, after))) == fires


@pytest.mark.parametrize(("before", "after", "fires"), [("low", "watch", 1), ("high", "watch", 0), ("low", "high", 0)])
def test_a_band_that_is_fallen_to_or_passed_over_is_not_risen_to(before: Band, after: Band, fires: int) -> None:
    assert len(proposals(triggers_by("{risk_rises_to: watch}"), a_score(before, after))) == fires


def test_a_score_that_is_withdrawn_fires_nothing() -> None:
    assert proposals(BY_RISK, a_score().model_copy(update={"churn": None})) == []


def test_a_segment_that_is_entered_is_proposed() -> None:
    decision = decision_id("it", ANN, 1, 5, "lapsed")
    assert proposals(BY_ENTRY, a_change_of_segments(("active", "lapsed"))) == [
        Proposal(
            decision=decision,
            root=decision,
            playbook="it",
            profile=ANN,
            reason=Reason(kind="segment", epoch=1, revision=7, at=NOON, sequence=5, segment="lapsed"),
            step=0,
            caused_at=NOON,
            release_at=NOON + HOUR,
            deadline=NOON + 2 * DAY,
        )
    ]
    assert proposals(BY_ENTRY, a_change_of_segments(("active",), ("lapsed",))) == []


def test_a_segment_that_is_left_is_proposed() -> None:
    (found,) = proposals(BY_EXIT, a_change_of_segments(exited=("onboarding",)))
    assert (found.reason.kind, found.reason.segment) == ("segment", "onboarding")
    assert proposals(BY_EXIT, a_change_of_segments(("onboarding",))) == []


def test_an_interaction_is_stale_by_when_it_happened_and_released_from_when_it_was_received() -> None:
    tickets = (
        Ticket(kind="ticket", reference="T-1", is_open=True, at=NOON - DAY, id=hash16("before")),
        Ticket(kind="ticket", reference="T-2", is_open=False, at=NOON, id=ORDER),
    )
    decision = interaction_decision_id("it", ORDER)
    assert proposals(BY_ORDER, a_snapshot(Person(tickets=tickets), received_at=NOON + DAY)) == [
        Proposal(
            decision=decision,
            root=decision,
            playbook="it",
            profile=ANN,
            reason=Reason(
                kind="interaction",
                epoch=1,
                revision=7,
                at=NOON,
                type="order.placed",
                interaction=ORDER,
                reference=Reference(kind="ticket", id="T-2"),
            ),
            step=0,
            caused_at=NOON,
            release_at=NOON + DAY + HOUR,
            deadline=NOON + 2 * DAY,
        )
    ]
    assert proposals(BY_ORDER, a_snapshot(type="order.cancelled")) == []


def test_the_same_interaction_is_one_cause_also_where_the_person_became_another_profile() -> None:
    before, after = (proposals(BY_ORDER, a_snapshot(profile=each))[0] for each in (ANN, BOB))
    assert before.decision == after.decision
    another, same = (proposals(BY_ORDER, a_snapshot(id=each))[0] for each in (hash16("another"), ORDER))
    assert another.decision != same.decision == before.decision


@pytest.mark.parametrize("kind", ["merge", "split", "refold", "erasure"])
def test_what_was_done_to_a_profile_is_no_interaction(kind: str) -> None:
    assert proposals(BY_ORDER, a_snapshot(kind=kind)) == []


def test_the_last_revision_of_a_profile_that_became_part_of_another_fires_nothing() -> None:
    assert proposals(BY_ORDER, a_snapshot(merged_into=BOB)) == []


@pytest.mark.parametrize("kind", ["merge", "split", "erasure"])
def test_nothing_fires_because_profiles_were_put_together_or_apart(kind: str) -> None:
    assert proposals(BY_RISK, a_score(kind=kind)) == []
    assert proposals(BY_ENTRY, a_change_of_segments(("lapsed",), kind=kind)) == []


@pytest.mark.parametrize("kind", ["model", "definition", "refold"])
def test_what_many_others_are_decisions_of_too_is_a_mass(kind: str) -> None:
    (by_risk,) = proposals(BY_RISK, a_score(kind=kind))
    (by_entry,) = proposals(BY_ENTRY, a_change_of_segments(("lapsed",), kind=kind))
    assert (by_risk.mass, by_entry.mass) == (f"{kind}:cdnow-1997", f"{kind}:shipped-1-00000000")


@pytest.mark.parametrize("kind", ["interaction", "review"])
def test_what_the_person_did_or_left_undone_is_no_mass(kind: str) -> None:
    assert [each.mass for each in proposals(BY_RISK, a_score(kind=kind))] == [None]
    assert [each.mass for each in proposals(BY_ENTRY, a_change_of_segments(("lapsed",), kind=kind))] == [None]


@pytest.mark.parametrize(
    ("triggers", "live", "past"),
    [
        (BY_RISK, a_score(), a_score(historical=True)),
        (BY_ENTRY, a_change_of_segments(("lapsed",)), a_change_of_segments(("lapsed",), historical=True)),
        (BY_ORDER, a_snapshot(), a_snapshot(historical=True)),
    ],
    ids=["score", "segment", "interaction"],
)
def test_history_fires_nothing_and_is_counted(triggers: Triggers, live: News, past: News) -> None:
    assert (len(proposals(triggers, live)), unfired(triggers, live)) == (1, 0)
    assert (len(proposals(triggers, past)), unfired(triggers, past)) == (0, 1)
    assert unfired(triggers_by("on_request"), past) == 0


def test_what_people_ask_for_is_fired_by_no_news() -> None:
    triggers = triggers_by("on_request")
    assert [
        *proposals(triggers, a_score()),
        *proposals(triggers, a_change_of_segments(("lapsed",))),
        *proposals(triggers, a_snapshot()),
    ] == []


def test_every_playbook_with_the_trigger_fires_with_a_decision_of_its_own() -> None:
    text = FILE + FILE.split("playbooks:\n")[1].replace("name: it", "name: other")
    found = proposals(triggers_of(parse_playbooks(text)), a_change_of_segments(("lapsed",)))
    assert [each.playbook for each in found] == ["it", "other"]
    assert len({each.decision for each in found}) == 2


def test_the_next_step_waits_from_when_the_one_before_was_sent_and_is_as_stale_as_the_first() -> None:
    playbook = playbook_by("{segment_entered: lapsed}")
    (first,) = proposals(BY_ENTRY, a_change_of_segments(("lapsed",)))
    second = next_step(playbook, first, NOON + 3 * HOUR)
    assert second
    assert (second.decision, second.root) == (step_id(first.decision, 1), first.decision)
    assert (second.step, second.release_at) == (1, NOON + 9 * HOUR)
    assert (second.reason, second.caused_at, second.deadline) == (first.reason, first.caused_at, first.deadline)
    assert next_step(playbook, second, NOON + 9 * HOUR) is None


@CI
@given(
    minutes=st.integers(0, 100_000),
    sequence=st.integers(1, 9),
    entered=st.sets(st.sampled_from(["lapsed", "active", "loyal"])),
)
def test_decisions_are_of_their_cause_alone(minutes: int, sequence: int, entered: set[str]) -> None:
    at: datetime = NOON + timedelta(minutes=minutes)
    change = a_change_of_segments(tuple(sorted(entered)), at=at).model_copy(update={"sequence": sequence})
    found = proposals(BY_ENTRY, change)
    assert found == proposals(BY_ENTRY, change.model_copy(deep=True))
    assert [each.decision for each in found] == [
        decision_id("it", ANN, 1, sequence, each) for each in sorted(entered) if each == "lapsed"
    ]
