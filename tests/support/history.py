"""Two years of a shop with habits, pauses and farewells, told in the order in which they happened."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from fidelio_deploy.replay.history import Recorded
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.records import Outgoing

BEGINS = datetime(2021, 1, 1, tzinfo=UTC)
DAYS = 730
ENDS = BEGINS + timedelta(days=DAYS)
SOURCE = "shop.example/history"
ORDER, VISIT = ("store", "order.placed"), ("web", "page.viewed")


def a_history(seed: int, *, customers: int) -> list[Recorded]:
    """About seven interactions a customer."""
    lots = Random(seed)
    said = [each for customer in range(customers) for each in _life(lots, customer)]
    return sorted(said, key=lambda each: each.at)


def _life(lots: Random, customer: int) -> Iterator[Recorded]:
    """Orders at gaps of the customer's own until the customer stays away; visits to the web between them."""
    day, gap, number = lots.uniform(0, 400), lots.choice((5, 20, 60, 150)), 0
    while day < DAYS and lots.random() < 0.85:
        yield _recorded(lots, (customer, number), ORDER, day)
        if lots.random() < 0.3:
            yield _recorded(lots, (customer, number), VISIT, min(day + lots.uniform(0, gap), DAYS - 1))
        day += lots.expovariate(1 / gap)
        number += 1


def _recorded(lots: Random, who: tuple[int, int], saying: tuple[str, str], day: float) -> Recorded:
    (customer, number), (channel, kind) = who, saying
    at = BEGINS + timedelta(milliseconds=int(day * 86_400_000))
    said = {
        "source": f"{SOURCE}/{channel}",
        "id": f"{customer}/{number}",
        "type": kind,
        "occurred_at": instant(at),
        "identifiers": _identifiers(lots, customer),
        "amount": {"value": f"{lots.randint(100, 9999) / 100:.2f}", "currency": "EUR"} if saying == ORDER else None,
    }
    return Recorded(at, Outgoing(channel_topic(channel), str(customer).encode(), json.dumps(said).encode(), ()))


def _identifiers(lots: Random, customer: int) -> Sequence[dict[str, str]]:
    """Mostly the number; sometimes the address as well, or alone, so that a person speaks on several partitions."""
    number = {"kind": "customer_id", "value": str(customer + 1)}
    address = {"kind": "email", "value": f"customer{customer}@example.org"}
    return lots.choices(([number], [number, address], [address]), weights=(5, 3, 1))[0]
