"""Which playbooks a piece of news fires: one decision for each cause, the same however often the news is read.

Nothing fires because Fidelio learnt better who is who: where profiles are merged or split, whatever was told of either
fired already, and the customer did nothing. Dates are the exception: of this profile nobody may have known them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_notify.domain.playbooks.dates import date_proposals
from fidelio_notify.domain.playbooks.model import (
    BandRises,
    DateAhead,
    Happened,
    OnRequest,
    Playbook,
    Playbooks,
    SegmentEntered,
    SegmentExited,
)
from fidelio_notify.domain.proposals import Proposal, decision_id, interaction_decision_id, step_id
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import Reason, Reference
from fidelio_shared.contracts.profile import Trait
from fidelio_shared.contracts.scoring import Band, ScoreChanged, SegmentChanged

News = PersonSnapshot | ScoreChanged | SegmentChanged
_RISKS = {"low": 0, "watch": 1, "high": 2}
_LEARNT = frozenset({"merge", "split", "erasure"})
_MASS = frozenset({"model", "definition", "refold"})


@dataclass(frozen=True, slots=True)
class Triggers:
    """The playbooks by what fires them: the band, the segment, the type of interaction, the trait that tells a date."""

    rises: Mapping[str, Sequence[Playbook]]
    entered: Mapping[str, Sequence[Playbook]]
    exited: Mapping[str, Sequence[Playbook]]
    happened: Mapping[str, Sequence[Playbook]]
    dates: Mapping[str, Sequence[tuple[Playbook, DateAhead]]]


def triggers_of(playbooks: Playbooks) -> Triggers:
    rises: dict[str, list[Playbook]] = {}
    entered: dict[str, list[Playbook]] = {}
    exited: dict[str, list[Playbook]] = {}
    happened: dict[str, list[Playbook]] = {}
    dates: dict[str, list[tuple[Playbook, DateAhead]]] = {}
    for playbook in playbooks.playbooks:
        match playbook.trigger:
            case BandRises(bands):
                _enlist(rises, bands, playbook)
            case SegmentEntered(segment):
                _enlist(entered, (segment,), playbook)
            case SegmentExited(segment):
                _enlist(exited, (segment,), playbook)
            case Happened(types):
                _enlist(happened, types, playbook)
            case DateAhead(trait) as ahead:
                dates.setdefault(trait, []).append((playbook, ahead))
            case OnRequest():
                pass
            case _ as never:
                assert_never(never)
    return Triggers(rises, entered, exited, happened, dates)


def proposals(triggers: Triggers, news: News) -> list[Proposal]:
    """Nothing of history; `unfired` counts that. Dates that are still to come are no history."""
    if isinstance(news, PersonSnapshot):
        found = [] if news.cause.historical else [_by_interaction(each, news) for each in _happened(triggers, news)]
        return [*found, *_by_dates(triggers, news)] if triggers.dates else found
    if news.cause.historical:
        return []
    if isinstance(news, ScoreChanged):
        return [_by_score(each, news, band) for each, band in _risen(triggers, news)]
    return [_by_segment(each, news, segment) for each, segment in _moved(triggers, news)]


def unfired(triggers: Triggers, news: News) -> int:
    """How many decisions there would be, were it not history."""
    if not news.cause.historical:
        return 0
    if isinstance(news, PersonSnapshot):
        return len(_happened(triggers, news))
    return len(_risen(triggers, news) if isinstance(news, ScoreChanged) else _moved(triggers, news))


def next_step(playbook: Playbook, proposal: Proposal, sent_at: datetime) -> Proposal | None:
    """None after the last step. What made the first step stale makes the next ones stale."""
    step = proposal.step + 1
    if step >= len(playbook.steps):
        return None
    release_at = sent_at + playbook.steps[step].after
    return replace(proposal, decision=step_id(proposal.root, step), step=step, release_at=release_at)


def _enlist(index: dict[str, list[Playbook]], keys: Iterable[str], playbook: Playbook) -> None:
    for key in keys:
        index.setdefault(key, []).append(playbook)


def _happened(triggers: Triggers, snapshot: PersonSnapshot) -> Sequence[Playbook]:
    cause = snapshot.cause
    if cause.kind != "interaction" or snapshot.merged_into:
        return ()
    return triggers.happened.get(cause.type, ())


def _by_dates(triggers: Triggers, snapshot: PersonSnapshot) -> list[Proposal]:
    return [
        proposal
        for trait in _brought(snapshot)
        for playbook, ahead in triggers.dates.get(trait.name, ())
        for proposal in date_proposals(playbook, ahead, trait, snapshot)
    ]


def _brought(snapshot: PersonSnapshot) -> Sequence[Trait]:
    """What this record may be the first to tell: its interaction told it, or more than that changed."""
    if snapshot.state is None or snapshot.erased_at:
        return ()
    if snapshot.cause.kind != "interaction":
        return snapshot.state.traits
    told_by = snapshot.cause.id
    return [each for each in snapshot.state.traits if each.id == told_by]


def _risen(triggers: Triggers, score: ScoreChanged) -> Sequence[tuple[Playbook, Band]]:
    churn = score.churn
    if churn is None or churn.band_before is None or score.cause.kind in _LEARNT:
        return ()
    if _RISKS[churn.band] <= _RISKS[churn.band_before]:
        return ()
    return [(each, churn.band) for each in triggers.rises.get(churn.band, ())]


def _moved(triggers: Triggers, change: SegmentChanged) -> Sequence[tuple[Playbook, str]]:
    if change.cause.kind in _LEARNT:
        return ()
    return [
        (playbook, segment)
        for index, segments in ((triggers.entered, change.entered), (triggers.exited, change.exited))
        for segment in segments
        for playbook in index.get(segment, ())
    ]


def _by_interaction(playbook: Playbook, snapshot: PersonSnapshot) -> Proposal:
    cause = snapshot.cause
    reason = Reason(
        kind="interaction",
        epoch=snapshot.epoch,
        revision=snapshot.revision,
        at=cause.occurred_at,
        type=cause.type,
        interaction=cause.id,
        reference=_reference(snapshot),
    )
    decision = interaction_decision_id(playbook.name, cause.id)
    return _first(playbook, snapshot.profile, decision, reason, caused_at=cause.occurred_at, known_at=cause.received_at)


def _by_score(playbook: Playbook, score: ScoreChanged, band: Band) -> Proposal:
    reason = Reason(
        kind="score",
        epoch=score.epoch,
        revision=score.revision,
        at=score.at,
        sequence=score.sequence,
        band=band,
    )
    decision = decision_id(playbook.name, score.profile, score.epoch, score.sequence)
    mass = f"{score.cause.kind}:{score.model}" if score.cause.kind in _MASS else None
    return _first(playbook, score.profile, decision, reason, caused_at=score.cause.at, mass=mass)


def _by_segment(playbook: Playbook, change: SegmentChanged, segment: str) -> Proposal:
    reason = Reason(
        kind="segment",
        epoch=change.epoch,
        revision=change.revision,
        at=change.at,
        sequence=change.sequence,
        segment=segment,
    )
    decision = decision_id(playbook.name, change.profile, change.epoch, change.sequence, segment)
    mass = f"{change.cause.kind}:{change.definition}" if change.cause.kind in _MASS else None
    return _first(playbook, change.profile, decision, reason, caused_at=change.cause.at, mass=mass)


def _first(
    playbook: Playbook,
    profile: ProfileId,
    decision: str,
    reason: Reason,
    *,
    caused_at: datetime,
    known_at: datetime | None = None,
    mass: str | None = None,
) -> Proposal:
    """`known_at`: when the cause was received, where it happened before; nothing could be decided sooner."""
    return Proposal(
        decision=decision,
        root=decision,
        playbook=playbook.name,
        profile=profile,
        reason=reason,
        step=0,
        caused_at=caused_at,
        release_at=(known_at or reason.at) + playbook.steps[0].after,
        deadline=caused_at + playbook.expires_after,
        mass=mass,
    )


def _reference(snapshot: PersonSnapshot) -> Reference | None:
    """Of the ticket that the interaction spoke of."""
    tickets = snapshot.state.tickets if snapshot.state else ()
    spoken_of = next((each for each in tickets if each.id == snapshot.cause.id), None)
    return Reference(kind=spoken_of.kind, id=spoken_of.reference) if spoken_of else None
