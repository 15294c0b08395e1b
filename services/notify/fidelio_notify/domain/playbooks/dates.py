"""Dates that a trait tells: once for each date, and void when the person has another one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fidelio_notify.domain.cards import Card, PersonSnapshot
from fidelio_notify.domain.playbooks.model import DateAhead, Playbook
from fidelio_notify.domain.proposals import Proposal, decision_id
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Scalar
from fidelio_shared.contracts.notify import Reason
from fidelio_shared.contracts.profile import Trait
from fidelio_shared.declarations.lengths import first_instant, is_time_zone, time_zone

FURTHEST = timedelta(days=731)
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_LONGEST_TEXT = 40


@dataclass(frozen=True, slots=True)
class ToldDate:
    """`text`: the same for the same date, whatever time zone the person turns out to live in."""

    text: str
    at: datetime


def told_date(value: Scalar, zone: str | None) -> ToldDate | None:
    """Without a time it is the start of that day, without an offset the clock of `zone`; UTC where that is unknown.
    None for what is no date in ISO 8601, or of other centuries."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        return None
    known = zone if zone and is_time_zone(zone) else "UTC"
    if day := _day(value):
        return ToldDate(day.isoformat(), first_instant(day, known))
    if moment := _moment(value):
        at = (moment if moment.tzinfo else moment.replace(tzinfo=time_zone(known))).astimezone(UTC)
        return ToldDate(moment.isoformat() if moment.tzinfo is None else at.isoformat(), at)
    return None


def date_proposals(playbook: Playbook, ahead: DateAhead, trait: Trait, snapshot: PersonSnapshot) -> Iterator[Proposal]:
    """None for a date that was past when it became known, or is further off than two years."""
    told = told_date(trait.value, snapshot.state.time_zone if snapshot.state else None)
    if told is None:
        return
    cause, due = snapshot.cause, told.at - ahead.ahead
    deadline = due + playbook.expires_after
    known_at = cause.received_at if cause.historical else cause.occurred_at
    if deadline < known_at or told.at > max(cause.occurred_at, cause.received_at) + FURTHEST:
        return
    decision = _decision(playbook.name, snapshot.profile, told)
    yield Proposal(
        decision=decision,
        root=decision,
        playbook=playbook.name,
        profile=snapshot.profile,
        reason=Reason(kind="date", epoch=snapshot.epoch, revision=snapshot.revision, at=due, on=told.at),
        step=0,
        caused_at=due,
        release_at=due + playbook.steps[0].after,
        deadline=deadline,
    )


def still_ahead(playbook: Playbook, proposal: Proposal, card: Card) -> bool:
    """False where the reason is a date, and the person, whichever of their profiles it was told of, has another now."""
    if proposal.reason.kind != "date":
        return True
    if not isinstance(playbook.trigger, DateAhead):
        return False
    trait = card.trait(playbook.trigger.trait)
    told = told_date(trait.value, card.person.time_zone) if trait else None
    return told is not None and any(_decision(playbook.name, each, told) == proposal.root for each in card.everybody)


def _decision(playbook: str, profile: ProfileId, told: ToldDate) -> str:
    return decision_id(playbook, profile, "date", told.text)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year < _LAST_YEAR else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year < _LAST_YEAR else None
