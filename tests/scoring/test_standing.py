"""Silence is an event: whatever comes in whatever batches, the same is announced, each change at its own instant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from fidelio_scoring.domain import moves
from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.moves import MOST_REVIEWS, adopt, receive, review
from fidelio_scoring.domain.standing import (
    Announced,
    Change,
    Evidence,
    Moved,
    Rules,
    ScoreChange,
    ScoreWithdrawn,
    SegmentChange,
    Standing,
)
from fidelio_scoring.training.cdnow import MASTER, locate_cdnow, read_cdnow
from fidelio_scoring.training.history import Log, logs_of, purchases_until
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.scoring import ScoringCause
from support.effort import CI, LONG
from support.standing_cases import ONE_BATCH, ONE_BY_ONE, histories, many_plans
from support.standing_check import History, Plan, Scoring, violations, what_is_told
from support.standing_meaning import foretell
from support.standing_mutants import MUTANTS, Mutant
from support.standings import ANN, DAY, MILLISECOND, NOON, RULES, a_standing, evidence, facts_of_orders

SEARCH = settings(CI, phases=(Phase.generate,), max_examples=500)
END_OF_CDNOW = datetime.fromisoformat("1998-06-30T23:59:59.999Z")
CUSTOMERS = 200


def current() -> Scoring:
    """Looked up when asked: a mutant may stand there."""
    return Scoring(moves.receive, moves.review)


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


def test_what_200_real_customers_did_is_announced_as_an_hourly_scan_finds_it() -> None:
    logs = logs_of(read_cdnow(locate_cdnow(MASTER)))
    sampled = list(logs.values())[:: len(logs) // CUSTOMERS][:CUSTOMERS]
    histories = [History(_evidences(log), END_OF_CDNOW, RULES) for log in sampled]
    assert [violations(current(), each, (ONE_BATCH, ONE_BY_ONE)) for each in histories] == [[]] * CUSTOMERS
    told = [one for each in histories for one in foretell(each.evidences, each.until, each.rules.model)]
    assert sum(one.because == "review" for one in told) > 2 * CUSTOMERS


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_a_wrong_scoring_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, replacement in mutant.replaced:
        monkeypatch.setattr(module, name, replacement)
    cases = st.tuples(histories(), many_plans)
    find(cases, lambda case: violations(current(), *case) != [], settings=SEARCH)


def received(known: Standing | None, news: Evidence, rules: Rules) -> Moved:
    moved = receive(known, news, rules)
    assert moved
    return moved


def test_who_is_new_is_announced_at_once() -> None:
    news = evidence(1, [NOON], received_at=NOON + DAY)
    moved = received(None, news, RULES)
    score, stage = moved.changes
    assert isinstance(score, ScoreChange)
    assert isinstance(stage, SegmentChange)
    assert (score.before, score.cause, stage.cause) == (None, news.cause, news.cause)
    assert (score.assessment.band, stage.entered, stage.exited) == (Band.LOW, ("new",), ())
    assert moved.standing == Standing(
        profile=ANN,
        version=0,
        epoch=1,
        revision=1,
        as_of=NOON + DAY,
        rules=RULES.version,
        facts=news.facts,
        announced=Announced(score.assessment.risk, Band.LOW, score.assessment.heads, health=score.values.health.score),
        score_sequence=1,
        segments={"new": NOON + DAY},
        segment_sequence=1,
        next_review_at=moved.standing.next_review_at,
    )
    assert moved.standing.next_review_at
    assert NOON + DAY < moved.standing.next_review_at < NOON + 60 * DAY


def test_a_late_snapshot_is_scored_at_the_time_that_was_reached() -> None:
    known = a_standing(NOON, as_of=NOON + 10 * DAY)
    news = evidence(2, [NOON, NOON + DAY], received_at=NOON + 9 * DAY)
    moved = received(known, news, RULES)
    assert moved.standing.as_of == NOON + 10 * DAY
    assert {change.standing.as_of for change in moved.changes} == {NOON + 10 * DAY}


def test_a_snapshot_without_news_for_the_score_announces_nothing_and_is_remembered() -> None:
    known = a_standing(NOON)
    moved = received(known, evidence(2, [NOON], received_at=NOON + timedelta(hours=1)), RULES)
    assert moved.changes == ()
    due = moved.standing.next_review_at
    assert moved.standing == replace(known, revision=2, as_of=NOON + timedelta(hours=1), next_review_at=due)


def test_reviews_fire_before_the_snapshot_each_at_its_own_instant() -> None:
    known = a_standing(NOON)
    moved = received(known, evidence(2, [NOON, NOON + 300 * DAY], received_at=NOON + 300 * DAY), RULES)
    watch, high = (datetime.fromisoformat(at) for at in ("2026-03-12T04:52:54.424Z", "2026-06-21T21:15:19.994Z"))
    assert [_news(change) for change in moved.changes] == [
        (watch, "review", Band.WATCH),
        (NOON + 60 * DAY, "review", Band.WATCH),
        (NOON + 60 * DAY, "review", "active"),
        (high, "review", Band.HIGH),
        (high, "review", "at_risk"),
        (NOON + 182 * DAY, "review", Band.HIGH),
        (NOON + 182 * DAY, "review", "lapsed"),
        (NOON + 300 * DAY, "interaction", Band.LOW),
        (NOON + 300 * DAY, "interaction", "active"),
    ]
    assert moved.changes[0].cause == ScoringCause(kind="review", at=watch)


def test_a_review_speaks_of_the_revision_that_was_known_by_then() -> None:
    moved = received(a_standing(NOON), evidence(2, [NOON], received_at=NOON + 400 * DAY), RULES)
    assert {change.standing.revision for change in moved.changes if change.cause.kind == "review"} == {1}


def test_what_is_due_at_the_very_instant_of_a_snapshot_fires_before_it() -> None:
    known = a_standing(NOON, as_of=NOON + 9 * DAY)
    assert known.next_review_at
    moved = received(known, evidence(2, [NOON], received_at=known.next_review_at), RULES)
    assert {(change.cause.kind, change.standing.as_of) for change in moved.changes} == {
        ("review", known.next_review_at)
    }


def test_a_review_before_its_time_changes_nothing() -> None:
    known = a_standing(NOON)
    assert known.next_review_at
    assert review(known, known.next_review_at - MILLISECOND, RULES) == Moved(known, ())


def test_who_has_lapsed_and_is_at_high_risk_is_never_reviewed_again() -> None:
    known = a_standing(NOON, as_of=NOON + 1000 * DAY)
    assert (known.segments.keys(), known.next_review_at) == ({"lapsed"}, None)
    assert review(known, NOON + 9000 * DAY, RULES) == Moved(known, ())


def test_at_most_64_reviews_fire_before_one_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a model schedules: here one review every millisecond."""

    def every_millisecond(*_: object, after: datetime, **__: object) -> datetime:
        return after + MILLISECOND

    monkeypatch.setattr(moves, "next_band_look", every_millisecond)
    monkeypatch.setattr(moves, "_is_worth_announcing", lambda *_: True)
    monkeypatch.setattr(moves, "_is_moved_on", lambda *_: True)
    known = replace(a_standing(NOON), next_review_at=NOON + MILLISECOND)
    assert review(known, NOON + DAY, RULES).standing.as_of == NOON + MOST_REVIEWS * MILLISECOND
    moved = received(known, evidence(2, [NOON], received_at=NOON + DAY), RULES)
    assert moved.standing.as_of == NOON + DAY


def test_whoever_objects_has_their_score_withdrawn_and_leaves_every_segment() -> None:
    known = a_standing(NOON)
    objects = replace(evidence(2, [NOON], received_at=NOON + DAY), facts=None)
    score, segments = received(known, objects, RULES).changes
    assert isinstance(score, ScoreWithdrawn)
    assert isinstance(segments, SegmentChange)
    assert (score.before, score.cause) == (known.announced, objects.cause)
    assert (segments.entered, segments.exited) == ((), ("new",))
    assert (score.standing.announced, segments.standing.segments) == (None, {})


def test_who_takes_an_objection_back_is_scored_again() -> None:
    known = a_standing(NOON)
    objects = replace(evidence(2, [NOON], received_at=NOON + DAY), facts=None)
    silent = received(known, objects, RULES).standing
    assert review(silent, NOON + 500 * DAY, RULES) == Moved(silent)
    score, segments = received(silent, evidence(3, [NOON], received_at=NOON + 2 * DAY), RULES).changes
    assert isinstance(score, ScoreChange)
    assert isinstance(segments, SegmentChange)
    assert (score.before, score.standing.score_sequence, segments.entered) == (None, 3, ("new",))


def test_new_rules_are_the_cause_of_what_they_change_and_say_nothing_of_the_time_before() -> None:
    known = a_standing(NOON)
    gone = RULES.model.heads[0]
    other = replace(
        RULES, model=replace(RULES.model, version="other", heads=(replace(gone, intercept=gone.intercept + 2),))
    )
    moved = review(known, NOON + 300 * DAY, other)
    assert moved == adopt(known, NOON + 300 * DAY, other)
    assert {(each.cause.kind, each.standing.as_of) for each in moved.changes} == {("model", NOON + 300 * DAY)}
    assert moved.standing.rules == other.version
    again = received(known, evidence(2, [NOON], received_at=NOON + 300 * DAY), other)
    assert {each.cause.kind for each in again.changes} == {"model"}


def test_rules_that_change_nothing_are_adopted_in_silence() -> None:
    known = a_standing(NOON)
    other = replace(RULES, model=replace(RULES.model, version="the same again"))
    assert adopt(known, NOON, other) == Moved(replace(known, rules=other.version))


def _news(change: Change) -> tuple[datetime, str, str]:
    return change.standing.as_of, change.cause.kind, what_is_told(change)


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
            facts=facts_of_orders(*log.instants[: purchases.order_count]),
        )
        for revision, (at, purchases) in enumerate(known, start=1)
        if purchases
    )
