"""How far the services have worked off a replay: what keeps it from running away from them."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime

from fidelio_deploy.errors import StackError
from fidelio_deploy.metrics import MetricsPage

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Worker:
    """A service that follows the clock; `gauge` is the instant up to which it has done its work, in Unix seconds."""

    name: str
    page: MetricsPage
    gauge: str

    async def until_at(self, to: datetime) -> None:
        """Raises StackError when it does not get there although nothing is published meanwhile."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (await self.page.read()).get(self.gauge, 0.0) < to.timestamp():
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} has not come to {to:%Y-%m-%d} in {PATIENCE_SECONDS:.0f} s; see its log")
            await asyncio.sleep(POLL_SECONDS)
