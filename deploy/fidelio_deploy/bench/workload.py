"""What is sent through: each interaction is a function of its number, so that every run sends the same."""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import accumulate

import orjson

from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import InteractionId, interaction_id
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.records import Outgoing

CUSTOMERS = 20_000
REDELIVERED = 0.005
REDELIVERED_AFTER = 500
# Customer k is active in proportion to 1/(k + 10): the first has 1.3 % of all interactions, the first tenth 70 %.
FLATTENED_BY = 10
PERIOD = timedelta(days=390)
"""Within what every type is kept: what is older is refused at the door, and no later step would see it."""

_WITH_A_DEVICE = ("web", "app")
_JSON = (("content-type", b"application/json"),)
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@dataclass(frozen=True, slots=True)
class Kind:
    percent: int
    channel: str
    type: str


KINDS = (
    Kind(24, "web", "page.viewed"),
    Kind(22, "web", "product.viewed"),
    Kind(14, "app", "app.opened"),
    Kind(12, "email", "message.opened"),
    Kind(5, "email", "message.clicked"),
    Kind(12, "store", "order.placed"),
    Kind(5, "support", "ticket.opened"),
    Kind(3, "survey", "survey.answered"),
    Kind(3, "billing", "payment.succeeded"),
)
_KIND_BOUNDS = tuple(accumulate(each.percent / 100 for each in KINDS))


@dataclass(frozen=True, slots=True)
class Workload:
    """`events` interactions spread over PERIOD before `until`; numbers beyond them happen at `until`."""

    events: int
    until: datetime
    activity: tuple[float, ...]

    def records(self, first: int, count: int) -> Iterator[Outgoing]:
        """In the order of their numbers; one in 200 comes again, 500 interactions later."""
        for number in range(first, first + count):
            yield self._record(number)
            earlier = number - REDELIVERED_AFTER
            if earlier >= first and _draw(earlier, "redelivered") < REDELIVERED:
                yield self._record(earlier)

    def emails(self, count: int) -> list[str]:
        """Of as many customers, in the order of their interactions: the more active, the more often."""
        found: list[str] = []
        for number in range(self.events):
            if len(found) == count:
                break
            if kind_of(number).channel not in _WITH_A_DEVICE:
                found.append(_email(self._customer(number)))
        return found

    def _record(self, number: int) -> Outgoing:
        kind, customer = kind_of(number), self._customer(number)
        key = f"customer_id:{_customer_id(customer)}".encode()
        return Outgoing(channel_topic(kind.channel), key, orjson.dumps(self._said(number, kind, customer)), _JSON)

    def _said(self, number: int, kind: Kind, customer: int) -> dict[str, object]:
        at = min(self.until, self.until - PERIOD + PERIOD * number / self.events)
        said: dict[str, object] = {
            "source": _source(kind),
            "id": _source_id(number),
            "type": kind.type,
            "occurred_at": instant(at),
            "identifiers": _identifiers(kind, customer),
        }
        if kind.type == "order.placed":
            said["amount"] = {"value": f"{10 + number % 90}.90", "currency": "EUR"}
            said["traits"] = {"city": "Lyon", "tier": ("basic", "silver", "gold")[number % 3]}
        if kind.type == "survey.answered":
            said["rating"] = {"scale": "nps", "value": number % 11}
        return said | {"data": _details(number)}

    def _customer(self, number: int) -> int:
        return bisect(self.activity, _draw(number, "customer") * self.activity[-1])


def make_workload(events: int, *, until: datetime, customers: int = CUSTOMERS) -> Workload:
    return Workload(events, until, tuple(accumulate(1 / (rank + FLATTENED_BY) for rank in range(customers))))


def id_of(number: int) -> InteractionId:
    return interaction_id(_source(kind_of(number)), _source_id(number))


def kind_of(number: int) -> Kind:
    return KINDS[min(bisect(_KIND_BOUNDS, _draw(number, "kind")), len(KINDS) - 1)]


def _source(kind: Kind) -> str:
    return f"{kind.channel}.bench.example"


def _source_id(number: int) -> str:
    return f"{number:09}"


def _customer_id(customer: int) -> str:
    return f"c{customer:06}"


def _identifiers(kind: Kind, customer: int) -> list[dict[str, str]]:
    found = [{"kind": "customer_id", "value": _customer_id(customer)}]
    if kind.channel in _WITH_A_DEVICE:
        return [*found, {"kind": "device_id", "value": f"{kind.channel}-{customer:06}"}]
    return [*found, {"kind": "email", "value": _email(customer)}]


def _email(customer: int) -> str:
    return f"customer.{customer:06}@bench.example"


def _details(number: int) -> dict[str, object]:
    return {
        "session": f"{number * 2_654_435_761 % 2**64:016x}",
        "place": f"https://shop.bench.example/catalogue/{number % 977}/item-{number % 4999}",
        "agent": _AGENT,
        "campaign": f"spring-{number % 31}",
        "step": number % 17,
    }


def _draw(number: int, what: str) -> float:
    """Evenly spread over [0, 1): chance without a generator that would have to be carried along."""
    digest = blake2b(f"{what}:{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
