"""Scorings that are wrong in one respect each, to prove that the check would notice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import ModuleType

from fidelio_scoring.domain import lifecycle, standing
from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.churn import Assessment, ChurnModel, assess, next_band_change
from fidelio_scoring.domain.heads import HeadScore, shapley_change
from fidelio_scoring.domain.lifecycle import LAPSED_AFTER, NEW_FOR, Stage
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.standing import Announced, Change, Evidence, Moved, Standing
from fidelio_shared.contracts.scoring import ScoringCause

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    replaced: tuple[tuple[ModuleType, str, Callable[..., object]], ...]


def _mutant(name: str, *replaced: tuple[ModuleType, str, Callable[..., object]]) -> Mutant:
    return Mutant(name, replaced)


def _reviews_at_the_watermark(known: Standing, until: datetime, model: ChurnModel) -> Moved:
    """Fires what is due, as of when it was noticed."""
    moved = _review(known, until, model)
    if not moved.changes:
        return moved
    scored = standing._score(replace(known, as_of=until), ScoringCause(kind="review", at=until), model)
    return Moved(standing.schedule(scored.standing, model), scored.changes)


def _reviews_only_once(known: Standing, until: datetime, model: ChurnModel) -> Moved:
    due = known.next_review_at
    return _review(known, min(due, until) if due else until, model)


def _reviews_what_is_overdue_only(known: Standing, until: datetime, model: ChurnModel) -> Moved:
    return _review(known, until - _MILLISECOND, model)


def _snapshot_before_reviews(known: Standing | None, news: Evidence, model: ChurnModel) -> Moved:
    return _receive(replace(known, purchases=news.purchases, next_review_at=None) if known else None, news, model)


def _snapshot_without_reviews(known: Standing | None, news: Evidence, model: ChurnModel) -> Moved:
    if known is None:
        return _receive(None, news, model)
    return _scored_at(max(known.as_of, news.received_at), known, news, model)


def _snapshot_at_its_own_time(known: Standing | None, news: Evidence, model: ChurnModel) -> Moved:
    """Goes back in time where a snapshot comes late."""
    if known is None or news.received_at >= known.as_of:
        return _receive(known, news, model)
    return _scored_at(news.received_at, known, news, model)


def _snapshot_at_the_customers_time(known: Standing | None, news: Evidence, model: ChurnModel) -> Moved:
    return _receive(known, replace(news, received_at=news.purchases.last_order_at), model)


def _scored_at(at: datetime, known: Standing, news: Evidence, model: ChurnModel) -> Moved:
    updated = replace(known, revision=news.revision, as_of=at, purchases=news.purchases, next_review_at=None)
    return standing._score(updated, news.cause, model)


def _no_proof(known: Standing, _: datetime, __: ChurnModel) -> Standing:
    return known


def _proof_by_stage_alone(known: Standing, until: datetime, model: ChurnModel) -> Standing:
    band = known.announced.band if known.announced else Band.LOW
    same = lifecycle.stage_at(known.purchases, band, until) is known.stage
    return known if same else _schedule_if_due(known, until, model)


def _announces_everything(_: Announced | None, __: Assessment) -> bool:
    return True


def _announces_bands_only(before: Announced | None, now: Assessment) -> bool:
    return before is None or before.band is not now.band


def _stage_ends_late(purchases: Purchases, band: Band, now: datetime) -> Stage:
    return _stage_at(purchases, band, now - _MILLISECOND)


def _new_ends_late(purchases: Purchases, band: Band, now: datetime) -> Stage:
    is_end = now == purchases.first_order_at + NEW_FOR
    return _stage_at(purchases, band, now - _MILLISECOND if is_end else now)


def _noticed_late(purchases: Purchases, band: Band, *, after: datetime) -> datetime | None:
    change = _next_stage_change(purchases, band, after=after)
    return change + _MILLISECOND if change else None


def _boundaries_whatever_they_change(purchases: Purchases, _: Band, *, after: datetime) -> datetime | None:
    boundaries = (purchases.first_order_at + NEW_FOR, purchases.last_order_at + LAPSED_AFTER)
    return min((each for each in boundaries if each > after), default=None)


def _band_noticed_late(purchases: Purchases, band: Band, *, after: datetime, model: ChurnModel) -> datetime | None:
    change = next_band_change(purchases, band, after=after, model=model)
    return change + _MILLISECOND if change else None


def _no_hysteresis(purchases: Purchases, now: datetime, *, previous_band: Band | None, model: ChurnModel) -> Assessment:
    return assess(purchases, now, previous_band=None, model=model)


def _sequence_begins_anew(known: Standing, cause: ScoringCause, model: ChurnModel) -> Moved:
    return _score(replace(known, score_sequence=0) if cause.kind == "review" else known, cause, model)


def _forgets_what_it_announced(known: Standing, cause: ScoringCause, model: ChurnModel) -> Moved:
    moved = _score(known, cause, model)
    kept: Sequence[Change] = [each for each in moved.changes if cause.kind != "review" or moved.standing.stage]
    return Moved(replace(moved.standing, announced=known.announced or moved.standing.announced), tuple(kept))


def _shares_of_nothing(_: object, after: Sequence[HeadScore]) -> dict[str, float]:
    return dict(shapley_change((), after))


_review, _receive, _score = standing.review, standing.receive, standing._score
_schedule_if_due = standing._schedule_if_due
_stage_at, _next_stage_change = lifecycle.stage_at, lifecycle.next_stage_change

MUTANTS: Sequence[Mutant] = (
    _mutant("a review at the watermark, not at its instant", (standing, "review", _reviews_at_the_watermark)),
    _mutant("one review at most", (standing, "review", _reviews_only_once)),
    _mutant("what is due this very moment waits", (standing, "review", _reviews_what_is_overdue_only)),
    _mutant("reviews know the snapshot that comes after them", (standing, "receive", _snapshot_before_reviews)),
    _mutant("a snapshot silences the reviews before it", (standing, "receive", _snapshot_without_reviews)),
    _mutant("a late snapshot goes back in time", (standing, "receive", _snapshot_at_its_own_time)),
    _mutant("a snapshot is scored when the customer ordered", (standing, "receive", _snapshot_at_the_customers_time)),
    _mutant("what was not scheduled is not looked up", (standing, "_schedule_if_due", _no_proof)),
    _mutant("bands are left out of the look-up", (standing, "_schedule_if_due", _proof_by_stage_alone)),
    _mutant("every score is announced", (standing, "_is_worth_announcing", _announces_everything)),
    _mutant("only bands are announced", (standing, "_is_worth_announcing", _announces_bands_only)),
    _mutant("stages end a millisecond late", (standing, "stage_at", _stage_ends_late)),
    _mutant(
        "one stage ends a millisecond late",
        (standing, "stage_at", _new_ends_late),
        (lifecycle, "stage_at", _new_ends_late),
    ),
    _mutant("stages are reviewed a millisecond late", (standing, "next_stage_change", _noticed_late)),
    _mutant("reviews that change nothing", (standing, "next_stage_change", _boundaries_whatever_they_change)),
    _mutant("bands are reviewed a millisecond late", (standing, "next_band_change", _band_noticed_late)),
    _mutant("a review outlives what it rests on", (standing, "_rests_on", lambda standing: None)),
    _mutant("bands without hysteresis", (standing, "assess", _no_hysteresis)),
    _mutant("sequences begin anew", (standing, "_score", _sequence_begins_anew)),
    _mutant("the first announcement is remembered for ever", (standing, "_score", _forgets_what_it_announced)),
    _mutant("shares since the beginning", (standing, "shapley_change", _shares_of_nothing)),
)
