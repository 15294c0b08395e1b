"""What a person asks to be sent: to a whole segment, or only to look at."""

from dataclasses import dataclass
from datetime import datetime

from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.playbooks.dates import told_date
from fidelio_notify.domain.playbooks.model import DateAhead, Happened, Playbook
from fidelio_notify.domain.proposals import Proposal, decision_id, step_id
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import Reason, Reference


@dataclass(frozen=True, slots=True)
class Request:
    """`at`: when it was made first, however often it is gone on with."""

    id: str
    playbook: Playbook
    segment: str
    at: datetime

    @property
    def mass(self) -> str:
        return f"request:{self.id}"

    def decision(self, profile: ProfileId) -> str:
        return decision_id(self.playbook.name, profile, "request", self.id)


def requested(request: Request, card: Card) -> Proposal:
    """One for each profile, however often it is asked for."""
    seen = card.belonging or card
    reason = Reason(
        kind="request",
        epoch=seen.epoch,
        revision=seen.revision,
        at=request.at,
        segment=request.segment,
        request=request.id,
    )
    return _proposal(request.playbook, card, reason, request.decision(card.profile), mass=request.mass)


def imagined(playbook: Playbook, card: Card, now: datetime, *, step: int) -> Proposal:
    """As if its cause had come just now."""
    decision = decision_id(playbook.name, card.profile, "preview")
    return _proposal(playbook, card, _reason(playbook, card, now), decision, step=step)


def _reason(playbook: Playbook, card: Card, now: datetime) -> Reason:
    match playbook.trigger:
        case Happened(types):
            return Reason(
                kind="interaction",
                epoch=card.epoch,
                revision=card.revision,
                at=now,
                type=min(types),
                reference=_latest_ticket(card),
            )
        case DateAhead(trait):
            told = card.trait(trait)
            date = told_date(told.value, card.person.time_zone) if told else None
            on = date.at if date else None
            return Reason(kind="date", epoch=card.epoch, revision=card.revision, at=now, on=on)
        case _:
            return Reason(kind="request", epoch=card.epoch, revision=card.revision, at=now)


def _latest_ticket(card: Card) -> Reference | None:
    latest = max(card.person.tickets, key=lambda each: each.at, default=None)
    return Reference(kind=latest.kind, id=latest.reference) if latest else None


def _proposal(
    playbook: Playbook, card: Card, reason: Reason, root: str, *, step: int = 0, mass: str | None = None
) -> Proposal:
    return Proposal(
        decision=step_id(root, step),
        root=root,
        playbook=playbook.name,
        profile=card.profile,
        reason=reason,
        step=step,
        caused_at=reason.at,
        release_at=reason.at + playbook.steps[step].after,
        deadline=reason.at + playbook.expires_after,
        mass=mass,
    )
