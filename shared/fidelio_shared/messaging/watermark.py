"""W: the latest instant up to which everything that was received has had its effect.

Measured in rounds that overlap. A round reads the time first and the ends of the channels after it; when a group has
committed past the noted ends, everything received by then is on the next topic, whose ends are noted in turn, and so
on. A step that does not pass holds W for all: silence is announced late rather than wrongly.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from aiokafka import TopicPartition

from fidelio_shared.messaging.lag import Offsets

_MOST_ROUNDS = 64


class Observer(Protocol):
    async def ends(self, topics: Sequence[str]) -> Offsets: ...

    async def starts(self, topics: Sequence[str]) -> Offsets: ...

    async def committed(self, group: str) -> Offsets: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """Records on `topics` are passed when `group` has committed past them."""

    topics: tuple[str, ...]
    group: str


def stages_to_profiles(channels: Sequence[str]) -> tuple[Stage, ...]:
    """`timeline` three times: a retire publishes an absorb, an absorb may be forwarded once."""
    fold = Stage(("timeline",), "profile.fold.v1")
    return (
        Stage(tuple(channels), "ingest.v1"),
        Stage(("interactions",), "profile.resolve.v1"),
        fold,
        fold,
        fold,
    )


@dataclass(slots=True)
class Round:
    at: datetime
    generation: int
    stage: int
    ends: Offsets


@dataclass(slots=True)
class Watermark:
    """`read_time` gives T, or None where there is none yet (stream clock before its first record).

    `last`: the topics whose last step is this process's own: `stored` tells how far it is. `value` is None after an
    assignment, until a round that began afterwards has finished.
    """

    stages: tuple[Stage, ...]
    last: tuple[str, ...]
    own_group: str
    observer: Observer
    read_time: Callable[[], Awaitable[datetime | None]]
    owned: frozenset[TopicPartition] = frozenset()
    stored: Mapping[TopicPartition, int] = field(default_factory=dict)
    value: datetime | None = None
    blocked_at: str | None = None
    _generation: int = 0
    _rounds: list[Round] = field(default_factory=list)

    def partitions_changed(self, owned: frozenset[TopicPartition]) -> None:
        self._generation += 1
        self.owned = owned
        self.value = None
        self._rounds.clear()

    async def tick(self) -> None:
        """Begins a round and moves every round as far as it goes; at most one question per topic set and group."""
        await self._begin()
        for stage in range(len(self.stages) + 1):
            await self._advance(stage)
        self._finish()

    async def _begin(self) -> None:
        generation = self._generation
        at = await self.read_time()
        latest = self._rounds[-1].at if self._rounds else self.value
        if at is None or at == latest or len(self._rounds) >= _MOST_ROUNDS:
            return
        self._rounds.append(Round(at, generation, 0, await self.observer.ends(self._topics(0))))

    async def _advance(self, stage: int) -> None:
        waiting = [each for each in self._rounds if each.stage == stage]
        if not waiting:
            return
        reached = await self._reached(stage)
        passed = [each for each in waiting if await self._has_passed(each, reached)]
        if not passed:
            return
        ends = await self.observer.ends(self._topics(stage + 1)) if stage < len(self.stages) else {}
        for each in passed:
            each.stage, each.ends = stage + 1, ends

    async def _reached(self, stage: int) -> Offsets:
        if stage < len(self.stages):
            return await self.observer.committed(self.stages[stage].group)
        committed = await self.observer.committed(self.own_group)
        return {each: self.stored.get(each, committed.get(each, 0)) for each in self.owned}

    async def _has_passed(self, each: Round, reached: Offsets) -> bool:
        ends = each.ends
        if each.stage == len(self.stages):
            ends = {partition: end for partition, end in ends.items() if partition in self.owned}
        behind = [partition for partition, end in ends.items() if reached.get(partition, 0) < end]
        if not behind:
            return True
        starts = await self.observer.starts(sorted({partition.topic for partition in behind}))
        return all(starts.get(partition) == ends[partition] for partition in behind)

    def _topics(self, stage: int) -> tuple[str, ...]:
        return self.stages[stage].topics if stage < len(self.stages) else self.last

    def _finish(self) -> None:
        current = [each for each in self._rounds if each.generation == self._generation]
        done = [each for each in current if each.stage > len(self.stages)]
        self._rounds = [each for each in current if each.stage <= len(self.stages)]
        if done and self.owned:
            self.value = max([each.at for each in done] + ([self.value] if self.value else []))
        oldest = self._rounds[0] if self._rounds else None
        self.blocked_at = self._topics(oldest.stage)[0] if oldest else None
