"""W: the latest instant up to which everything that was received has had its effect.

Measured in rounds that overlap. A round reads the time first and the ends of the channels after it; when a group has
committed past the noted ends, everything received by then is on the next topic, whose ends are noted in turn, and so
on. A step that does not pass holds W for all: silence is announced late rather than wrongly.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from aiokafka import TopicPartition

from fidelio_shared.messaging.lag import Offsets
from fidelio_shared.messaging.stream_clock import ReadTime

MOST_ROUNDS = 64
STARTS_SECONDS = 5.0


class Observer(Protocol):
    async def ends(self, topics: Sequence[str]) -> Offsets: ...

    async def starts(self, topics: Sequence[str]) -> Offsets: ...

    async def committed(self, group: str) -> Offsets: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """Records on `topics` are passed when `group` has committed past them.

    Where the group itself publishes on these topics, it takes as many `looks` as a record may cause records there,
    itself included; fewer where a look finds that nothing was added.
    """

    topics: tuple[str, ...]
    group: str
    looks: int = 1

    @property
    def step(self) -> str:
        return self.group.removesuffix(".v1")


def stages_to_profiles(channels: Sequence[str]) -> tuple[Stage, ...]:
    """`timeline` four times: a retire publishes an absorb on its own key, which goes on to the winner's, and an absorb
    may be forwarded once."""
    return (
        Stage(tuple(channels), "ingest.v1"),
        Stage(("interactions",), "profile.resolve.v1"),
        Stage(("timeline",), "profile.fold.v1", looks=4),
    )


@dataclass(frozen=True, slots=True)
class Blocked:
    """What holds the oldest round: the reader that has not passed, and where."""

    step: str
    topic: str


@dataclass(slots=True, eq=False)
class Round:
    """An instant on its way: everything received by `at` lies before `ends`, or is past its stage."""

    at: datetime
    began: float
    ends: Offsets
    stage: int = 0
    look: int = 1
    behind: tuple[str, ...] = ()


@dataclass(slots=True)
class Watermark:
    """`read_time` gives T.

    `last`: the topics whose last step is this process's own: `stored` tells how far it is. `value` is None after an
    assignment, until a round that began afterwards has finished. `exempt`: topics that nothing waits for, because an
    operator said so: what is received there may come too late.
    """

    stages: tuple[Stage, ...]
    last: tuple[str, ...]
    own_group: str
    observer: Observer
    read_time: ReadTime
    stored: Mapping[TopicPartition, int]
    clock: Callable[[], float] = time.monotonic
    owned: frozenset[TopicPartition] = frozenset()
    exempt: frozenset[str] = frozenset()
    value: datetime | None = None
    blocked: tuple[Blocked, ...] = ()
    _rounds: list[Round] = field(default_factory=list)
    _was_true_at: float = 0.0
    _starts: dict[int, tuple[float, Offsets]] = field(default_factory=dict)

    def partitions_changed(self, owned: frozenset[TopicPartition]) -> None:
        self.owned = owned
        self.value = None
        self.blocked = ()
        self._rounds = []
        self._was_true_at = self.clock()

    @property
    def age_seconds(self) -> float:
        """How long ago W was the time; without W, since the assignment. Who owns nothing waits for nothing."""
        return self.clock() - self._was_true_at if self.owned else 0.0

    @property
    def rounds(self) -> int:
        """How many are on their way."""
        return len(self._rounds)

    async def tick(self) -> None:
        """Begins a round and moves every round as far as it goes."""
        if not self.owned:
            return
        rounds = self._rounds
        await self._begin(rounds)
        await self._move(rounds)

    async def advance(self) -> None:
        """Moves every round as far as it goes: for between ticks, while a reader is behind."""
        await self._move(self._rounds)

    async def _begin(self, rounds: list[Round]) -> None:
        began = self.clock()
        at = await self.read_time()
        if at is None or at == self.value:
            self._was_true_at = began
        elif len(rounds) < MOST_ROUNDS and not (rounds and rounds[-1].at == at):
            rounds.append(Round(at, began, await self._note(0)))

    async def _move(self, rounds: list[Round]) -> None:
        """An assignment meanwhile begins another list: these rounds then end in vain."""
        for index in range(len(self._steps)):
            await self._advance(index, [each for each in rounds if each.stage == index])
        if rounds is self._rounds:
            self._finish()

    async def _advance(self, index: int, waiting: Sequence[Round]) -> None:
        """Whatever is raised on the way, every round stays where it was or is where it should be."""
        if not waiting:
            return
        reached = await self._reached(index, waiting)
        for each in waiting:
            each.behind = self._behind(each.ends, reached)
        passed = [each for each in waiting if not each.behind]
        again = [each for each in passed if each.look < self._steps[index].looks]
        added = await self._note(index) if again else {}
        behind = self._behind(added, reached)
        through = [each for each in passed if not behind or each not in again]
        ends = await self._note(index + 1) if through and index + 1 < len(self._steps) else {}
        for each in through:
            each.stage, each.look, each.ends = index + 1, 1, ends
        for each in again if behind else ():
            each.look, each.ends, each.behind = each.look + 1, added, behind

    async def _reached(self, index: int, waiting: Sequence[Round]) -> Offsets:
        """Up to where each partition is passed: by a commit, or by retention, which leaves nothing to wait for."""
        stage = self._steps[index]
        reached = dict(await self.observer.committed(stage.group))
        if index == len(self.stages):
            reached |= self.stored
        if any(self._behind(each.ends, reached) for each in waiting):
            for partition, start in (await self._started(index)).items():
                reached[partition] = max(reached.get(partition, 0), start)
        return reached

    async def _started(self, index: int) -> Offsets:
        """Where logs start, seconds ago: they only move forward, and seldom."""
        now = self.clock()
        asked_at, starts = self._starts.get(index, (now, None))
        if starts is None or now - asked_at > STARTS_SECONDS:
            starts = await self.observer.starts(self._steps[index].topics)
            self._starts[index] = (now, starts)
        return starts

    async def _note(self, index: int) -> Offsets:
        ends = await self.observer.ends(self._steps[index].topics)
        if index < len(self.stages):
            return ends
        return {partition: end for partition, end in ends.items() if partition in self.owned}

    @property
    def _steps(self) -> tuple[Stage, ...]:
        return (*self.stages, Stage(self.last, self.own_group))

    def _finish(self) -> None:
        done = [each for each in self._rounds if each.stage == len(self._steps)]
        self._rounds = [each for each in self._rounds if each.stage < len(self._steps)]
        if done:
            self.value = max([each.at for each in done] + ([self.value] if self.value else []))
            self._was_true_at = max(each.began for each in done)
        oldest = self._rounds[0] if self._rounds else None
        step = self._steps[oldest.stage].step if oldest else ""
        self.blocked = tuple(Blocked(step, topic) for topic in oldest.behind) if oldest else ()

    def _behind(self, ends: Offsets, reached: Offsets) -> tuple[str, ...]:
        """The topics that are not passed. A partition without any commit is not, unless it is empty."""
        behind = {each.topic for each, end in ends.items() if reached.get(each, 0) < end}
        return tuple(sorted(behind - self.exempt))
