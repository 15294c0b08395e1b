"""Which partitions this process owns; a rebalance waits until the batch in hand is done."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aiokafka import ConsumerRebalanceListener, TopicPartition

from fidelio_shared.messaging.errors import Stale


@dataclass(slots=True, eq=False)
class Ownership(ConsumerRebalanceListener):
    """`lock` is held while a batch or a review page is worked on, and while partitions change hands.

    `max_age_seconds`: after so long what was read might be another process's by now.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    max_age_seconds: float = 15.0
    generation: int = 0
    owned: frozenset[TopicPartition] = frozenset()
    stored: dict[TopicPartition, int] = field(default_factory=dict)
    on_change: list[Callable[[frozenset[TopicPartition]], None]] = field(default_factory=list)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - a rebalance revokes all
        async with self.lock:
            self.generation += 1
            self._now_owns(frozenset())

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        async with self.lock:
            self.generation += 1
            self._now_owns(frozenset(assigned))

    def has_stored(self, next_offsets: dict[TopicPartition, int]) -> None:
        """Everything before these offsets has had its effect; only this process knows, until it commits."""
        self.stored.update(next_offsets)

    def check_age(self, seconds: float) -> None:
        """Raises Stale where what was read so long ago might be another process's by now."""
        if seconds > self.max_age_seconds:
            raise Stale(f"it was read over {self.max_age_seconds:.1f} s ago")

    def _now_owns(self, partitions: frozenset[TopicPartition]) -> None:
        self.owned = partitions
        self.stored.clear()
        for tell in self.on_change:
            tell(partitions)
