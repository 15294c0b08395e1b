"""The demo's history as one file: the real purchases, and between them what was invented or simulated."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import orjson

from fidelio_deploy.demo.cdnow import SOURCE, Purchase
from fidelio_deploy.demo.invented import consent_of, faults, is_repeated, speaks_of_consent
from fidelio_deploy.demo.simulated import letters
from fidelio_deploy.world.post import Letter
from fidelio_shared.contracts.canonical import from_milliseconds, instant, moment


class Origin(StrEnum):
    PURCHASE = "real purchases"
    ORDER = "simulated orders"
    LIFE = "the rest of simulated lives"
    CONSENT = "invented consents"
    REPETITION = "repeated on purpose"
    FAULT = "broken on purpose"


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    origin: Origin
    said: Mapping[str, object]


def tell(purchases: Iterable[Purchase]) -> tuple[Entry, ...]:
    """By time; what happened at one time stays in the order of the file, a repetition right after what it repeats."""
    listed = tuple(purchases)
    broken = (Entry(at, Origin.FAULT, said) for at, said in faults())
    entries = [*_purchases(listed), *_consents(listed), *map(_simulated, letters()), *broken]
    return tuple(sorted(entries, key=lambda each: each.at))


def write(story: Iterable[Entry], path: Path) -> None:
    with path.open("wb") as file:
        for entry in story:
            file.write(orjson.dumps(entry.said, option=orjson.OPT_APPEND_NEWLINE))


def origins(story: Iterable[Entry], *, until: datetime) -> Mapping[Origin, int]:
    """How many entries of each origin there are up to then."""
    counts = Counter(entry.origin for entry in story if entry.at <= until)
    return {origin: counts[origin] for origin in Origin}


def _purchases(purchases: Iterable[Purchase]) -> Iterator[Entry]:
    for purchase in purchases:
        said = _order(purchase)
        yield Entry(purchase.at, Origin.PURCHASE, said)
        if is_repeated(purchase):
            yield Entry(purchase.at, Origin.REPETITION, said)


def _consents(purchases: Iterable[Purchase]) -> Iterator[Entry]:
    first: dict[str, datetime] = {}
    for each in purchases:
        if speaks_of_consent(each.customer):
            first[each.customer] = min(each.at, first.get(each.customer, each.at))
    for customer, at in first.items():
        said = consent_of(customer, at)
        yield Entry(datetime.fromisoformat(str(said["occurred_at"])), Origin.CONSENT, said)


def _simulated(letter: Letter) -> Entry:
    origin = Origin.ORDER if letter.said["type"] == "order.placed" else Origin.LIFE
    at = moment(from_milliseconds(letter.occurred_ms))
    return Entry(at, Origin.REPETITION if letter.copy else origin, {"channel": letter.channel, **letter.said})


def _order(purchase: Purchase) -> Mapping[str, object]:
    return {
        "channel": "store",
        "source": SOURCE,
        "id": str(purchase.line),
        "type": "order.placed",
        "occurred_at": instant(purchase.at),
        "identifiers": [{"kind": "customer_id", "value": purchase.customer}],
        "amount": {"value": purchase.dollars, "currency": "USD"},
        "data": {"quantity": purchase.quantity},
    }
