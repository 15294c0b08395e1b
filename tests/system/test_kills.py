"""Processes are killed while they work, and every interaction still counts exactly once."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import add
from random import Random, SystemRandom

import pytest

from fidelio_deploy.stack import Stack
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.settings import KafkaSettings
from support.aftermath import violations
from support.killing import Killer
from support.progress import Progress
from support.publishing import publish_at
from support.traffic import Amounts, Traffic, make_traffic

AMOUNTS = Amounts(interactions=20_000, customers=4_000)
STEPS = ("ingest", "profile-resolve", "profile-fold", "scoring")
LONGEST_STALL_SECONDS = 15.0
DRAINED_WITHIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`kills` of each service, `apart_seconds` from one to the next."""

    kills: Mapping[str, int]
    apart_seconds: float
    per_second: float


QUICK = Plan(dict.fromkeys(STEPS, 3) | {"profile": 1, "notify": 1}, apart_seconds=10, per_second=500)
LONG = Plan(dict.fromkeys((*STEPS, "profile", "notify"), 20), apart_seconds=20, per_second=30)


@dataclass(frozen=True, slots=True)
class Outcome:
    kills: Mapping[str, int]
    longest_stalls: Mapping[str, float]
    violations: list[str]


@pytest.fixture(scope="module")
def published() -> list[Traffic]:
    """All that was published to the module's stack so far: its guarantees are asked of everything on it."""
    return []


async def test_processes_killed_at_work_lose_double_and_change_nothing(stack: Stack, published: list[Traffic]) -> None:
    outcome = await _killed_at_work(stack, QUICK, published)

    assert outcome.violations == []
    assert outcome.kills == QUICK.kills


@pytest.mark.long
async def test_twenty_kills_of_each_service_stall_none_for_fifteen_seconds(
    stack: Stack, published: list[Traffic]
) -> None:
    outcome = await _killed_at_work(stack, LONG, published)

    assert outcome.violations == []
    assert outcome.kills == LONG.kills
    assert max(outcome.longest_stalls.values()) < LONGEST_STALL_SECONDS


async def _killed_at_work(stack: Stack, plan: Plan, published: list[Traffic]) -> Outcome:
    seed = int(os.environ.get("FIDELIO_TEST_SEED") or SystemRandom().randrange(10**9))
    print(f"\nseed {seed}: FIDELIO_TEST_SEED={seed} says and kills the same again")
    traffic = make_traffic(AMOUNTS, source=f"shop.example/{seed}", seed=seed, now=datetime.now(UTC))
    published.append(traffic)
    progress = Progress(OffsetReader(KafkaSettings(bootstrap_servers=stack.addresses.kafka)))
    killer = Killer(stack.supervisor, progress, Random(seed))
    watching, started = asyncio.create_task(progress.watch_stalls()), time.monotonic()
    async with asyncio.TaskGroup() as work:
        work.create_task(publish_at(stack.addresses.kafka, traffic.raws, per_second=plan.per_second))
        for service, times in plan.kills.items():
            work.create_task(killer.kill(service, times=times, apart_seconds=plan.apart_seconds))
    await progress.drain(within_seconds=DRAINED_WITHIN_SECONDS)
    _tell(len(traffic.raws), time.monotonic() - started, killer, progress)
    watching.cancel()
    await progress.offsets.close()
    found = await violations(stack.addresses, reduce(add, published))
    return Outcome(dict(killer.counted), progress.longest_stalls, found)


def _tell(records: int, seconds: float, killer: Killer, progress: Progress) -> None:
    print(f"{records} records in {seconds:.1f} s, {records / seconds:.0f}/s, {killer.counted.total()} kills at work")
    for service, stall in progress.longest_stalls.items():
        print(f"  {service}: {killer.counted[service]} kills, longest stall {stall:.1f} s")
