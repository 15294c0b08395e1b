"""What happens to call-back tasks by itself: they end at their deadline, and what agents closed is told."""

import asyncio
from dataclasses import dataclass

from fidelio_notify.adapters.mongo_tasks import MongoTaskStore
from fidelio_notify.call_records import call_record
from fidelio_notify.domain.tasks import expire
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.stream_clock import ReadTime

_AT_ONCE = 200
_EVERY_SECONDS = 1.0
_WHO = "tasks"


@dataclass(frozen=True, slots=True)
class Calls:
    """Harmless in several processes at once: each says the same, and only one of two changes a task."""

    tasks: MongoTaskStore
    publisher: Publisher
    now: ReadTime
    health: Health

    async def run(self) -> None:
        while True:
            try:
                await self.end_overdue()
                await self.tell()
                self.health.go_on(_WHO)
            except Unavailable as error:
                self.health.wait_for(error.dependency, who=_WHO)
            await asyncio.sleep(_EVERY_SECONDS)

    async def end_overdue(self) -> None:
        now = await self.now()
        if now is not None:
            for each in await self.tasks.overdue(now, _AT_ONCE):
                await self.tasks.change(each, expire(each, now))

    async def tell(self) -> None:
        """Published before it counts as told: a process that ends in between leaves it to the next, which says the
        same."""
        closed = await self.tasks.untold(_AT_ONCE)
        await self.publisher.publish_all(map(call_record, closed))
        await self.tasks.told(each.id for each in closed)
