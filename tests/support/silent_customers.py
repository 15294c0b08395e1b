"""Customers whose silence falls due at a chosen millisecond, and what must be said of it.

The truth is read from `channels.store`: what was received, and when by the broker's clock.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from fidelio_shared.contracts.canonical import instant, milliseconds
from fidelio_shared.contracts.ids import ProfileId, interaction_id, profile_id
from fidelio_shared.contracts.topics import SEGMENTS, channel_topic
from support.topics import Record, publish, read_topic

SOURCE = "shop.example/silence"
STORE = channel_topic("store")
LAPSED_AFTER = timedelta(days=182)
LAPSED_AFTER_MS = LAPSED_AFTER // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Customer:
    """`due_at`: when, without another order, the silence since the first one falls due."""

    name: str
    due_at: datetime

    @property
    def profile(self) -> ProfileId:
        return profile_id(interaction_id(SOURCE, f"{self.name}/1"))


@dataclass(frozen=True, slots=True)
class Ordered:
    """Milliseconds since 1970."""

    occurred_at: int
    received_at: int


@dataclass(frozen=True, slots=True)
class Lapsed:
    """`published_at` by the clock of who published it; `at` as it says."""

    profile: str
    at: int
    published_at: int
    cause: str


def in_seconds(seconds: float) -> datetime:
    """From now on, to the millisecond."""
    soon = datetime.now(UTC) + timedelta(seconds=seconds)
    return soon.replace(microsecond=soon.microsecond // 1000 * 1000)


def customers(prefix: str, number: int, *, first: datetime, apart_ms: int) -> list[Customer]:
    return [Customer(f"{prefix}{each}", first + timedelta(milliseconds=each * apart_ms)) for each in range(number)]


async def order_first(kafka: str, them: Iterable[Customer]) -> None:
    await publish(kafka, STORE, [_order(each.name, 1, each.due_at - LAPSED_AFTER) for each in them])


async def order_again(kafka: str, them: Iterable[Customer]) -> None:
    """Now; whether it is read is another matter."""
    await publish(kafka, STORE, [_order(each.name, 2, datetime.now(UTC)) for each in them])


async def read_known(kafka: str) -> set[str]:
    """Profiles that scoring has said something of."""
    return {(each.key or b"").decode() for each in await read_topic(kafka, SEGMENTS.name)}


async def read_latencies(kafka: str, *, since: datetime) -> list[int]:
    """Milliseconds from an order's append to what scoring says because of it."""
    entered: dict[str, int] = {}
    for record in await read_topic(kafka, SEGMENTS.name):
        entered.setdefault((record.key or b"").decode(), record.timestamp)
    orders = (await read_orders(kafka)).items()
    return [entered[profile] - them[0].received_at for profile, them in orders if them[0].received_at >= _ms(since)]


async def read_lapses(kafka: str) -> list[Lapsed]:
    """Each once, however often it was repeated."""
    found: dict[str, Lapsed] = {}
    for record in await read_topic(kafka, SEGMENTS.name):
        said = orjson.loads(record.value or b"")
        if "lapsed" in said["entered"]:
            lapsed = Lapsed(said["profile"], milliseconds(said["at"]), record.timestamp, said["cause"]["kind"])
            found.setdefault(record.header("ce_id"), lapsed)
    return list(found.values())


async def read_orders(kafka: str) -> Mapping[str, Sequence[Ordered]]:
    """By profile, as they were received."""
    found: dict[str, list[Ordered]] = defaultdict(list)
    for record in sorted(await read_topic(kafka, STORE), key=lambda each: each.timestamp):
        name, ordered = _ordered(record)
        found[Customer(name, datetime.now(UTC)).profile].append(ordered)
    return found


def silence_violations(
    orders: Mapping[str, Sequence[Ordered]], lapses: Sequence[Lapsed], *, until: datetime
) -> list[str]:
    """Everybody who fell silent by `until` is said to have, once and at that millisecond; nobody else is."""
    told = Counter((each.profile, each.at) for each in lapses)
    due = {(profile, at) for profile, received in orders.items() for at in _silences(received)}
    found = [f"{profile} is said to have lapsed at {at}, and had ordered" for profile, at in told.keys() - due]
    found += [f"{profile} lapsed at {at}, and nobody says so" for profile, at in due - told.keys() if at <= _ms(until)]
    found += [f"{profile} is said {times} times to have lapsed" for (profile, _), times in told.items() if times > 1]
    return found


def _silences(received: Sequence[Ordered]) -> Iterable[int]:
    """An order received in the very millisecond in which silence falls due comes too late."""
    last = 0
    for number, ordered in enumerate(received):
        last = max(last, ordered.occurred_at)
        later = received[number + 1 :]
        if not later or later[0].received_at >= last + LAPSED_AFTER_MS:
            yield last + LAPSED_AFTER_MS


def _order(name: str, number: int, occurred_at: datetime) -> tuple[bytes, bytes]:
    said = {
        "source": SOURCE,
        "id": f"{name}/{number}",
        "type": "order.placed",
        "occurred_at": instant(occurred_at),
        "identifiers": [{"kind": "customer_id", "value": name}],
        "amount": {"value": "20.00", "currency": "EUR"},
    }
    return name.encode(), json.dumps(said).encode()


def _ordered(record: Record) -> tuple[str, Ordered]:
    said = orjson.loads(record.value or b"")
    name, _, _ = said["id"].partition("/")
    return name, Ordered(milliseconds(said["occurred_at"]), record.timestamp)


def _ms(moment: datetime) -> int:
    return milliseconds(instant(moment))
