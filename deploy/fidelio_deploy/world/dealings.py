"""What customers do themselves, and what billing says of it: orders, use, subscription, payments."""

import math
from collections.abc import Iterator

import numpy as np

from fidelio_deploy.world.happening import Fields, Happening, one_of, referring
from fidelio_deploy.world.incidents import Trouble
from fidelio_deploy.world.life import Life
from fidelio_deploy.world.people import Person

FEE = {"value": "9.90", "currency": "EUR"}
FEATURES = ("search", "wish_list", "tracking", "reviews")
FIRST_NAMES = ("Ann", "Ben", "Chloé", "Denis", "Emma", "François", "Grace", "Hélène")
JUST_AFTER = 1 / 1440
CHANGING_SHARE = 0.01
EVIDENCE = "simulated; nobody decided this"


def email_of(person: Person) -> str:
    return f"customer.{person.name}@example.org"


def dealings_of(life: Life, dice: np.random.Generator) -> Iterator[Happening]:
    yield from _orders(life, dice)
    yield from _use(life, dice)
    yield from _payments(life)
    if life.person.has_subscription:
        yield from _subscription(life, dice)
    if life.person.consents:
        yield _consent(life.person)


def order_name(person: Person, number: int) -> str:
    return f"{person.name}-{number}"


def _orders(life: Life, dice: np.random.Generator) -> Iterator[Happening]:
    person = life.person
    spent = person.basket * dice.lognormal(0, 0.4, life.orders.size)
    online = dice.random(life.orders.size) < 0.6
    for number, (day, value, is_online) in enumerate(zip(life.orders.tolist(), spent.tolist(), online, strict=True)):
        fields: dict[str, object] = {
            "amount": {"value": f"{value:.2f}", "currency": "EUR"},
            **referring("order", order_name(person, number)),
        }
        if number == 0:
            fields["traits"] = {"first_name": one_of(FIRST_NAMES, dice), "language": one_of(("en", "fr"), dice)}
        yield Happening(day, "web" if is_online else "store", "order.placed", fields)
    for each in life.incidents:
        if each.trouble is Trouble.LATE_DELIVERY:
            yield Happening(each.day, "store", "order.delayed", referring("order", order_name(person, each.cause)))


def _use(life: Life, dice: np.random.Generator) -> Iterator[Happening]:
    """Minutes are log-normal."""
    minutes = dice.lognormal(math.log(6), 0.9, life.sessions.size).round(1)
    channel, what = ("app", "feature.used") if life.person.has_app else ("web", "visit.made")
    for day, length in zip(life.sessions.tolist(), minutes.tolist(), strict=True):
        fields: Fields = {"data": {"minutes": length, "feature": one_of(FEATURES, dice)}}
        yield Happening(day, channel, what, fields)


def _payments(life: Life) -> Iterator[Happening]:
    failed = {each.cause for each in life.incidents if each.trouble is Trouble.FAILED_PAYMENT}
    for number, day in enumerate(life.payments.tolist()):
        what = "payment.failed" if number in failed else "payment.succeeded"
        yield Happening(day, "billing", what, {"amount": FEE})


def _subscription(life: Life, dice: np.random.Generator) -> Iterator[Happening]:
    """The less content, the more downgrades. Who leaves in silence does not cancel."""
    subscription = referring("subscription", life.person.name)
    yield Happening(life.person.joined_day, "billing", "subscription.started", {**subscription, "amount": FEE})
    for day in life.renewals.tolist():
        yield Happening(day, "billing", "subscription.renewed", {**subscription, "amount": FEE})
    for day in life.payments.tolist():
        mood = life.mood_on(day)
        if dice.random() < CHANGING_SHARE * math.exp(-0.9 * mood):
            yield Happening(day, "billing", "subscription.downgraded", subscription)
        elif dice.random() < CHANGING_SHARE * math.exp(0.5 * mood):
            yield Happening(day, "billing", "subscription.upgraded", subscription)
    if life.leaving and life.leaving.is_loud:
        yield Happening(life.leaving.left_day, "billing", "subscription.cancelled", subscription)


def _consent(person: Person) -> Happening:
    said = {
        "purpose": "marketing",
        "channel": "email",
        "status": "granted",
        "lawful_basis": "consent",
        "policy_version": "world-1",
        "evidence": EVIDENCE,
    }
    return Happening(person.joined_day + JUST_AFTER, "store", "consent.changed", {"consent": said})
