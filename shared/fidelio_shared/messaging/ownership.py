"""Which partitions this process owns; a rebalance waits until the batch in hand is done."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aiokafka import ConsumerRebalanceListener, TopicPartition


@dataclass(slots=True, eq=False)
class Ownership(ConsumerRebalanceListener):
    """`lock` is held while a batch or a review page is worked on, and while partitions change hands."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
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

    def _now_owns(self, partitions: frozenset[TopicPartition]) -> None:
        self.owned = partitions
        self.stored.clear()
        for tell in self.on_change:
            tell(partitions)
