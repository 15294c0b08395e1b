"""How often somebody without a key may be wrong."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import HTTPException

MOST = 60
PERIOD_SECONDS = 60.0


@dataclass(slots=True)
class Failures:
    """Of everybody together: a right request is never counted, so that nobody's mistakes keep another from what is
    theirs. Beyond the bound a wrong one is told no more than that."""

    clock: Callable[[], float] = time.monotonic
    _since: float = 0.0
    _count: int = 0

    def count(self) -> None:
        """Raises HTTPException where there were too many."""
        now = self.clock()
        if now - self._since >= PERIOD_SECONDS:
            self._since, self._count = now, 0
        self._count += 1
        if self._count > MOST:
            wait = max(1, round(self._since + PERIOD_SECONDS - now))
            raise HTTPException(429, "too many wrong requests; wait", headers={"Retry-After": str(wait)})
