"""Silence as an event: between batches, whatever is due up to the watermark is scored at its own instant."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from fidelio_scoring.handlers import REVIEWS_A_PAGE, ScoringHandlers
from fidelio_scoring.metrics import ScoringMetrics
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.errors import Stale, Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.observability.metrics import StepMetrics

EVERY_SECONDS: Mapping[ClockKind, float] = {"wall": 0.2, "stream": 0.05}
"""On the stream clock a round begins only where T has moved: to look costs little, and a replay waits for it."""
_LOOK_SECONDS = 0.1


class Work(Protocol):
    async def __call__(
        self, partitions: Sequence[int], until: datetime, /, *, check_age: Callable[[], None]
    ) -> int: ...


@dataclass(frozen=True, slots=True)
class SilenceWatch:
    handlers: ScoringHandlers
    ownership: Ownership
    watermark: Watermark
    health: Health
    metrics: ScoringMetrics
    steps: StepMetrics
    clock: Callable[[], float] = time.monotonic
    every_seconds: float = EVERY_SECONDS["wall"]
    adoptions_per_second: int = 1_000

    async def run(self) -> None:
        """A round every 200 ms; while readers are behind, a look more often, so as not to add much to their lag."""
        self.metrics.follow(self.watermark)
        while True:
            until = time.monotonic() + self.every_seconds
            await self._attempt(self._tick)
            while self.watermark.rounds and time.monotonic() + _LOOK_SECONDS < until:
                await asyncio.sleep(_LOOK_SECONDS)
                await self._attempt(self._look)
            await asyncio.sleep(max(0.0, until - time.monotonic()))

    async def _tick(self) -> None:
        await self.watermark.tick()
        await self._review()
        await self.adopt_page()

    async def _look(self) -> None:
        before = self.watermark.value
        await self.watermark.advance()
        if self.watermark.value != before:
            await self._review()

    async def _review(self) -> None:
        while await self.fire_page() == REVIEWS_A_PAGE:
            await asyncio.sleep(0)
        self.metrics.reviewed_up_to(self.watermark.value)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
            self.health.go_on("silence")
        except Unavailable as error:
            self.health.wait_for(error.dependency, who="silence")
            self.steps.retried("silence", error.dependency)
        except Stale:
            self.steps.retried("silence", "stale")
        self.metrics.show(self.watermark)

    async def fire_page(self) -> int:
        return await self._under_lock(self.handlers.review_silence)

    async def adopt_page(self) -> int:
        """After a change of rules, as many a round as the rate allows: events and reviews come first."""
        limit = max(1, round(self.adoptions_per_second * self.every_seconds))
        return await self._under_lock(partial(self.handlers.adopt_rules, limit=limit))

    async def _under_lock(self, work: Work) -> int:
        """That batches and rebalances take, too: whoever reviews owns the partition."""
        async with self.ownership.lock:
            until, began = self.watermark.value, self.clock()
            if until is None or not self.ownership.owned:
                return 0
            partitions = [each.partition for each in self.ownership.owned]
            return await work(partitions, until, check_age=lambda: self.ownership.check_age(self.clock() - began))
