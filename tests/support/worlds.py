"""Simulated worlds small enough for a test, and what can be read from their letters."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from fidelio_deploy.world.laws import World
from fidelio_deploy.world.life import Life
from fidelio_shared.contracts.ingest import CORE_TYPES


@dataclass(frozen=True, slots=True)
class Arrived:
    received_at: datetime
    occurred_at: datetime
    channel: str
    said: Mapping[str, Any]

    @property
    def customer(self) -> str:
        return str(self.said["id"]).rsplit("-", 1)[0]


def a_seed() -> int:
    """Drawn anew in each run, so that nobody tunes a world to it; failures show it as part of the world."""
    return secrets.randbelow(2**31)


def arrivals(lines: Iterable[bytes]) -> Iterator[Arrived]:
    for line in lines:
        told = orjson.loads(line)
        said = told["interaction"]
        yield Arrived(
            datetime.fromisoformat(told["received_at"]),
            datetime.fromisoformat(said["occurred_at"]),
            told["channel"],
            said,
        )


def own_activity(arrived: Iterable[Arrived]) -> Iterator[Arrived]:
    return (each for each in arrived if each.said["type"] in CORE_TYPES)


def after_leaving(arrived: Iterable[Arrived], world: World, left: Mapping[str, float]) -> list[Arrived]:
    """Own activity of people who had left by then."""
    return [each for each in own_activity(arrived) if world.day(each.occurred_at) >= left[each.customer]]


def on_holiday(
    arrived: Iterable[Arrived], world: World, lived: Iterable[Life], *, moved_days: int = 0
) -> list[Arrived]:
    """Own activity of people who were away."""
    away = {life.person.name: life.person.holidays for life in lived}
    return [
        each
        for each in own_activity(arrived)
        if any(
            first + moved_days <= world.day(each.occurred_at) < first + moved_days + length
            for first, length in away[each.customer]
        )
    ]
