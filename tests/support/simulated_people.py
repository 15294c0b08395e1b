"""Ten people to whom letters are written, of whom much, little or odd things are known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fidelio_notify.domain.cards import Card, Person, Scored
from fidelio_notify.domain.letters.words import Addresses, Sender, Word, words_of
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Scalar
from fidelio_shared.contracts.notify import Reason, Reference
from fidelio_shared.contracts.profile import Orders, RatingGiven, Ratings, Ticket, Trait
from fidelio_shared.contracts.scoring import ChurnScore, Facts
from fidelio_shared.contracts.scoring import Reason as RiskReason

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SOMEBODY = ProfileId(hash16("test", "somebody"))
AN_ID = hash16("test", "interaction")


def a_reason(
    happened: str | None = None,
    reference: str | None = None,
    on: datetime | None = None,
) -> Reason:
    return Reason(
        kind="interaction" if happened else "score",
        epoch=1,
        revision=7,
        at=NOW,
        type=happened,
        reference=Reference(kind="ticket", id=reference) if reference else None,
        on=on,
    )


def a_trait(name: str, value: Scalar) -> Trait:
    return Trait(name=name, value=value, at=NOW, id=AN_ID, source="test")


def some_orders(count: int, *, days_ago: int, gap_days: float | None = None) -> Orders:
    last_at = NOW - timedelta(days=days_ago)
    return Orders(
        count=count, first_at=last_at, last_at=last_at, first_day=0, days="1", totals=(), mean_gap_days=gap_days
    )


def a_complaint(reference: str, *, days_ago: int, is_open: bool = True, is_complaint: bool = True) -> Ticket:
    at = NOW - timedelta(days=days_ago)
    return Ticket(
        kind="ticket",
        reference=reference,
        is_open=is_open,
        at=at,
        id=AN_ID,
        opened_at=at,
        is_complaint=is_complaint,
    )


def a_rating(scale: str, value: int, *, days_ago: int = 1) -> Ratings:
    given = RatingGiven(at=NOW - timedelta(days=days_ago), value=value)
    return Ratings(scale=scale, count=1, total=value, latest=(given,))


def a_score(*, orders: int, silence_days: float, usual_gap_days: float | None, reasons: int = 0) -> Scored:
    facts = Facts(
        orders=orders,
        last_order_at=NOW - timedelta(days=silence_days),
        silence_days=silence_days,
        usual_gap_days=usual_gap_days,
        purchase_days=orders,
    )
    said = (
        RiskReason(feature="silence", en="no order for 56 days", fr="aucune commande depuis 56 jours"),
        RiskReason(feature="complaint", en="an open complaint", fr="une réclamation ouverte"),
        RiskReason(feature="use", en="less use than before", fr="moins d'utilisation qu'avant"),
        RiskReason(feature="rating", en="a low rating", fr="une mauvaise note"),
    )
    churn = ChurnScore(
        before=0.5, after=0.8, band_before="watch", band="high", heads=(), facts=facts, reasons=said[:reasons]
    )
    return Scored(epoch=1, sequence=4, revision=7, at=NOW, churn=churn)


def a_card(*, scored: Scored | None = None, person: Person = Person(), **traits: Scalar) -> Card:
    told = tuple(a_trait(name, value) for name, value in traits.items())
    return Card(SOMEBODY, 1, 7, person.model_copy(update={"traits": told}), scored=scored)


REGULAR = Person(
    orders=some_orders(12, days_ago=56, gap_days=14.2),
    ratings=(a_rating("nps", 3),),
    tickets=(a_complaint("TCK-4711", days_ago=12),),
    time_zone="Europe/Paris",
)
REGULARLY = a_score(orders=12, silence_days=56, usual_gap_days=14.2, reasons=2)

CARDS: Mapping[str, Card] = {
    "rich": a_card(person=REGULAR, scored=REGULARLY, first_name="Margaret"),
    "no name": a_card(person=REGULAR, scored=REGULARLY),
    "French with accents": a_card(person=REGULAR, scored=REGULARLY, first_name="François-Jérôme"),
    "no order": a_card(first_name="Tom"),
    "one order": a_card(person=Person(orders=some_orders(1, days_ago=75)), first_name="Priya"),
    "very long name": a_card(
        person=REGULAR, scored=REGULARLY, first_name="Wolfeschlegelsteinhausenbergerdorff Maximiliana Theodora"
    ),
    "name with markup": a_card(person=REGULAR, scored=REGULARLY, first_name="<b>Bob</b> http://evil.example"),
    "RTL name": a_card(person=REGULAR, scored=REGULARLY, first_name="محمد"),
    "business contact": a_card(
        person=REGULAR, scored=REGULARLY, first_name="Claire", company="Maple & Sons", agent="Inès"
    ),
    "everything missing": a_card(),
}

SENDER = Sender(company="Northwind", agent="Charlie")
ADDRESSES = Addresses(
    survey="https://survey.example.org/5f0c7be1a4d2936bbd6f0c27e94a1f38",
    unsubscribe="https://care.example.org/unsubscribe/5f0c7be1a4d2936bbd6f0c27e94a1f38",
)
REASONS: Mapping[str, Reason] = {
    "complaint_apology": a_reason("complaint.filed", "TCK-4711"),
    "complaint_call_back": a_reason("complaint.filed", "TCK-4711"),
    "payment_help": a_reason("payment.failed", "INV-2026-118"),
    "order_status": a_reason("order.delayed", "ORD-88120"),
    "survey_csat": a_reason("ticket.resolved", "TCK-4711"),
    "renewal": a_reason(on=datetime(2026, 12, 25, tzinfo=UTC)),
}


def words_for(who: str, template: str) -> dict[str, Word]:
    if who == "everything missing":
        return words_of(CARDS[who], a_reason(), now=NOW)
    reason = REASONS.get(template, a_reason())
    offer = "next_order_discount" if template == "win_back" else None
    card = CARDS[who]
    if template == "recommend":
        card = replace(card, person=card.person.model_copy(update={"ratings": (a_rating("nps", 10),)}))
    return words_of(card, reason, now=NOW, offer=offer, sender=SENDER, addresses=ADDRESSES)
