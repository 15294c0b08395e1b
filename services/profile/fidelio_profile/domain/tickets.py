"""What the customer waits for: tickets, and complaints, which are open until something resolves their reference."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from heapq import nlargest
from operator import itemgetter
from typing import Any

from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.parts import Fields, Made, Part, Read
from fidelio_profile.domain.referred import Key, Referred, join_referred, one_referred
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ingest import Interaction

MOST_TICKETS = 12
MOST_WHOLE = 8
"""With their whole story; the others are the latest."""
_OPENS = {"ticket.opened": True, "ticket.reopened": True, "complaint.filed": True, "ticket.resolved": False}


@dataclass(frozen=True, slots=True)
class Ticket:
    """`is_open`, `at`, `id`: what the latest interaction on it says. `opened_at`: None while only its end is known."""

    is_open: bool
    at: Instant
    id: str
    opened_at: Instant | None
    is_complaint: bool
    reopenings: int


Tickets = Referred[Ticket]


def one_ticket(interaction: Interaction, at: Instant) -> Part[Tickets]:
    """None of a complaint without a reference: nothing could ever resolve it."""
    if interaction.type not in _OPENS or interaction.reference is None:
        return NO_TICKETS
    is_open = _OPENS[interaction.type]
    ticket = Ticket(
        is_open=is_open,
        at=at,
        id=interaction.id,
        opened_at=at if is_open else None,
        is_complaint=interaction.type == "complaint.filed",
        reopenings=int(interaction.type == "ticket.reopened"),
    )
    return Made(one_referred(interaction.reference, ticket), _document)


def join_tickets(left: Part[Tickets], right: Part[Tickets]) -> Part[Tickets]:
    if right is NO_TICKETS:
        return left
    return Made(join_referred(left.value, right.value, _join, _kept, MOST_TICKETS), _document)


def _kept(tickets: Mapping[Key, Ticket]) -> Mapping[Key, Ticket]:
    """Some with their whole story; of the others the latest, as their latest interaction tells them.

    That a ticket is open cannot decide: it may be resolved in what is joined next, and would have displaced another.
    How late its latest interaction is only grows, so that what is kept in the end was kept in every part; but a story
    that is added up would lack what was displaced with an earlier part, hence none is told.
    """
    whole = bottom(tickets, MOST_WHOLE)
    if len(whole) == len(tickets):
        return tickets
    others = [(key, _as_last_told(each)) for key, each in tickets.items() if key not in whole]
    return {**whole, **dict(nlargest(MOST_TICKETS - MOST_WHOLE, others, key=lambda each: _moment(each[1])))}


def _as_last_told(ticket: Ticket) -> Ticket:
    opened_at = ticket.at if ticket.is_open else None
    return replace(ticket, opened_at=opened_at, is_complaint=False, reopenings=0)


def tickets_from(document: Mapping[str, Any]) -> Part[Tickets]:
    tickets, has_more = document.get("tickets"), document.get("has_more_tickets", False)
    return Read({"tickets": tickets, "has_more_tickets": has_more}, _read) if tickets or has_more else NO_TICKETS


def _join(left: Ticket, right: Ticket) -> Ticket:
    last = max(left, right, key=_moment)
    return Ticket(
        is_open=last.is_open,
        at=last.at,
        id=last.id,
        opened_at=min((each for each in (left.opened_at, right.opened_at) if each), default=None),
        is_complaint=left.is_complaint or right.is_complaint,
        reopenings=left.reopenings + right.reopenings,
    )


def _moment(ticket: Ticket) -> tuple[str, str]:
    return ticket.at, ticket.id


def _document(tickets: Tickets) -> Fields:
    listed = [
        {
            "kind": kind,
            "reference": reference,
            "is_open": each.is_open,
            "at": each.at,
            "id": each.id,
            "opened_at": each.opened_at,
            "is_complaint": each.is_complaint,
            "reopenings": each.reopenings,
        }
        for (kind, reference), each in sorted(tickets.entries.items(), key=itemgetter(0))
    ]
    return {"tickets": listed, "has_more_tickets": tickets.has_more}


def _read(document: Mapping[str, Any]) -> Tickets:
    entries = {
        (each["kind"], each["reference"]): Ticket(
            each["is_open"], each["at"], each["id"], each["opened_at"], each["is_complaint"], each["reopenings"]
        )
        for each in document["tickets"]
    }
    return Referred(entries, document["has_more_tickets"])


NO_TICKETS: Part[Tickets] = Made(Referred({}), _document)
