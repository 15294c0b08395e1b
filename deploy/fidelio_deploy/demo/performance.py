"""The history replayed through the stack, leg by leg, and what the system then says of it."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from fidelio_deploy.demo.backtest import Judgement, judge
from fidelio_deploy.demo.cdnow import Purchase
from fidelio_deploy.demo.figures import Flow, accepted, cpu_seconds, read_flow
from fidelio_deploy.demo.outcome import Customer, following
from fidelio_deploy.replay.history import in_steps, read_history
from fidelio_deploy.replay.pace import pace_of
from fidelio_deploy.replay.progress import ReplayProgress, counted, shown_progress
from fidelio_deploy.replay.quiet import until_quiet
from fidelio_deploy.replay.replaying import Replay, replay_into
from fidelio_deploy.stack import Stack
from fidelio_shared.contracts.notify import NotificationChanged

# Before April 1997 nobody was silent for long enough to be written to, so the clock may go in longer steps. A message
# about somebody's silence is of use for two days: from then on that is the longest step in which none gets stale.
NOBODY_SILENT_UNTIL = datetime(1997, 3, 31, 23, 59, 59, 999_000, tzinfo=UTC)
WEEK, TWO_DAYS = timedelta(days=7), timedelta(days=2)


@dataclass(frozen=True)
class Leg:
    until: datetime
    step: timedelta


@dataclass(frozen=True)
class Lap:
    leg: Leg
    interactions: int
    seconds: float


@dataclass(frozen=True)
class Performance:
    judgement: Judgement | None
    customers: tuple[Customer, ...]
    decisions: tuple[NotificationChanged, ...]
    flow: Flow
    laps: tuple[Lap, ...]
    cpu: Mapping[str, float]


@dataclass(frozen=True)
class Script:
    """`history` is replayed up to `until`; scores are judged as they are at `cutoff`, by the `purchases` after it."""

    history: Path
    purchases: Sequence[Purchase]
    cutoff: datetime
    until: datetime


def legs(*, cutoff: datetime, until: datetime) -> tuple[Leg, ...]:
    ends = sorted({end for end in (NOBODY_SILENT_UNTIL, cutoff, until) if end <= until})
    return tuple(Leg(end, WEEK if end <= NOBODY_SILENT_UNTIL else TWO_DAYS) for end in ends)


async def perform(stack: Stack, script: Script, console: Console, *, records: int) -> Performance:
    """`records`: how many will be published, for the progress shown meanwhile."""
    laps: list[Lap] = []
    judgement: Judgement | None = None
    at_start = cpu_seconds(stack)
    async with following(stack.addresses.kafka) as outcome, _replaying(stack, console, records) as (replay, progress):
        for leg in legs(cutoff=script.cutoff, until=script.until):
            after = laps[-1].leg.until if laps else None
            laps.append(await _lap(stack, script, replay, progress, leg=leg, after=after))
            if leg.until == script.cutoff:
                judgement = judge(
                    await outcome.customers(await outcome.snapshots()), script.purchases, cutoff=script.cutoff
                )
        cpu = {name: used - at_start.get(name, 0.0) for name, used in cpu_seconds(stack).items()}
        snapshots = await outcome.snapshots()
        return Performance(
            judgement=judgement,
            customers=await outcome.customers(snapshots),
            decisions=await outcome.decisions(),
            flow=await read_flow(stack, snapshots.values(), await outcome.dead_letters()),
            laps=tuple(laps),
            cpu=cpu,
        )


@asynccontextmanager
async def _replaying(stack: Stack, console: Console, records: int) -> AsyncIterator[tuple[Replay, ReplayProgress]]:
    processes = stack.addresses.processes
    async with (
        replay_into(stack.addresses.kafka, pace_of(processes)) as replay,
        shown_progress(console, counted(processes), records=records) as progress,
    ):
        yield replay, progress


async def _lap(
    stack: Stack, script: Script, replay: Replay, progress: ReplayProgress, *, leg: Leg, after: datetime | None
) -> Lap:
    started, before = time.monotonic(), await accepted(stack)
    steps = in_steps(read_history(script.history), length=leg.step, until=leg.until, after=after)
    await replay.run(steps, tell=progress.tell)
    await until_quiet(stack.addresses.kafka)
    return Lap(leg, await accepted(stack) - before, time.monotonic() - started)
