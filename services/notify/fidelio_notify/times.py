"""What time it is for a decision: on the wall clock now, on the stream clock where the replay stands."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fidelio_shared.contracts.operations import ClockKind

_A_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Times:
    clock: ClockKind

    def wall(self) -> datetime:
        """To the millisecond, as everything that is stored."""
        return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)

    def now(self, reached: datetime) -> datetime:
        """`reached`: the watermark, up to which everything is known."""
        return reached if self.clock == "stream" else self.wall()

    def after(self, now: datetime) -> datetime:
        """A message is sent after the instant at which its decision was taken."""
        return max(self.now(now), now + _A_MOMENT)
