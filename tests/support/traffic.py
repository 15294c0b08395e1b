"""Interactions of many customers as channel systems would say them, good and bad, and what must become of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from operator import itemgetter
from random import Random

from fidelio_shared.contracts.ids import interaction_id
from fidelio_shared.contracts.topics import CHANNEL_PARTITIONS

SAYINGS = (
    ("store", "order.placed"),
    ("web", "page.viewed"),
    ("web", "product.viewed"),
    ("app", "app.opened"),
    ("email", "message.opened"),
    ("support", "ticket.opened"),
    ("billing", "payment.succeeded"),
)
_ORDERED_WITHIN_DAYS = 390
_FURTHEST_COPY = 2_000

Said = dict[str, object]


@dataclass(frozen=True, slots=True)
class Raw:
    """One record for a channel's topic. `broken`: the reason for which it must become a dead letter."""

    channel: str
    partition: int
    value: bytes | None
    broken: str | None = None

    @property
    def key(self) -> bytes:
        """Tells whoever reads the topic what must become of the record; Fidelio does not look at it."""
        return f"broken {self.broken}".encode() if self.broken else b"good"


@dataclass(frozen=True, slots=True)
class Traffic:
    """`raws` in the order of their publication. `conflicting`: ids under which two different things are said."""

    raws: tuple[Raw, ...]
    accepted: frozenset[str]
    conflicting: frozenset[str]

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(self.raws + other.raws, self.accepted | other.accepted, self.conflicting | other.conflicting)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Shares of the interactions. A repetition is byte-identical on another partition; a conflict says the same id of
    another customer."""

    interactions: int
    customers: int
    repeated: float = 0.04
    conflicting: float = 0.01
    broken: float = 0.01


def make_traffic(amounts: Amounts, *, source: str, seed: int, now: datetime) -> Traffic:
    """A few customers say much and most say little, as Zipf found for words."""
    chance = Random(seed)
    weights = list(accumulate(1 / rank for rank in range(1, amounts.customers + 1)))
    speakers = chance.choices(range(amounts.customers), cum_weights=weights, k=amounts.interactions)
    raws = [_raw(chance, _saying(chance, source, number, who, now)) for number, who in enumerate(speakers)]
    conflicts, repetitions, broken = (
        _count(amounts, share) for share in (amounts.conflicting, amounts.repeated, amounts.broken)
    )
    copied = chance.sample(range(amounts.interactions), conflicts + repetitions)
    placed = [(float(number), raw) for number, raw in enumerate(raws)]
    placed += [(_after(chance, each), _elsewhere(raws[each])) for each in copied[conflicts:]]
    placed += [(_after(chance, each), _contradicted(_elsewhere(raws[each]))) for each in copied[:conflicts]]
    placed += [(chance.uniform(0, amounts.interactions), _broken(chance, source, now)) for _ in range(broken)]
    return Traffic(
        raws=tuple(raw for _, raw in sorted(placed, key=itemgetter(0))),
        accepted=frozenset(interaction_id(source, str(number)) for number in range(amounts.interactions)),
        conflicting=frozenset(interaction_id(source, str(number)) for number in copied[:conflicts]),
    )


def _count(amounts: Amounts, share: float) -> int:
    return round(amounts.interactions * share)


def _after(chance: Random, number: int) -> float:
    """Half of the copies follow at once, so that they race on their partitions; the others much later."""
    return number + (0.5 if chance.random() < 0.5 else chance.uniform(1, _FURTHEST_COPY))


def _saying(chance: Random, source: str, number: int, customer: int, now: datetime) -> tuple[str, Said]:
    channel, kind = chance.choice(SAYINGS)
    said: Said = {
        "source": source,
        "id": str(number),
        "type": kind,
        "occurred_at": _text(now - timedelta(days=chance.random() * _ORDERED_WITHIN_DAYS)),
        "identifiers": _identifiers(chance, customer),
        "traits": {"city": chance.choice(("Lyon", "Turin", "Ghent"))},
    }
    if kind == "order.placed":
        said["amount"] = {"value": f"{chance.randint(100, 9999) / 100:.2f}", "currency": "EUR"}
    return channel, said


def _identifiers(chance: Random, customer: int) -> list[Mapping[str, str]]:
    """Mostly the customer's number; sometimes with, and seldom only, the address."""
    number = {"kind": "customer_id", "value": str(customer + 1)}
    address = {"kind": "email", "value": f"customer{customer}@example.org"}
    device = {"kind": "device_id", "value": f"device-{customer}-{chance.randrange(2)}"}
    return chance.choices(([number], [number, address], [number, device], [address]), weights=(6, 2, 1, 1))[0]


def _raw(chance: Random, saying: tuple[str, Said]) -> Raw:
    channel, said = saying
    return Raw(channel, chance.randrange(CHANNEL_PARTITIONS), json.dumps(said).encode())


def _elsewhere(raw: Raw) -> Raw:
    return replace(raw, partition=(raw.partition + 1) % CHANNEL_PARTITIONS)


def _contradicted(raw: Raw) -> Raw:
    said: Said = json.loads(raw.value or b"")
    said["identifiers"] = [{"kind": "loyalty_id", "value": f"somebody-else-{said['id']}"}]
    return replace(raw, value=json.dumps(said).encode())


def _broken(chance: Random, source: str, now: datetime) -> Raw:
    """Their ids are above those of all that is good."""
    _, said = _saying(chance, source, 10**9 + chance.randrange(10**9), 0, now)
    viewed = said | {"type": "page.viewed"}
    faults: Sequence[tuple[str, str, Said | bytes | None]] = (
        ("not_json", "web", b'{"source": "cut off he'),
        ("schema", "web", b"[1, 2, 3]"),
        ("schema", "web", viewed | {"id": ""}),
        ("tombstone", "web", None),
        ("unidentifiable", "web", viewed | {"identifiers": []}),
        ("not_permitted", "survey", viewed),
        ("beyond_limits", "web", viewed | {"data": {"$where": "1"}}),
        ("time_out_of_range", "web", viewed | {"occurred_at": _text(now + timedelta(days=9))}),
    )
    reason, channel, content = chance.choice(faults)
    value = json.dumps(content).encode() if isinstance(content, dict) else content
    return Raw(channel, chance.randrange(CHANNEL_PARTITIONS), value, broken=reason)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
