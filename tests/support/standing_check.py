"""Whether scoring keeps its guarantee, asked of any implementation: the property tests and the mutants share it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isclose

from fidelio_scoring.domain.standing import Change, Evidence, Moved, Rules, ScoreChange, SegmentChange, Standing
from fidelio_scoring.records import change_records
from support.standing_meaning import Told, foretell
from support.standings import MILLISECOND


@dataclass(frozen=True, slots=True)
class Scoring:
    receive: Callable[[Standing | None, Evidence, Rules], Moved]
    review: Callable[[Standing, datetime, Rules], Moved]


@dataclass(frozen=True, slots=True)
class Plan:
    """How snapshots come in batches; `waits`: after each batch, how far the watermark goes, 0 not at all, 1 as far as
    what has not arrived allows."""

    starts: frozenset[int]
    waits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class History:
    """One profile's snapshots in the order of its key; `until`: the watermark in the end."""

    evidences: tuple[Evidence, ...]
    until: datetime
    rules: Rules


def violations(scoring: Scoring, history: History, plans: Sequence[Plan]) -> list[str]:
    """Nothing where every plan announces the same bytes, and those are what the history means."""
    runs = [_run(scoring, history, plan) for plan in plans]
    changes, found = runs[0]
    records = [change_records(each, history.rules) for each, _ in runs]
    if any(each != records[0] for each in records):
        found.append("batches and watermarks change what is announced")
    if [_told(each) for each in changes] != foretell(history.evidences, history.until, history.rules.model):
        found.append("announces something else than an hourly scan finds")
    return [*found, *_sequence_violations(changes), *_sum_violations(changes)]


def _run(scoring: Scoring, history: History, plan: Plan) -> tuple[list[Change], list[str]]:
    changes: list[Change] = []
    found: list[str] = []
    standing: Standing | None = None
    begins = sorted({0, *(each for each in plan.starts if each < len(history.evidences))})
    for number, (start, end) in enumerate(zip(begins, [*begins[1:], len(history.evidences)], strict=True)):
        for each in history.evidences[start:end]:
            moved = scoring.receive(standing, each, history.rules)
            standing, changes = moved.standing, [*changes, *moved.changes]
        assert standing
        found += _schedule_violations(standing)
        reviewed = _review(scoring, standing, _watermark(history, plan, end, number, standing.as_of), history.rules)
        standing, changes = reviewed.standing, [*changes, *reviewed.changes]
    return changes, found


def _watermark(history: History, plan: Plan, end: int, number: int, now: datetime) -> datetime:
    """Never up to an instant at which something was received that is still to come."""
    ahead = [each.received_at for each in history.evidences[end:]]
    if not ahead:
        return history.until
    limit = min(ahead) - MILLISECOND
    share = plan.waits[number % len(plan.waits)]
    return now + int((limit - now) / MILLISECOND * share) * MILLISECOND if limit > now else limit


def _review(scoring: Scoring, standing: Standing, until: datetime, rules: Rules) -> Moved:
    """As the store does: only what is due."""
    due = standing.next_review_at
    return scoring.review(standing, until, rules) if due and due <= until else Moved(standing, ())


def _schedule_violations(standing: Standing) -> Iterable[str]:
    if standing.next_review_at and standing.next_review_at <= standing.as_of:
        yield "a review is due before what is known"


def _told(change: Change) -> Told:
    return Told(change.standing.as_of, change.cause.kind, what_is_told(change))


def what_is_told(change: Change) -> str:
    match change:
        case ScoreChange():
            return change.assessment.band
        case SegmentChange():
            return ", ".join(change.entered)
    return "withdrawn"


def _sequence_violations(changes: Sequence[Change]) -> Iterable[str]:
    scores = [each.standing.score_sequence for each in changes if isinstance(each, ScoreChange)]
    stages = [each.standing.segment_sequence for each in changes if isinstance(each, SegmentChange)]
    if scores != list(range(1, len(scores) + 1)) or stages != list(range(1, len(stages) + 1)):
        yield "sequences are not 1, 2, 3 …"


def _sum_violations(changes: Sequence[Change]) -> Iterable[str]:
    risk = 0.0
    for change in changes:
        if not isinstance(change, ScoreChange):
            continue
        if not isclose(sum(change.changes.values()), change.assessment.risk - risk, abs_tol=1e-12):
            yield "the heads' shares are not the change of the risk"
        for head in change.assessment.heads:
            if not isclose(head.baseline + sum(head.contributions.values()), head.log_odds, abs_tol=1e-12):
                yield "contributions are not the log-odds"
        risk = change.assessment.risk
