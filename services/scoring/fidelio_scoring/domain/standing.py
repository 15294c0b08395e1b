"""What scoring holds of a profile, and how it moves: by the snapshot, the time and what was last announced."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.churn import Assessment, ChurnModel, assess, next_band_change
from fidelio_scoring.domain.heads import HeadScore, shapley_change
from fidelio_scoring.domain.lifecycle import Stage, next_stage_change, stage_at
from fidelio_scoring.domain.purchases import Purchases
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.scoring import ScoringCause

LEAST_CHANGE = 0.01
MOST_REVIEWS = 64


@dataclass(frozen=True, slots=True)
class Announced:
    """The last score that others were told."""

    risk: float
    band: Band
    heads: tuple[HeadScore, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """`as_of`: the time last used for this profile. `version` counts what is stored, to notice a second owner."""

    profile: ProfileId
    version: int
    epoch: int
    revision: int
    as_of: datetime
    purchases: Purchases
    announced: Announced | None
    score_sequence: int
    stage: Stage | None
    stage_since: datetime
    segment_sequence: int
    next_review_at: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a snapshot says. `received_at` is scoring's time; `cause` what to name as the reason.

    `purchases`: None of somebody who never bought, is part of another profile now, or objects. `erased_at`: nothing of
    them may be kept.
    """

    profile: ProfileId
    epoch: int
    revision: int
    received_at: datetime
    cause: ScoringCause
    purchases: Purchases | None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScoreChange:
    standing: Standing
    cause: ScoringCause
    before: Announced | None
    assessment: Assessment
    changes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StageChange:
    standing: Standing
    cause: ScoringCause
    entered: Stage | None
    exited: Stage | None


Change = ScoreChange | StageChange


@dataclass(frozen=True, slots=True)
class Moved:
    standing: Standing
    changes: tuple[Change, ...]


def receive(known: Standing | None, evidence: Evidence, model: ChurnModel) -> Moved | None:
    """Reviews due up to the snapshot's time fire first, each at its own instant; then the snapshot is scored.

    None where there is nothing to score.

    Where something changed that its next review depends on, that is not set: `schedule` does it, once for a profile's
    last snapshot of a batch. Most interactions are no purchase, and leave it as it is.
    """
    if evidence.purchases is None:
        return _depart(known, evidence, model) if known else None
    if known is None:
        return _score(_newcomer(evidence, evidence.purchases), evidence.cause, model)
    at = max(evidence.received_at, known.as_of)
    reviewed = review(known, at, model)
    before = reviewed.standing
    updated = replace(before, epoch=evidence.epoch, revision=evidence.revision, as_of=at, purchases=evidence.purchases)
    scored = _score(updated, evidence.cause, model)
    standing, due = scored.standing, before.next_review_at
    if due and (due <= at or _rests_on(standing) != _rests_on(before)):
        standing = replace(standing, next_review_at=None)
    return Moved(standing, reviewed.changes + scored.changes)


def _depart(known: Standing, evidence: Evidence, model: ChurnModel) -> Moved:
    """Whoever became part of another profile, or keeps no purchase after a split, leaves every segment."""
    at = max(evidence.received_at, known.as_of)
    reviewed = review(known, at, model)
    before = reviewed.standing
    standing = replace(
        before,
        epoch=evidence.epoch,
        revision=evidence.revision,
        as_of=at,
        announced=None,
        stage=None,
        stage_since=at,
        segment_sequence=before.segment_sequence + (before.stage is not None),
        next_review_at=None,
    )
    left = (StageChange(standing, evidence.cause, None, before.stage),) if before.stage else ()
    return Moved(standing, reviewed.changes + left)


def _rests_on(standing: Standing) -> tuple[Purchases, Band | None, Stage | None]:
    """What decides, in silence, when band or stage change next; beyond that, only time passes."""
    return standing.purchases, standing.announced.band if standing.announced else None, standing.stage


def review(standing: Standing, until: datetime, model: ChurnModel) -> Moved:
    """Fires what is due up to `until`, at most 64 times; what was not scheduled yet is looked up if it could be due."""
    standing = standing if standing.next_review_at else _schedule_if_due(standing, until, model)
    changes: tuple[Change, ...] = ()
    for _ in range(MOST_REVIEWS):
        due = standing.next_review_at
        if due is None or due > until:
            break
        cause = ScoringCause(kind="review", at=due)
        scored = _score(replace(standing, as_of=due, next_review_at=None), cause, model)
        standing, changes = schedule(scored.standing, model), changes + scored.changes
    return Moved(standing, changes)


def schedule(standing: Standing, model: ChurnModel) -> Standing:
    """`next_review_at`: the next instant, later than `as_of`, at which silence alone changes band or stage.

    It must change one of them: a review that changed nothing could be seen, or not, by how batches were cut.
    """
    if standing.next_review_at or standing.announced is None:
        return standing
    band = standing.announced.band
    boundary = next_stage_change(standing.purchases, band, after=standing.as_of)
    crossing = next_band_change(standing.purchases, band, after=standing.as_of, model=model)
    return replace(standing, next_review_at=min((each for each in (boundary, crossing) if each), default=None))


def _schedule_if_due(standing: Standing, until: datetime, model: ChurnModel) -> Standing:
    """Silence moves band and stage only forward: where both are the same at `until`, nothing happened before it."""
    if standing.announced is None:
        return standing
    band = standing.announced.band
    then = assess(standing.purchases, until, previous_band=band, model=model).band
    if then is band and stage_at(standing.purchases, band, until) is standing.stage:
        return standing
    return schedule(standing, model)


def _newcomer(evidence: Evidence, purchases: Purchases) -> Standing:
    return Standing(
        profile=evidence.profile,
        version=0,
        epoch=evidence.epoch,
        revision=evidence.revision,
        as_of=evidence.received_at,
        purchases=purchases,
        announced=None,
        score_sequence=0,
        stage=None,
        stage_since=evidence.received_at,
        segment_sequence=0,
        next_review_at=None,
    )


def _score(standing: Standing, cause: ScoringCause, model: ChurnModel) -> Moved:
    before = standing.announced
    assessment = assess(standing.purchases, standing.as_of, previous_band=before.band if before else None, model=model)
    changes: tuple[Change, ...] = ()
    if _is_worth_announcing(before, assessment):
        announced = Announced(assessment.risk, assessment.band, assessment.heads)
        standing = replace(standing, announced=announced, score_sequence=standing.score_sequence + 1)
        shares = shapley_change(before.heads if before else (), assessment.heads)
        changes += (ScoreChange(standing, cause, before, assessment, shares),)
    stage = stage_at(standing.purchases, assessment.band, standing.as_of)
    if stage is not standing.stage:
        exited = standing.stage
        standing = replace(
            standing, stage=stage, stage_since=standing.as_of, segment_sequence=standing.segment_sequence + 1
        )
        changes += (StageChange(standing, cause, stage, exited),)
    return Moved(standing, changes)


def _is_worth_announcing(before: Announced | None, assessment: Assessment) -> bool:
    if before is None or before.band is not assessment.band:
        return True
    return abs(assessment.risk - before.risk) >= LEAST_CHANGE
