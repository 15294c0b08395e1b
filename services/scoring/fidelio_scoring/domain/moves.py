"""How a standing moves: by the snapshot, the time, the rules, and what was last announced. Nothing else."""

from dataclasses import replace
from datetime import datetime

from fidelio_scoring.domain.churn import Assessment, Behaviour, behaviour_of, judge
from fidelio_scoring.domain.crossings import next_band_look
from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.heads import shapley_change
from fidelio_scoring.domain.rfm import Rfm
from fidelio_scoring.domain.segments.evaluation import Outlook, outlook
from fidelio_scoring.domain.segments.reading import NO_SCORES, Scores
from fidelio_scoring.domain.standing import (
    Announced,
    Evidence,
    Moved,
    Rules,
    ScoreChange,
    ScoreWithdrawn,
    SegmentChange,
    Standing,
)
from fidelio_scoring.domain.values import Values, next_value_change, quintiles_at, values_at
from fidelio_shared.contracts.scoring import ScoringCause

LEAST_CHANGE = 0.01
MOST_REVIEWS = 64
MOST_LOOKS = 1_000


def receive(known: Standing | None, evidence: Evidence, rules: Rules) -> Moved | None:
    """Reviews due up to the snapshot's time fire first, each at its own instant; then the snapshot is scored.

    None where there is nothing to score.
    """
    if known is None:
        return _score(_newcomer(evidence, rules), evidence.cause, rules) if evidence.facts else None
    at = max(evidence.received_at, known.as_of)
    reviewed = review(known, at, rules)
    seen = replace(reviewed.standing, epoch=evidence.epoch, revision=evidence.revision, as_of=at, facts=evidence.facts)
    return reviewed.then(_score(seen, evidence.cause, rules))


def review(standing: Standing, until: datetime, rules: Rules) -> Moved:
    """Looks at whatever is due up to `until`; at most 64 times does it change something.

    Whoever was scored by other rules is first scored by these, at `until`: they say nothing of the time before.
    """
    if standing.rules != rules.version:
        return adopt(standing, until, rules)
    moved, told = Moved(standing), 0
    for _ in range(MOST_LOOKS):
        due = moved.standing.next_review_at
        if due is None or due > until or told == MOST_REVIEWS:
            break
        fired = _fire(replace(moved.standing, as_of=due), rules)
        moved, told = moved.then(fired), told + bool(fired.changes)
    return moved


def adopt(standing: Standing, at: datetime, rules: Rules) -> Moved:
    """Scores by new rules, which are the cause of whatever changes."""
    is_model = standing.rules.rsplit(" ", 1)[0] != rules.model.version
    at = max(at, standing.as_of)
    cause = ScoringCause(kind="model" if is_model else "definition", at=at)
    return _score(replace(standing, as_of=at, rules=rules.version), cause, rules)


def _newcomer(evidence: Evidence, rules: Rules) -> Standing:
    return Standing(
        profile=evidence.profile,
        version=0,
        epoch=evidence.epoch,
        revision=evidence.revision,
        as_of=evidence.received_at,
        rules=rules.version,
        facts=evidence.facts,
        announced=None,
        score_sequence=0,
        segments={},
        segment_sequence=0,
        next_review_at=None,
    )


def _fire(standing: Standing, rules: Rules) -> Moved:
    """A look that finds band, quintiles and segments as they were tells nobody, and looks ahead again."""
    facts, announced, now = standing.facts, standing.announced, standing.as_of
    if facts is None:
        return Moved(replace(standing, next_review_at=None))
    seen = outlook(rules.definitions, facts, announced_scores(announced), now)
    behaviour = behaviour_of(facts, rules.model)
    if seen.memberships == standing.segments.keys() and not _is_moved_on(announced, facts, behaviour, now, rules):
        return Moved(replace(standing, next_review_at=_next_review(standing, behaviour, seen, rules)))
    return _score(standing, ScoringCause(kind="review", at=now), rules)


def _is_moved_on(announced: Announced | None, facts: Facts, behaviour: Behaviour, now: datetime, rules: Rules) -> bool:
    if announced is None:
        return False
    assessment = judge(behaviour, now, previous_band=announced.band, model=rules.model)
    if assessment is None or assessment.band is not announced.band:
        return True
    return quintiles_at(facts, behaviour.purchases, rules.model, now) != announced.rfm


def _score(standing: Standing, cause: ScoringCause, rules: Rules) -> Moved:
    facts, before = standing.facts, standing.announced
    if facts is None:
        told = _tell_score(standing, cause, Behaviour(), None, rules)
        return told.then(_tell_segments(told.standing, cause, frozenset(), None, rules))
    behaviour, previous_band = behaviour_of(facts, rules.model), before.band if before else None
    assessment = judge(behaviour, standing.as_of, previous_band=previous_band, model=rules.model)
    told = _tell_score(standing, cause, behaviour, assessment, rules)
    seen = outlook(rules.definitions, facts, announced_scores(told.standing.announced), standing.as_of)
    next_review_at = _next_review(told.standing, behaviour, seen, rules)
    return told.then(_tell_segments(told.standing, cause, seen.memberships, next_review_at, rules))


def _next_review(standing: Standing, behaviour: Behaviour, seen: Outlook, rules: Rules) -> datetime | None:
    """The next instant at which silence alone may change what was announced."""
    announced, now, due = standing.announced, standing.as_of, seen.changes_at
    if announced:
        due = _earliest(due, next_value_change(behaviour.purchases, rules.model, after=now))
        due = _earliest(due, next_band_look(behaviour, announced.band, after=now, before=due, model=rules.model))
    return due


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _tell_score(
    standing: Standing, cause: ScoringCause, behaviour: Behaviour, assessment: Assessment | None, rules: Rules
) -> Moved:
    before, facts = standing.announced, standing.facts
    if assessment is None or facts is None:
        if before is None:
            return Moved(standing)
        standing = replace(standing, announced=None, score_sequence=standing.score_sequence + 1)
        return Moved(standing, (ScoreWithdrawn(standing, cause, before),))
    rfm = quintiles_at(facts, behaviour.purchases, rules.model, standing.as_of)
    if not _is_worth_announcing(before, assessment, rfm):
        return Moved(standing)
    values = values_at(facts, assessment, rfm, rules.model, standing.as_of)
    announced = _announced(assessment, values)
    standing = replace(standing, announced=announced, score_sequence=standing.score_sequence + 1)
    shares = shapley_change(before.heads if before else (), assessment.heads)
    return Moved(standing, (ScoreChange(standing, cause, before, assessment, shares, values),))


def _announced(assessment: Assessment, values: Values) -> Announced:
    return Announced(
        risk=assessment.risk,
        band=assessment.band,
        heads=assessment.heads,
        health=values.health.score,
        rfm=values.rfm,
        clv=values.value.clv if values.value else None,
    )


def _is_worth_announcing(before: Announced | None, now: Assessment, rfm: Rfm | None) -> bool:
    if before is None or before.band is not now.band or before.rfm != rfm:
        return True
    return abs(now.risk - before.risk) >= LEAST_CHANGE


def _tell_segments(
    standing: Standing, cause: ScoringCause, holding: frozenset[str], next_review_at: datetime | None, rules: Rules
) -> Moved:
    """In the order of the definitions; those that are defined no more are left."""
    known = standing.segments
    if holding == known.keys():
        return Moved(replace(standing, next_review_at=next_review_at))
    names = [each.name for each in rules.definitions.segments if each.name in holding]
    standing = replace(
        standing,
        segments={name: known.get(name, standing.as_of) for name in names},
        segment_sequence=standing.segment_sequence + 1,
        next_review_at=next_review_at,
    )
    entered = tuple(name for name in names if name not in known)
    exited = tuple(name for name in known if name not in holding)
    return Moved(standing, (SegmentChange(standing, cause, entered, exited),))


def announced_scores(announced: Announced | None) -> Scores:
    """As others were told, so that a segment never contradicts the score that they know."""
    if announced is None:
        return NO_SCORES
    rfm = announced.rfm
    return Scores(
        band=announced.band.value,
        rfm=(rfm.recency, rfm.frequency, rfm.monetary) if rfm else None,
        clv=announced.clv,
        health=announced.health,
    )
