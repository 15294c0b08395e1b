"""The words that a template may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from fidelio_notify.domain.cards import Card, Person
from fidelio_notify.domain.letters.names import business_name, person_name, told_reference
from fidelio_shared.contracts.ingest import RATING_SCALES
from fidelio_shared.contracts.notify import Reason
from fidelio_shared.contracts.profile import Ratings, Ticket
from fidelio_shared.contracts.scoring import ChurnScore
from fidelio_shared.declarations.lengths import is_time_zone, time_zone
from fidelio_shared.declarations.words import Words

Word = str | int | date | Words
"""A date is said as the language says it, and of `Words` those of the language."""

SAMPLE: Mapping[str, Word] = {
    "name": "Alexandrine",
    "business": "Maple & Sons",
    "company": "Example Company",
    "agent": "Charlie",
    "orders": 12,
    "last_order_on": date(2026, 9, 27),
    "silence_days": 123,
    "usual_gap_days": 21,
    "risk_reasons": Words("no order for 123 days", "aucune commande depuis 123 jours"),
    "reference": "ORD-20260927",
    "happened": "order.placed",
    "rating": 3,
    "rating_most": 10,
    "complaint_days": 12,
    "renewal_on": date(2026, 12, 27),
    "renewal_days": 30,
    "offer": Words("free delivery on your next order", "la livraison gratuite de votre prochaine commande"),
    "survey_url": "https://survey.example.org/0123456789abcdef0123456789abcdef",
    "unsubscribe_url": "https://example.org/u/0123456789abcdef",
}
"""Every word, with an example of average length. Each may be missing: of nobody everything is known."""

_MOST_REASONS = 3
_Told = dict[str, Word | None]


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name letters are written. `agent`: who signs where the person has nobody of their own."""

    company: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Addresses:
    """On the web, for this one message. `unsubscribe`: none in what is owed."""

    survey: str | None = None
    unsubscribe: str | None = None


def words_of(
    card: Card | None,
    reason: Reason,
    *,
    now: datetime,
    offer: str | None = None,
    sender: Sender = Sender(),
    addresses: Addresses = Addresses(),
) -> dict[str, Word]:
    """What is known; a word that is not is missing. `offer`: the name of the step's."""
    person = card.person if card else Person()
    churn = card.scored.churn if card and card.scored else None
    told: _Told = {
        "company": sender.company,
        "agent": sender.agent,
        "offer": offer,
        "happened": reason.type,
        "survey_url": addresses.survey,
        "unsubscribe_url": addresses.unsubscribe,
    }
    told |= _of_traits(person) | _of_risk(churn) | _of_orders(person, churn, now)
    told |= _of_service(person, reason, now) | _of_the_date(person, reason, now)
    return {name: word for name, word in told.items() if word is not None and word != ""}


def _of_traits(person: Person) -> _Told:
    traits = {each.name: each.value for each in person.traits}
    own_agent = person_name(traits.get("agent"))
    return {
        "name": person_name(traits.get("first_name")),
        "business": business_name(traits.get("company")),
        **({"agent": own_agent} if own_agent else {}),
    }


def _of_risk(churn: ChurnScore | None) -> _Told:
    reasons = churn.reasons[:_MOST_REASONS] if churn else ()
    if not reasons:
        return {}
    return {"risk_reasons": Words("; ".join(each.en for each in reasons), " ; ".join(each.fr for each in reasons))}


def _of_orders(person: Person, churn: ChurnScore | None, now: datetime) -> _Told:
    """The profile knows of the last order before the score does."""
    orders, facts = person.orders, churn.facts if churn else None
    last = orders.last_at if orders else facts.last_order_at if facts else None
    gap = facts.usual_gap_days if facts else orders.mean_gap_days if orders else None
    return {
        "orders": orders.count if orders else facts.orders if facts else None,
        "last_order_on": _day(last, person) if last else None,
        "silence_days": max(0, (now - last).days) if last else None,
        "usual_gap_days": max(1, round(gap)) if gap else None,
    }


def _of_service(person: Person, reason: Reason, now: datetime) -> _Told:
    complaint = _complaint(person.tickets, reason)
    about = reason.reference.id if reason.reference else complaint.reference if complaint else None
    since = complaint.opened_at if complaint else None
    return {
        "reference": told_reference(about) if about else None,
        "complaint_days": max(0, (now - since).days) if since else None,
        **_rating(person.ratings),
    }


def _complaint(tickets: tuple[Ticket, ...], reason: Reason) -> Ticket | None:
    """The one that the reason speaks of; else the one that has been open for longest."""
    open_ones = [each for each in tickets if each.is_open and each.is_complaint]
    spoken_of = [each for each in open_ones if reason.reference and each.reference == reason.reference.id]
    return min(spoken_of or open_ones, default=None, key=lambda each: each.opened_at or each.at)


def _rating(ratings: tuple[Ratings, ...]) -> _Told:
    """The latest on any scale."""
    given = [(each.latest[0].at, each.latest[0].value, each.scale) for each in ratings if each.latest]
    if not given:
        return {}
    _, value, scale = max(given)
    return {"rating": value, "rating_most": RATING_SCALES[scale][1] if scale in RATING_SCALES else None}


def _of_the_date(person: Person, reason: Reason, now: datetime) -> _Told:
    """A midnight of UTC tells a day, whatever the time is where the person lives."""
    if reason.on is None:
        return {}
    at = reason.on.astimezone(UTC)
    day = at.date() if at.time() == time(0) else _day(at, person)
    return {"renewal_on": day, "renewal_days": max(0, (day - _day(now, person)).days)}


def _day(at: datetime, person: Person) -> date:
    zone = person.time_zone
    return at.astimezone(time_zone(zone) if zone and is_time_zone(zone) else UTC).date()
