"""How far the services have worked off a replay: what keeps it from running away from them."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fidelio_deploy.errors import StackError
from fidelio_deploy.metrics import MetricsPage

POLL_SECONDS = 0.03
PATIENCE_SECONDS = 120.0


class Pace(Protocol):
    async def until_scored(self, to: datetime) -> None:
        """Everything up to then was scored, silence too."""

    async def until_notified(self, to: datetime) -> None:
        """Everything up to then that notify could read was decided."""

    def close(self) -> None: ...


class NoPace:
    """Where nobody can be asked, nothing waits: the services catch up when they can."""

    async def until_scored(self, to: datetime) -> None: ...

    async def until_notified(self, to: datetime) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class FollowedPace:
    """The watermarks that the two services show among their metrics, in Unix seconds."""

    scoring: MetricsPage
    notify: MetricsPage

    async def until_scored(self, to: datetime) -> None:
        await until_at(to, "scoring", self.scoring)

    async def until_notified(self, to: datetime) -> None:
        await until_at(to, "notify", self.notify)

    def close(self) -> None:
        self.scoring.close()
        self.notify.close()


def pace_of(processes: Mapping[str, str]) -> Pace:
    """By the base URLs of the processes."""
    if {"scoring", "notify"} <= processes.keys():
        return FollowedPace(MetricsPage(processes["scoring"]), MetricsPage(processes["notify"]))
    return NoPace()


async def until_at(to: datetime, service: str, page: MetricsPage) -> None:
    """Raises StackError when it does not get there although nothing more is published meanwhile."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await _is_at(to, service, page):
        if time.monotonic() > deadline:
            raise StackError(f"{service} did not come to {to:%Y-%m-%d} in {PATIENCE_SECONDS:.0f} s; see its log")
        await asyncio.sleep(POLL_SECONDS)


async def _is_at(to: datetime, service: str, page: MetricsPage) -> bool:
    """A service without a watermark shows none (NaN), which is at no time."""
    samples = await page.read() or {}
    return samples.get(f"{service}_watermark_timestamp_seconds", 0.0) >= to.timestamp()
