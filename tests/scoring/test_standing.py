"""Silence is an event: whatever comes in whatever batches, the same is announced, each change at its own instant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from fidelio_scoring.domain import standing
from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.lifecycle import Stage
from fidelio_scoring.domain.standing import (
    MOST_REVIEWS,
    Announced,
    Change,
    Evidence,
    Moved,
    ScoreChange,
    StageChange,
    Standing,
    receive,
    review,
)
from fidelio_scoring.training.cdnow import MASTER, locate_cdnow, read_cdnow
from fidelio_scoring.training.history import Log, logs_of, purchases_until
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.scoring import ScoringCause
from support.effort import CI, LONG
from support.standing_cases import ONE_BATCH, ONE_BY_ONE, histories, many_plans
from support.standing_check import History, Plan, Scoring, violations
from support.standing_meaning import foretell
from support.standing_mutants import MUTANTS, Mutant
from support.standings import ANN, DAY, MILLISECOND, NOON, SHIPPED, a_standing, evidence

SEARCH = settings(CI, phases=(Phase.generate,), max_examples=500)
END_OF_CDNOW = datetime.fromisoformat("1998-06-30T23:59:59.999Z")
CUSTOMERS = 500


def current() -> Scoring:
    """Looked up when asked: a mutant may stand there."""
    return Scoring(standing.receive, standing.review, standing.schedule)


@CI
@given(histories(), many_plans)
def test_batches_and_watermarks_change_nothing_and_every_change_has_its_instant(
    history: History, plans: Sequence[Plan]
) -> None:
    assert violations(current(), history, plans) == []


@pytest.mark.long
@LONG
@given(histories(), many_plans)
def test_batches_and_watermarks_change_nothing_at_length(history: History, plans: Sequence[Plan]) -> None:
    assert violations(current(), history, plans) == []


def test_what_500_real_customers_did_is_announced_as_an_hourly_scan_finds_it() -> None:
    logs = logs_of(read_cdnow(locate_cdnow(MASTER)))
    sampled = list(logs.values())[:: len(logs) // CUSTOMERS][:CUSTOMERS]
    histories = [History(_evidences(log), END_OF_CDNOW, SHIPPED) for log in sampled]
    assert [violations(current(), each, (ONE_BATCH, ONE_BY_ONE)) for each in histories] == [[]] * CUSTOMERS
    told = [one for each in histories for one in foretell(each.evidences, each.until, each.model)]
    assert sum(one.because == "review" for one in told) > 2 * CUSTOMERS


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_a_wrong_scoring_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, replacement in mutant.replaced:
        monkeypatch.setattr(module, name, replacement)
    cases = st.tuples(histories(), many_plans)
    find(cases, lambda case: violations(current(), *case) != [], settings=SEARCH)


def test_who_is_new_is_announced_at_once() -> None:
    news = evidence(1, [NOON], received_at=NOON + DAY)
    moved = receive(None, news, SHIPPED)
    score, stage = moved.changes
    assert isinstance(score, ScoreChange)
    assert isinstance(stage, StageChange)
    assert (score.before, score.cause, stage.cause) == (None, news.cause, news.cause)
    assert (score.assessment.band, stage.entered, stage.exited) == (Band.LOW, Stage.NEW, None)
    assert moved.standing == Standing(
        profile=ANN,
        version=0,
        epoch=1,
        revision=1,
        as_of=NOON + DAY,
        purchases=news.purchases,
        announced=Announced(score.assessment.risk, Band.LOW, score.assessment.heads),
        score_sequence=1,
        stage=Stage.NEW,
        stage_since=NOON + DAY,
        segment_sequence=1,
        next_review_at=None,
    )


def test_a_late_snapshot_is_scored_at_the_time_that_was_reached() -> None:
    known = a_standing(NOON, as_of=NOON + 10 * DAY)
    news = evidence(2, [NOON, NOON + DAY], received_at=NOON + 9 * DAY)
    moved = receive(known, news, SHIPPED)
    assert moved.standing.as_of == NOON + 10 * DAY
    assert {change.standing.as_of for change in moved.changes} == {NOON + 10 * DAY}


def test_a_snapshot_without_news_for_the_score_announces_nothing_and_is_remembered() -> None:
    known = a_standing(NOON)
    moved = receive(known, evidence(2, [NOON], received_at=NOON + timedelta(hours=1)), SHIPPED)
    assert moved.changes == ()
    assert moved.standing == replace(known, revision=2, as_of=NOON + timedelta(hours=1))


def test_reviews_fire_before_the_snapshot_each_at_its_own_instant() -> None:
    known = a_standing(NOON)
    moved = receive(known, evidence(2, [NOON, NOON + 300 * DAY], received_at=NOON + 300 * DAY), SHIPPED)
    watch, high = (datetime.fromisoformat(at) for at in ("2026-03-12T04:52:54.424Z", "2026-06-21T21:15:19.994Z"))
    assert [_news(change) for change in moved.changes] == [
        (watch, "review", Band.WATCH),
        (NOON + 60 * DAY, "review", Band.WATCH),
        (NOON + 60 * DAY, "review", Stage.ACTIVE),
        (high, "review", Band.HIGH),
        (high, "review", Stage.AT_RISK),
        (NOON + 182 * DAY, "review", Band.HIGH),
        (NOON + 182 * DAY, "review", Stage.LAPSED),
        (NOON + 300 * DAY, "interaction", Band.LOW),
        (NOON + 300 * DAY, "interaction", Stage.ACTIVE),
    ]
    assert moved.changes[0].cause == ScoringCause(kind="review", at=watch)


def test_a_review_speaks_of_the_revision_that_was_known_by_then() -> None:
    moved = receive(a_standing(NOON), evidence(2, [NOON], received_at=NOON + 400 * DAY), SHIPPED)
    assert {change.standing.revision for change in moved.changes if change.cause.kind == "review"} == {1}


def test_what_is_due_at_the_very_instant_of_a_snapshot_fires_before_it() -> None:
    known = a_standing(NOON)
    assert known.next_review_at
    moved = receive(known, evidence(2, [NOON], received_at=known.next_review_at), SHIPPED)
    assert {(change.cause.kind, change.standing.as_of) for change in moved.changes} == {
        ("review", known.next_review_at)
    }


def test_a_review_before_its_time_changes_nothing() -> None:
    known = a_standing(NOON)
    assert known.next_review_at
    assert review(known, known.next_review_at - MILLISECOND, SHIPPED) == Moved(known, ())


def test_who_has_lapsed_and_is_at_high_risk_is_never_reviewed_again() -> None:
    known = a_standing(NOON, as_of=NOON + 1000 * DAY)
    assert (known.stage, known.next_review_at) == (Stage.LAPSED, None)
    assert review(known, NOON + 9000 * DAY, SHIPPED) == Moved(known, ())


def test_at_most_64_reviews_fire_before_one_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a model schedules: here one review every millisecond."""

    def every_millisecond(known: Standing, _: object) -> Standing:
        return replace(known, next_review_at=known.as_of + MILLISECOND)

    monkeypatch.setattr(standing, "schedule", every_millisecond)
    known = replace(a_standing(NOON), next_review_at=NOON + MILLISECOND)
    assert review(known, NOON + DAY, SHIPPED).standing.as_of == NOON + MOST_REVIEWS * MILLISECOND
    moved = receive(known, evidence(2, [NOON], received_at=NOON + DAY), SHIPPED)
    assert moved.standing.as_of == NOON + DAY


def _news(change: Change) -> tuple[datetime, str, Band | Stage]:
    what = change.entered if isinstance(change, StageChange) else change.assessment.band
    return change.standing.as_of, change.cause.kind, what


def _evidences(log: Log) -> tuple[Evidence, ...]:
    """A snapshot for each order, received when it happened."""
    known = [(at, purchases_until(log, at)) for at in log.instants]
    return tuple(
        Evidence(
            profile=ANN,
            epoch=1,
            revision=revision,
            received_at=at,
            cause=ScoringCause(kind="interaction", id=hash16("order", revision), type="order.placed", at=at),
            purchases=purchases,
        )
        for revision, (at, purchases) in enumerate(known, start=1)
        if purchases
    )
