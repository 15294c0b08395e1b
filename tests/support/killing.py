"""Service processes are killed without warning while they have work; their supervisor starts them again."""

import asyncio
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from fidelio_deploy.supervisor import Supervisor
from support.progress import Progress

_BACK_WITHIN_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 0.005


@dataclass(slots=True)
class Killer:
    """`counted`: kills that found their service with records neither committed nor, a moment later, out of reach."""

    supervisor: Supervisor
    progress: Progress
    chance: Random
    counted: Counter[str] = field(default_factory=Counter)
    _killed: dict[str, int] = field(default_factory=dict)
    _committed: dict[str, int] = field(default_factory=dict)

    async def kill(self, service: str, *, times: int, apart_seconds: float) -> None:
        """So many kills that count, the first at a random moment."""
        await asyncio.sleep(self.chance.uniform(0, apart_seconds))
        while self.counted[service] < times:
            await self._kill_at_work(service)
            await asyncio.sleep(apart_seconds)

    async def _kill_at_work(self, service: str) -> None:
        """Counts if it had work before and still has it when it is dead: nobody but it could have done it."""
        pid = await self._until_at_work(service)
        os.kill(pid, signal.SIGKILL)
        self._killed[service] = pid
        look = await self.progress.look(service)
        self._committed[service] = look.committed
        self.counted[service] += look.behind > 0

    async def _until_at_work(self, service: str) -> int:
        """The process, when it has work and has got somewhere since it was killed last."""
        deadline = time.monotonic() + _BACK_WITHIN_SECONDS
        while True:
            look, pid = await self.progress.look(service), self.supervisor.pids[service]
            is_back = pid != self._killed.get(service) and look.committed > self._committed.get(service, 0)
            if is_back and look.behind:
                return pid
            assert time.monotonic() < deadline, f"{service} had no work for {_BACK_WITHIN_SECONDS:.0f} s: {look}"
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
