"""Watermarks that are wrong in one respect each, to prove that the check would notice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiokafka import TopicPartition

from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.lag import Offsets
from fidelio_shared.messaging.watermark import Observer, Round, Watermark, stages_to_profiles
from support.pipeline import CHANNELS, PARTITIONS, Pipeline
from support.watermark_check import (
    DOES_NOT_ARRIVE,
    NEVER_ENDS,
    OLDER_THAN_ASSIGNMENT,
    OUTLIVES_ASSIGNMENT,
    TOO_EARLY,
    Make,
    made,
)

_FAR = 2**62


@dataclass(frozen=True, slots=True)
class Mutant:
    """`fault`: what its mistake leads to."""

    name: str
    make: Make
    fault: str


class _TimeAfterEnds(Watermark):
    async def _begin(self, rounds: list[Round]) -> None:
        """The ends are asked for once more, and too early."""
        ends = await self._note(0)
        known = len(rounds)
        await super()._begin(rounds)
        for each in rounds[known:]:
            each.ends = ends


class _EndsBeforeCommit(Watermark):
    async def _advance(self, index: int, waiting: Sequence[Round]) -> None:
        early = await self._note(index + 1) if index < len(self.stages) else {}
        await super()._advance(index, waiting)
        for each in waiting:
            if each.stage == index + 1:
                each.ends = early


class _IsNotWaitedFor(Watermark):
    async def _reached(self, index: int, waiting: Sequence[Round]) -> Offsets:
        if index < len(self.stages):
            return await super()._reached(index, waiting)
        return dict.fromkeys(PARTITIONS, _FAR)


class _OldAnswerEndsTheLooks(Watermark):
    """A look that finds the ends of the look before is content, although what was read since may have published."""

    async def _advance(self, index: int, waiting: Sequence[Round]) -> None:
        ends = await self._note(index) if waiting else {}
        unchanged = [each for each in waiting if each.look > 1 and each.ends == ends]
        await super()._advance(index, waiting)
        for each in unchanged:
            if each.stage == index:
                each.stage, each.look, each.ends = index + 1, 1, await self._note(index + 1)


class _KeepsValue(Watermark):
    def partitions_changed(self, owned: frozenset[TopicPartition]) -> None:
        value = self.value
        super().partitions_changed(owned)
        self.value = value


class _KeepsRounds(Watermark):
    def partitions_changed(self, owned: frozenset[TopicPartition]) -> None:
        rounds = self._rounds
        super().partitions_changed(owned)
        self._rounds = rounds


class _FinishesAnyway(Watermark):
    async def _move(self, rounds: list[Round]) -> None:
        await super()._move(rounds)
        if rounds is not self._rounds:
            self._rounds = rounds
            self._finish()


class _OnePartitionIsEnough(Watermark):
    async def _reached(self, index: int, waiting: Sequence[Round]) -> Offsets:
        reached = await super()._reached(index, waiting)
        is_passed = any(reached.get(each, 0) >= end > 0 for one in waiting for each, end in one.ends.items())
        return dict.fromkeys(PARTITIONS, _FAR) if is_passed else reached


class _LaterDeletionsDoNotCount(Watermark):
    """The log's start must be the noted end, and not lie beyond it."""

    async def _reached(self, index: int, waiting: Sequence[Round]) -> Offsets:
        reached = dict(await super()._reached(index, waiting))
        read = {**await self.observer.committed(self._steps[index].group), **self.stored}
        for partition, end in [each for one in waiting for each in one.ends.items()]:
            if read.get(partition, 0) < end < reached.get(partition, 0):
                reached[partition] = read.get(partition, 0)
        return reached


class _MovesBeforeItAsks(Watermark):
    async def _advance(self, index: int, waiting: Sequence[Round]) -> None:
        try:
            await super()._advance(index, waiting)
        except Unavailable:
            for each in waiting:
                each.stage += not each.behind
            raise


class _WaitsForOthers(Watermark):
    async def _note(self, index: int) -> Offsets:
        return await self.observer.ends(self._steps[index].topics)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the pipeline says, but for one kind of question."""

    pipeline: Pipeline
    commit_of_none: int | None = None
    start: int | None = None

    async def ends(self, topics: Sequence[str]) -> Offsets:
        return await self.pipeline.ends(topics)

    async def starts(self, topics: Sequence[str]) -> Offsets:
        starts = await self.pipeline.starts(topics)
        return starts if self.start is None else dict.fromkeys(starts, self.start)

    async def committed(self, group: str) -> Offsets:
        committed = await self.pipeline.committed(group)
        return (
            committed
            if self.commit_of_none is None
            else {**dict.fromkeys(PARTITIONS, self.commit_of_none), **committed}
        )


def _observing(observer: Observer, pipeline: Pipeline) -> Watermark:
    return made(Watermark, pipeline, observer=observer)


def _kind(kind: type[Watermark]) -> Make:
    return lambda pipeline: made(kind, pipeline)


def _without(step: str) -> Make:
    stages = tuple(each for each in stages_to_profiles(CHANNELS) if each.step != step)
    return lambda pipeline: made(Watermark, pipeline, stages=stages)


def _looking(times: int) -> Make:
    stages = tuple(replace(each, looks=min(each.looks, times)) for each in stages_to_profiles(CHANNELS))
    return lambda pipeline: made(Watermark, pipeline, stages=stages)


MUTANTS: Sequence[Mutant] = (
    Mutant("time is read after the ends", _kind(_TimeAfterEnds), TOO_EARLY),
    Mutant("the next ends are noted before the commit", _kind(_EndsBeforeCommit), TOO_EARLY),
    Mutant(
        "a channel is forgotten",
        lambda pipeline: made(Watermark, pipeline, stages=stages_to_profiles(CHANNELS[:1])),
        TOO_EARLY,
    ),
    Mutant("ingest is not waited for", _without("ingest"), TOO_EARLY),
    Mutant("resolve is not waited for", _without("profile.resolve"), TOO_EARLY),
    Mutant("fold is not waited for", _without("profile.fold"), TOO_EARLY),
    Mutant("this process is not waited for", _kind(_IsNotWaitedFor), TOO_EARLY),
    Mutant("timeline is looked at once", _looking(1), TOO_EARLY),
    Mutant("timeline is looked at twice", _looking(2), TOO_EARLY),
    Mutant("an old answer ends the looks", _kind(_OldAnswerEndsTheLooks), TOO_EARLY),
    Mutant("W outlives the assignment", _kind(_KeepsValue), OUTLIVES_ASSIGNMENT),
    Mutant("rounds outlive the assignment", _kind(_KeepsRounds), OLDER_THAN_ASSIGNMENT),
    Mutant("a tick outlives the assignment", _kind(_FinishesAnyway), OUTLIVES_ASSIGNMENT),
    Mutant(
        "fetched counts as stored",
        lambda pipeline: made(Watermark, pipeline, stored=pipeline.fetched),
        TOO_EARLY,
    ),
    Mutant(
        "without a commit is passed",
        lambda pipeline: _observing(_Answers(pipeline, commit_of_none=_FAR), pipeline),
        TOO_EARLY,
    ),
    Mutant("one partition passes for all", _kind(_OnePartitionIsEnough), TOO_EARLY),
    Mutant(
        "what retention deleted is waited for",
        lambda pipeline: _observing(_Answers(pipeline, start=0), pipeline),
        DOES_NOT_ARRIVE,
    ),
    Mutant("later deletions do not count", _kind(_LaterDeletionsDoNotCount), NEVER_ENDS),
    Mutant("a failure leaves rounds between stages", _kind(_MovesBeforeItAsks), NEVER_ENDS),
    Mutant("others' partitions are waited for", _kind(_WaitsForOthers), DOES_NOT_ARRIVE),
)
