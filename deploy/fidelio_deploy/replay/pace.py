"""How far the services have worked off a replay: what keeps it from running away from them."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fidelio_deploy.errors import StackError
from fidelio_deploy.metrics import MetricsPage

POLL_SECONDS = 0.05
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Follower:
    """A service that follows the clock; `gauge` is the instant up to which it has done its work, in Unix seconds."""

    name: str
    page: MetricsPage
    gauge: str

    async def until_at(self, to: datetime) -> None:
        """Raises StackError when it does not get there although nothing more is published meanwhile."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not await self._is_at(to):
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} did not come to {to:%Y-%m-%d} in {PATIENCE_SECONDS:.0f} s; see its log")
            await asyncio.sleep(POLL_SECONDS)

    async def _is_at(self, to: datetime) -> bool:
        samples = await self.page.read()
        return samples is not None and samples.get(self.gauge, 0.0) >= to.timestamp()


def followers(processes: Mapping[str, str]) -> tuple[Follower, ...]:
    """Those that are named in `processes`, with their base URLs."""
    gauges = {"scoring": "scoring_watermark_timestamp_seconds", "notify": "notify_watermark_timestamp_seconds"}
    return tuple(
        Follower(name, MetricsPage(processes[name]), gauge) for name, gauge in gauges.items() if name in processes
    )
