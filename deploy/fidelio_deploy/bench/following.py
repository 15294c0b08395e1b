"""Watches how far consumer groups have come, and what the processes use meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fidelio_deploy.bench.bars import Show
from fidelio_deploy.bench.gauges import Gauges
from fidelio_deploy.bench.series import Sample
from fidelio_deploy.bench.workload import KINDS
from fidelio_deploy.errors import StackError
from fidelio_shared.contracts.topics import (
    INTERACTIONS,
    NOTIFICATIONS,
    PROFILES,
    SCORES,
    SEGMENTS,
    TIMELINE,
    channel_topic,
)
from fidelio_shared.messaging.lag import OffsetReader, lag
from fidelio_shared.messaging.settings import KafkaSettings

# A look costs the broker about a millisecond: one in a hundred.
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Stage:
    """`service` is the process that does it, as the stack names it."""

    name: str
    service: str
    group: str
    topics: tuple[str, ...]


CHANNELS = tuple(sorted({channel_topic(each.channel) for each in KINDS}))
INGEST = Stage("ingest", "ingest", "ingest.v1", CHANNELS)
RESOLVE = Stage("resolve", "profile-resolve", "profile.resolve.v1", (INTERACTIONS.name,))
FOLD = Stage("fold", "profile-fold", "profile.fold.v1", (TIMELINE.name,))
SCORING = Stage("scoring", "scoring", "scoring.v1", (PROFILES.name,))
STAGES = (INGEST, RESOLVE, FOLD, SCORING)
"""In the order of the path: what one publishes, the next one reads."""

OUTCOMES = Stage("outcomes", "profile", "profile.outcomes.v1", (SCORES.name, SEGMENTS.name, NOTIFICATIONS.name))
NOTIFY = Stage("notify", "notify", "notify.v1", (PROFILES.name, SCORES.name, SEGMENTS.name))


@dataclass(frozen=True, slots=True)
class Follower:
    offsets: OffsetReader
    gauges: Gauges

    async def committed(self, stage: Stage) -> int:
        return sum((await self.offsets.committed(stage.group)).values())

    async def waiting(self, stage: Stage) -> int:
        """Records on its input, done or not."""
        return sum((await self.offsets.ends(stage.topics)).values())

    async def lag(self, stage: Stage) -> int:
        ends, starts = await self.offsets.ends(stage.topics), await self.offsets.starts(stage.topics)
        return lag(ends, await self.offsets.committed(stage.group), starts)

    async def until_committed(self, stage: Stage, *, after: int, total: int, show: Show) -> list[Sample]:
        """A look every tenth of a second until `total` more than `after` are committed."""
        samples: list[Sample] = []
        moved_at = time.monotonic()
        while not samples or samples[-1].done < total:
            sample = self.gauges.look(await self.committed(stage) - after)
            if not samples or sample.done > samples[-1].done:
                moved_at = sample.at
            elif sample.at - moved_at > PATIENCE_SECONDS:
                raise StackError(f"{stage.name} has stopped at {sample.done} of {total} records; see dead-letters")
            samples.append(sample)
            show(sample.done)
            await asyncio.sleep(LOOK_SECONDS)
        return samples

    async def until_quiet(self, stages: Sequence[Stage]) -> None:
        """Nothing is left to do: looked at in their order, no stage lags."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while behind := [each.name for each in stages if await self.lag(each) > 0]:
            if time.monotonic() > deadline:
                raise StackError(f"{', '.join(behind)} did not catch up within {PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def following(kafka: KafkaSettings, gauges: Gauges) -> AsyncIterator[Follower]:
    offsets = OffsetReader(kafka)
    try:
        yield Follower(offsets, gauges)
    finally:
        await offsets.close()
