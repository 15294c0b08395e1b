"""Silence as an event: between batches, whatever is due up to the watermark is scored at its own instant."""

import asyncio
import time
from dataclasses import dataclass

from fidelio_scoring.handlers import REVIEWS_A_PAGE, ScoringHandlers
from fidelio_scoring.metrics import ScoringMetrics
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.watermark import Watermark

_EVERY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class SilenceWatch:
    handlers: ScoringHandlers
    ownership: Ownership
    watermark: Watermark
    health: Health
    metrics: ScoringMetrics

    async def run(self) -> None:
        while True:
            started = time.monotonic()
            try:
                await self.watermark.tick()
                while await self.fire_page() == REVIEWS_A_PAGE:
                    await asyncio.sleep(0)
            except Unavailable as error:
                self.health.wait_for(error.dependency)
            self.metrics.show(self.watermark)
            await asyncio.sleep(max(0.0, started + _EVERY_SECONDS - time.monotonic()))

    async def fire_page(self) -> int:
        """Under the lock that batches and rebalances take: whoever reviews owns the partition."""
        async with self.ownership.lock:
            until = self.watermark.value
            if until is None or not self.ownership.owned:
                return 0
            return await self.handlers.review_silence([each.partition for each in self.ownership.owned], until)
