"""Five customers whose story is worth telling."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fidelio_deploy.demo.outcome import Customer
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import NotificationChanged

Wanted = Callable[[Customer], float | None]
"""How well somebody fits a part; None for not at all."""


@dataclass(frozen=True)
class Part:
    title: str
    customer: Customer


def cast(customers: Iterable[Customer], decisions: Iterable[NotificationChanged]) -> tuple[Part, ...]:
    """Each part goes to who fits it best and has none yet; a part that nobody fits is left out."""
    written_to = {each.profile for each in decisions if each.step == "sent"}
    free, parts = list(customers), []
    for title, wanted in _parts(written_to):
        fits = [(fit, each) for each in free if (fit := wanted(each)) is not None]
        if fits:
            chosen = max(fits, key=lambda each: each[0])[1]
            free.remove(chosen)
            parts.append(Part(title, chosen))
    return tuple(parts)


def _parts(written_to: set[ProfileId]) -> tuple[tuple[str, Wanted], ...]:
    return (
        ("got a message", lambda each: _orders(each) if each.score.profile in written_to else None),
        ("most loyal", lambda each: _orders(each) if each.churn.band == "low" else None),
        ("came back", _rescued),
        ("slipping away", lambda each: _orders(each) if _fell_silent(each, "watch") else None),
        ("gone silent", lambda each: _orders(each) if _fell_silent(each, "high") else None),
    )


def _orders(customer: Customer) -> float:
    facts = customer.churn.facts
    return facts.orders if facts else 0


def _rescued(customer: Customer) -> float | None:
    churn = customer.churn
    return churn.before - churn.after if churn.before and churn.band_before == "high" and churn.band == "low" else None


def _fell_silent(customer: Customer, band: str) -> bool:
    return customer.score.cause.kind == "review" and customer.churn.band == band
