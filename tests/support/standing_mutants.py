"""Scorings that are wrong in one respect each, to prove that the check would notice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import ModuleType

from fidelio_scoring.domain import moves
from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.churn import Assessment, Behaviour, ChurnModel, judge
from fidelio_scoring.domain.crossings import next_band_look
from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.heads import HeadScore, shapley_change
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.evaluation import Outlook, outlook
from fidelio_scoring.domain.segments.reading import Scores
from fidelio_scoring.domain.standing import Announced, Change, Evidence, Moved, Rules, Standing
from fidelio_shared.contracts.scoring import ScoringCause

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    replaced: tuple[tuple[ModuleType, str, Callable[..., object]], ...]


def _mutant(name: str, *replaced: tuple[ModuleType, str, Callable[..., object]]) -> Mutant:
    return Mutant(name, replaced)


def _reviews_at_the_watermark(known: Standing, until: datetime, rules: Rules) -> Moved:
    """Fires what is due, as of when it was noticed."""
    moved = _review(known, until, rules)
    if not moved.changes:
        return moved
    return moves._score(replace(known, as_of=until), ScoringCause(kind="review", at=until), rules)


def _reviews_only_once(known: Standing, until: datetime, rules: Rules) -> Moved:
    due = known.next_review_at
    return _review(known, min(due, until) if due else until, rules)


def _reviews_what_is_overdue_only(known: Standing, until: datetime, rules: Rules) -> Moved:
    return _review(known, until - _MILLISECOND, rules)


def _snapshot_before_reviews(known: Standing | None, news: Evidence, rules: Rules) -> Moved | None:
    return _receive(replace(known, facts=news.facts, next_review_at=None) if known else None, news, rules)


def _snapshot_without_reviews(known: Standing | None, news: Evidence, rules: Rules) -> Moved | None:
    if known is None:
        return _receive(None, news, rules)
    return _scored_at(max(known.as_of, news.received_at), known, news, rules)


def _snapshot_at_its_own_time(known: Standing | None, news: Evidence, rules: Rules) -> Moved | None:
    """Goes back in time where a snapshot comes late."""
    if known is None or news.received_at >= known.as_of:
        return _receive(known, news, rules)
    return _scored_at(news.received_at, known, news, rules)


def _snapshot_at_the_customers_time(known: Standing | None, news: Evidence, rules: Rules) -> Moved | None:
    return _receive(known, replace(news, received_at=news.facts.last_at) if news.facts else news, rules)


def _scored_at(at: datetime, known: Standing, news: Evidence, rules: Rules) -> Moved:
    updated = replace(known, revision=news.revision, as_of=at, facts=news.facts, next_review_at=None)
    return moves._score(updated, news.cause, rules)


def _keeps_the_review(known: Standing | None, news: Evidence, rules: Rules) -> Moved | None:
    """Though it rests on what has changed."""
    moved = _receive(known, news, rules)
    due = known.next_review_at if known else None
    if moved is None or due is None or due <= moved.standing.as_of:
        return moved
    return replace(moved, standing=replace(moved.standing, next_review_at=due))


def _announces_everything(_: Announced | None, __: Assessment, ___: object) -> bool:
    return True


def _announces_bands_only(before: Announced | None, now: Assessment, _: object) -> bool:
    return before is None or before.band is not now.band


def _segments_end_late(definitions: Definitions, facts: Facts, scores: Scores, now: datetime) -> Outlook:
    return outlook(definitions, facts, scores, now - _MILLISECOND)


def _segments_noticed_late(definitions: Definitions, facts: Facts, scores: Scores, now: datetime) -> Outlook:
    seen = outlook(definitions, facts, scores, now)
    return seen._replace(changes_at=seen.changes_at + _MILLISECOND if seen.changes_at else None)


def _band_noticed_late(
    behaviour: Behaviour, band: Band, *, after: datetime, before: datetime | None, model: ChurnModel
) -> datetime | None:
    change = next_band_look(behaviour, band, after=after, before=before, model=model)
    return change + _MILLISECOND if change else None


def _no_hysteresis(
    behaviour: Behaviour, now: datetime, *, previous_band: Band | None, model: ChurnModel
) -> Assessment | None:
    return judge(behaviour, now, previous_band=None, model=model)


def _sequence_begins_anew(known: Standing, cause: ScoringCause, rules: Rules) -> Moved:
    return _score(replace(known, score_sequence=0) if cause.kind == "review" else known, cause, rules)


def _forgets_what_it_announced(known: Standing, cause: ScoringCause, rules: Rules) -> Moved:
    moved = _score(known, cause, rules)
    kept: Sequence[Change] = [each for each in moved.changes if cause.kind != "review" or moved.standing.segments]
    return Moved(replace(moved.standing, announced=known.announced or moved.standing.announced), tuple(kept))


def _shares_of_nothing(_: object, after: Sequence[HeadScore]) -> dict[str, float]:
    return dict(shapley_change((), after))


_review, _receive, _score = moves.review, moves.receive, moves._score

MUTANTS: Sequence[Mutant] = (
    _mutant("a review at the watermark, not at its instant", (moves, "review", _reviews_at_the_watermark)),
    _mutant("one review at most", (moves, "review", _reviews_only_once)),
    _mutant("what is due this very moment waits", (moves, "review", _reviews_what_is_overdue_only)),
    _mutant("reviews know the snapshot that comes after them", (moves, "receive", _snapshot_before_reviews)),
    _mutant("a snapshot silences the reviews before it", (moves, "receive", _snapshot_without_reviews)),
    _mutant("a late snapshot goes back in time", (moves, "receive", _snapshot_at_its_own_time)),
    _mutant("a snapshot is scored when the customer ordered", (moves, "receive", _snapshot_at_the_customers_time)),
    _mutant("every score is announced", (moves, "_is_worth_announcing", _announces_everything)),
    _mutant("only bands are announced", (moves, "_is_worth_announcing", _announces_bands_only)),
    _mutant("segments end a millisecond late", (moves, "outlook", _segments_end_late)),
    _mutant("segments are reviewed a millisecond late", (moves, "outlook", _segments_noticed_late)),
    _mutant("bands are reviewed a millisecond late", (moves, "next_band_look", _band_noticed_late)),
    _mutant("a review outlives what it rests on", (moves, "receive", _keeps_the_review)),
    _mutant("bands without hysteresis", (moves, "judge", _no_hysteresis)),
    _mutant("sequences begin anew", (moves, "_score", _sequence_begins_anew)),
    _mutant("the first announcement is remembered for ever", (moves, "_score", _forgets_what_it_announced)),
    _mutant("shares since the beginning", (moves, "shapley_change", _shares_of_nothing)),
)
