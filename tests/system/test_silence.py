"""Silence on a real deployment: said at its millisecond, soon, and never of anybody who has ordered."""

import asyncio
import os
import signal
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from fidelio_deploy.metrics import MetricsPage, Samples
from fidelio_deploy.stack import Stack
from fidelio_shared.contracts.canonical import encode, instant, milliseconds
from fidelio_shared.contracts.topics import INTERACTIONS
from fidelio_shared.messaging.errors import Stale
from support.interactions import an_order, customer
from support.silence_watch import a_watch_without_a_watermark
from support.silent_customers import (
    Customer,
    Lapsed,
    customers,
    in_seconds,
    order_again,
    order_first,
    read_known,
    read_lapses,
    read_latencies,
    read_orders,
    silence_violations,
)
from support.topics import publish

PATIENCE_SECONDS = 30.0
STOPPED_SECONDS = 12.0
LATE = "scoring_late_snapshots_total"


async def test_silence_is_said_at_its_millisecond_and_soon(stack: Stack) -> None:
    kafka = stack.addresses.kafka
    silent = customers("silent", 60, first=in_seconds(6), apart_ms=50)
    await order_first(kafka, silent)
    await known(kafka, silent)
    async with ordering(kafka):
        await until(silent[-1].due_at)
    lapses = await lapses_of(kafka, silent)
    assert silence_violations(await read_orders(kafka), lapses, until=silent[-1].due_at) == []
    assert {each.cause for each in lapses} == {"review"}
    delays = sorted(each.published_at - each.at for each in lapses)
    lag = max(await read_latencies(kafka, since=silent[0].due_at))
    print(f"silence said after {delays[0]}, {statistics.median(delays):.0f}, {delays[-1]} ms (least, median, most);")
    print(f"an order after {lag} ms at most")
    soon = max(1_000, 500 + 2 * lag)
    assert statistics.median(delays) < soon
    assert delays[-1] < 3 * soon


@pytest.mark.parametrize("seconds", [STOPPED_SECONDS, pytest.param(60.0, marks=pytest.mark.long)])
async def test_while_ingest_stands_still_nobody_is_said_to_be_silent(stack: Stack, seconds: float) -> None:
    kafka = stack.addresses.kafka
    silent, back = silent_and_back(f"still{seconds:.0f}")
    await order_first(kafka, silent + back)
    await known(kafka, silent + back)
    with standing_still(stack.supervisor.pids["ingest"]):
        await order_again(kafka, back)
        await asyncio.sleep(seconds)
        assert lapsed_among(silent + back, await read_lapses(kafka)) == []
        assert await watermark_of(stack) == (pytest.approx(seconds, abs=3), ["ingest: channels.store"])
        again_at = datetime.now(UTC)
    lapses = await lapses_of(kafka, silent)
    assert silence_violations(await read_orders(kafka), await read_lapses(kafka), until=silent[-1].due_at) == []
    assert min(each.published_at for each in lapses) >= milliseconds(instant(again_at))


async def test_scoring_that_is_killed_while_it_lags_contradicts_nobody(stack: Stack) -> None:
    kafka = stack.addresses.kafka
    silent, back = silent_and_back("killed")
    await order_first(kafka, silent + back)
    await known(kafka, silent + back)
    pid = stack.supervisor.pids["scoring"]
    os.kill(pid, signal.SIGSTOP)
    await order_again(kafka, back)
    await until(silent[-1].due_at)
    assert lapsed_among(silent + back, await read_lapses(kafka)) == []
    os.kill(pid, signal.SIGKILL)
    await lapses_of(kafka, silent)
    assert silence_violations(await read_orders(kafka), await read_lapses(kafka), until=silent[-1].due_at) == []


async def test_a_snapshot_that_comes_after_the_watermark_is_counted(stack: Stack) -> None:
    """Nothing above was late; what does not come through the channels is."""
    assert (await samples_of(stack))[LATE] == 0
    yesterday = datetime.now(UTC) - timedelta(days=1)
    late = an_order(1, identifiers=(customer("late"),), occurred_at=yesterday, received_at=yesterday)
    await publish(stack.addresses.kafka, INTERACTIONS.name, [(b"late", encode(late))])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (await samples_of(stack))[LATE] == 0:
        assert time.monotonic() < deadline, "the late snapshot was not counted"
        await asyncio.sleep(0.1)
    assert (await samples_of(stack))[LATE] == 1


async def test_a_watch_that_takes_now_for_the_watermark_is_found_out_unless_it_was_frozen_meanwhile(
    stack: Stack,
) -> None:
    kafka = stack.addresses.kafka
    silent, back = silent_and_back("now")
    await order_first(kafka, silent + back)
    await known(kafka, silent + back)
    with standing_still(stack.supervisor.pids["ingest"]), standing_still(stack.supervisor.pids["scoring"]):
        await order_again(kafka, back)
        await until(silent[-1].due_at)
        async with a_watch_without_a_watermark(stack.addresses, clock=count(0, 16).__next__) as frozen:
            with pytest.raises(Stale):
                await frozen.fire_page()
        assert lapsed_among(silent + back, await read_lapses(kafka)) == []
        async with a_watch_without_a_watermark(stack.addresses, clock=time.monotonic) as watch:
            await watch.fire_page()
        found = silence_violations(await read_orders(kafka), await read_lapses(kafka), until=silent[-1].due_at)
    contradicted = {each.profile for each in back}
    assert {each.split()[0] for each in found if "had ordered" in each} == contradicted


async def watermark_of(stack: Stack) -> tuple[float, list[str]]:
    """Its age in seconds, and what holds it."""
    samples = await samples_of(stack)
    held = [sample for sample, value in samples.items() if sample.startswith("scoring_watermark_blocked{") and value]
    return samples["scoring_watermark_age_seconds"], ["{1}: {3}".format(*each.split('"')) for each in held]


async def samples_of(stack: Stack) -> Samples:
    scoring = MetricsPage(stack.addresses.scoring)
    samples = await scoring.read()
    scoring.close()
    assert samples, "scoring does not answer"
    return samples


def silent_and_back(prefix: str) -> tuple[list[Customer], list[Customer]]:
    """Some who will stay silent, and some who will order again before their silence falls due."""
    first = in_seconds(6)
    return customers(f"{prefix}-silent", 30, first=first, apart_ms=60), customers(
        f"{prefix}-back", 30, first=first, apart_ms=60
    )


@asynccontextmanager
async def ordering(kafka: str) -> AsyncIterator[None]:
    """Fifty orders a second of others go on for the length of the block."""
    enough = asyncio.Event()

    async def order() -> None:
        turn = 0
        while not enough.is_set():
            await order_first(kafka, customers(f"other{turn}-", 10, first=in_seconds(86_400), apart_ms=1))
            turn += 1
            await asyncio.sleep(0.2)

    async with asyncio.TaskGroup() as going_on:
        going_on.create_task(order())
        yield
        enough.set()


async def until(moment: datetime) -> None:
    await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


async def known(kafka: str, them: Sequence[Customer]) -> None:
    """Waits until scoring has scored them; well before their silence falls due."""
    while not {each.profile for each in them} <= await read_known(kafka):
        assert datetime.now(UTC) < them[0].due_at, "this machine is too slow for the test"
        await asyncio.sleep(0.1)


async def lapses_of(kafka: str, them: Sequence[Customer]) -> list[Lapsed]:
    """Waits until each of them is said to have lapsed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(found := lapsed_among(them, await read_lapses(kafka))) < len(them):
        assert time.monotonic() < deadline, f"{len(found)} of {len(them)} lapsed within {PATIENCE_SECONDS:.0f} s"
        await asyncio.sleep(0.2)
    return found


def lapsed_among(them: Sequence[Customer], lapses: Sequence[Lapsed]) -> list[Lapsed]:
    profiles = {each.profile for each in them}
    return [each for each in lapses if each.profile in profiles]


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
