"""MongoDB and Kafka go away in mid-flow and come back: everything waits, resumes by itself, and nothing is lost."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial, reduce
from operator import add

import pytest

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.stack import Stack
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.settings import KafkaSettings
from support.aftermath import violations
from support.pages import Pages
from support.progress import Progress
from support.publishing import publish_at
from support.traffic import Amounts, Traffic, make_traffic

AMOUNTS = Amounts(interactions=2_500, customers=600)
PER_SECOND = 100
IN_FLOW_RECORDS = 300
WITHIN_SECONDS = 40.0
LONGER_THAN_THE_WATCHDOG_WAITS = 100.0


@dataclass(frozen=True, slots=True)
class Outcome:
    pages: Pages
    has_kept_its_processes: bool
    violations: list[str]


@pytest.fixture(scope="module")
def published() -> list[Traffic]:
    """All that was published to the module's stack so far: its guarantees are asked of everything on it."""
    return []


@pytest.mark.parametrize(
    ("leave", "seconds"),
    [
        (Mongod.stop, 20.0),
        pytest.param(Mongod.kill, LONGER_THAN_THE_WATCHDOG_WAITS, marks=pytest.mark.long),
    ],
)
async def test_mongodb_that_goes_away_in_mid_flow_costs_nothing_but_time(
    stack: Stack, published: list[Traffic], leave: Callable[[Mongod], None], seconds: float
) -> None:
    assert isinstance(stack.mongo, Mongod)

    outcome = await _without(stack.mongo, partial(leave, stack.mongo), seconds, stack, published)

    _assert_waited(outcome, {"profile-resolve", "scoring", "notify"}, "mongodb")


@pytest.mark.parametrize(
    ("leave", "seconds"),
    [
        (Kafka.stop, 10.0),
        pytest.param(Kafka.kill, LONGER_THAN_THE_WATCHDOG_WAITS, marks=pytest.mark.long),
    ],
)
async def test_kafka_that_goes_away_in_mid_flow_costs_nothing_but_time(
    stack: Stack, published: list[Traffic], leave: Callable[[Kafka], None], seconds: float
) -> None:
    assert isinstance(stack.kafka, Kafka)

    outcome = await _without(stack.kafka, partial(leave, stack.kafka), seconds, stack, published)

    _assert_waited(outcome, set(stack.addresses.processes), "kafka")


def _assert_waited(outcome: Outcome, services: set[str], dependency: str) -> None:
    pages = outcome.pages
    assert outcome.has_kept_its_processes
    assert pages.alive == {name: {200} for name in pages.processes}
    assert {name for name, waited in pages.waited_for.items() if dependency in waited} >= services
    assert {name for name, ready in pages.ready.items() if 503 in ready} >= services
    assert {ready[-1] for ready in pages.ready.values()} == {200}
    assert outcome.violations == []


async def _without(
    server: Kafka | Mongod, leave: Callable[[], None], seconds: float, stack: Stack, published: list[Traffic]
) -> Outcome:
    """Traffic flows; the server leaves, and is brought back; what is left then is worked on to its end."""
    source = f"shop.example/{len(published)}"
    traffic = make_traffic(AMOUNTS, source=source, seed=len(published), now=datetime.now(UTC))
    published.append(traffic)
    processes, pages = stack.supervisor.pids, Pages(stack.addresses.processes)
    progress = Progress(OffsetReader(KafkaSettings(bootstrap_servers=stack.addresses.kafka)))
    publishing = asyncio.create_task(publish_at(stack.addresses.kafka, traffic.raws, per_second=PER_SECOND))
    watching = asyncio.create_task(pages.watch())
    await progress.advance("profile-fold", IN_FLOW_RECORDS, within_seconds=WITHIN_SECONDS)
    await asyncio.to_thread(leave)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.restart)
    back = time.monotonic()
    await publishing
    await progress.drain(within_seconds=WITHIN_SECONDS)
    print(f"\nat rest {time.monotonic() - back:.1f} s after it was back; waited: {dict(pages.waited_for)}")
    await pages.until_ready(within_seconds=WITHIN_SECONDS)
    watching.cancel()
    await progress.offsets.close()
    found = await violations(stack.addresses, reduce(add, published))
    return Outcome(pages, stack.supervisor.pids == processes, found)
