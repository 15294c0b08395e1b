"""What becomes of a batch: done, kept for later, or each record on its own until the broken one is found."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aiokafka import TopicPartition

from fidelio_shared.messaging.batch import Batch, Decoded, Refusal, decode_all
from fidelio_shared.messaging.dead_letters import dead_letters
from fidelio_shared.messaging.errors import Halted, Rejected, Stale, Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Incoming, partition_of
from fidelio_shared.observability.logs import log
from fidelio_shared.observability.metrics import StepMetrics

T = TypeVar("T")
Handler = Callable[[Batch[T]], Awaitable[Sequence[Refusal]]]
"""Has the batch's whole effect, in the order that design and crash tests fix, and returns what it refuses."""

_MAX_BUGS_PER_MINUTE = 20
_MAX_PAUSE_SECONDS = 5.0


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
    _failures: int = 0
    _bugs: deque[float] = field(default_factory=deque)

    async def settle(self, records: Sequence[Incoming]) -> None:
        generation, fetched_at = self.ownership.generation, time.monotonic()
        try:
            async with self.ownership.lock:
                await self._settle_owned(records, generation, fetched_at)
        except Unavailable as error:
            self.health.wait_for(error.dependency)
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
        self.metrics.settled(self.step, records, time.monotonic() - fetched_at)

    async def _settle_owned(self, records: Sequence[Incoming], generation: int, fetched_at: float) -> None:
        decoded, refusals = decode_all(records, self.decode)
        batch = Batch(
            decoded,
            still_owned=lambda: self.ownership.generation == generation,
            age_seconds=lambda: time.monotonic() - fetched_at,
        )
        if not batch.still_owned():
            raise Stale("the batch was fetched before a rebalance")
        if decoded:
            refusals += await self._handle(batch)
        await self.publisher.publish_all(dead_letters(refusals, service=self.service))
        self.metrics.dead(refusals)
        self.ownership.has_stored(_next_offsets(records))

    async def _handle(self, batch: Batch[T]) -> list[Refusal]:
        try:
            return list(await self.handle(batch))
        except (Unavailable, Stale, Halted):
            raise
        except Exception as bug:
            self._note_bug(bug)
            if len(batch.items) == 1:
                return [_as_bug(batch.items[0], bug)]
        refusals: list[Refusal] = []
        for item in batch.items:
            refusals += await self._handle(batch.only([item]))
        return refusals

    def _note_bug(self, bug: Exception) -> None:
        log.error("handler_failed", step=self.step, bug=_where(bug))
        now = time.monotonic()
        self._bugs.append(now)
        while self._bugs and self._bugs[0] < now - 60:
            self._bugs.popleft()
        if len(self._bugs) > _MAX_BUGS_PER_MINUTE:
            raise Halted(f"more than {_MAX_BUGS_PER_MINUTE} handler failures in a minute, the last at {_where(bug)}")

    async def _pause(self) -> None:
        self._failures += 1
        await asyncio.sleep(min(_MAX_PAUSE_SECONDS, 0.1 * 2 ** min(self._failures, 8)))


def _as_bug(item: Decoded[T], bug: Exception) -> Refusal:
    return Refusal(item.record, Rejected("bug", f"Fidelio failed at {_where(bug)}; replay it after an upgrade"))


def _where(bug: BaseException) -> str:
    """Type and place, never the text: that might repeat a person's data."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "unknown"
    return f"{type(bug).__name__} at {place}"


def _next_offsets(records: Sequence[Incoming]) -> dict[TopicPartition, int]:
    found: dict[TopicPartition, int] = {}
    for record in records:
        partition = partition_of(record)
        found[partition] = max(found.get(partition, 0), record.offset + 1)
    return found
