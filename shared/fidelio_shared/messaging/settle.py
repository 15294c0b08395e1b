"""What becomes of a batch: done, kept for later, or each record on its own until the broken one is found."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aiokafka import TopicPartition

from fidelio_shared.messaging.batch import Batch, Refusal, decode_all
from fidelio_shared.messaging.dead_letters import dead_letters
from fidelio_shared.messaging.errors import Halted, Rejected, Stale, Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Incoming, partition_of
from fidelio_shared.observability.logs import log, where
from fidelio_shared.observability.metrics import StepMetrics

T = TypeVar("T")
Handler = Callable[[Batch[T]], Awaitable[Sequence[Refusal]]]
"""Has the batch's whole effect, in the order that design and crash tests fix, and returns what it refuses."""

_MAX_BUGS_PER_MINUTE = 20
_MAX_PAUSE_SECONDS = 5.0
_MOST_BYTES = 8 * 1024 * 1024
"""Of a batch, so that its transaction ends in time, however large its records are."""
_HALTING_SECONDS = 0.5


@dataclass(slots=True)
class Settler(Generic[T]):
    """Calls the handler for each fetched batch. Returning commits; raising rewinds (NACK_ON_ERROR)."""

    step: str
    service: str
    decode: Callable[[Incoming], T]
    handle: Handler[T]
    ownership: Ownership
    publisher: Publisher
    health: Health
    metrics: StepMetrics
    halt: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _failures: int = 0
    _bugs: deque[float] = field(default_factory=deque)

    async def settle(self, records: Sequence[Incoming]) -> None:
        generation, fetched_at = self.ownership.generation, self.clock()
        if self.health.halted is not None:
            await self.sleep(_HALTING_SECONDS)
            raise Halted(self.health.halted)
        try:
            async with self.ownership.lock:
                await self._settle_owned(records, generation, fetched_at)
        except Unavailable as error:
            self.health.wait_for(error.dependency, who=self.step)
            self.metrics.retried(self.step, error.dependency)
            await self._pause()
            raise
        except Stale:
            self.metrics.retried(self.step, "stale")
            raise
        except Halted as error:
            log.critical("process_halted", step=self.step, why=str(error))
            self.halt(str(error))
            raise
        self._failures = 0
        self.health.progress(self.step)
        self.metrics.settled(self.step, records, self.clock() - fetched_at)

    async def _settle_owned(self, records: Sequence[Incoming], generation: int, fetched_at: float) -> None:
        decoded, refusals = decode_all(records, self._decode)
        batch = Batch(
            decoded,
            still_owned=lambda: self.ownership.generation == generation,
            check_age=lambda: self.ownership.check_age(self.clock() - fetched_at),
        )
        if not batch.still_owned():
            raise Stale("the batch was fetched before a rebalance")
        if decoded:
            refusals += await self._handle(batch)
        await self.publisher.publish_all(dead_letters(refusals, service=self.service))
        self.metrics.dead(refusals)
        self.ownership.has_stored(_next_offsets(records))

    def _decode(self, record: Incoming) -> T:
        try:
            return self.decode(record)
        except Rejected:
            raise
        except Exception as bug:
            log.error("decoder_failed", step=self.step, bug=where(bug))
            self._count_bug(bug)
            raise _bug(bug) from None

    async def _handle(self, batch: Batch[T]) -> list[Refusal]:
        if len(batch.items) > 1 and batch.size_bytes > _MOST_BYTES:
            return await self._halve(batch)
        try:
            return list(await self.handle(batch))
        except (Unavailable, Stale, Halted):
            raise
        except Rejected as rejected:
            if len(batch.items) == 1:
                return [batch.items[0].refuse(rejected)]
        except Exception as bug:
            log.error("handler_failed", step=self.step, records=len(batch.items), bug=where(bug))
            if len(batch.items) == 1:
                self._count_bug(bug)
                return [batch.items[0].refuse(_bug(bug))]
        return await self._halve(batch)

    async def _halve(self, batch: Batch[T]) -> list[Refusal]:
        """Halves, since each record on its own would take a large batch beyond its age."""
        middle = len(batch.items) // 2
        earlier, later = batch.items[:middle], batch.items[middle:]
        return await self._handle(batch.only(earlier)) + await self._handle(batch.only(later))

    def _count_bug(self, bug: Exception) -> None:
        now = self.clock()
        self._bugs.append(now)
        while self._bugs and self._bugs[0] < now - 60:
            self._bugs.popleft()
        if len(self._bugs) > _MAX_BUGS_PER_MINUTE:
            raise Halted(f"more than {_MAX_BUGS_PER_MINUTE} handler failures in a minute, the last at {where(bug)}")

    async def _pause(self) -> None:
        self._failures += 1
        await self.sleep(min(_MAX_PAUSE_SECONDS, 0.1 * 2 ** min(self._failures, 8)))


def _bug(bug: Exception) -> Rejected:
    return Rejected("bug", f"Fidelio failed at {where(bug)}; replay it after an upgrade")


def _next_offsets(records: Sequence[Incoming]) -> dict[TopicPartition, int]:
    found: dict[TopicPartition, int] = {}
    for record in records:
        partition = partition_of(record)
        found[partition] = max(found.get(partition, 0), record.offset + 1)
    return found
