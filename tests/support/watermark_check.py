"""Whether a watermark keeps its promise, asked of any implementation: the property tests and the mutants share it."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from hypothesis import strategies as st

from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.watermark import STARTS_SECONDS, Watermark, stages_to_profiles
from support.pipeline import CHANNELS, NUMBERS, OWN_GROUP, OWN_PARTITIONS, PARTITIONS, READERS, Action, Pipeline

Make = Callable[[Pipeline], Watermark]
TICKS_TO_CATCH_UP = 3
TOO_EARLY = "W passed what has had no effect yet"
OUTLIVES_ASSIGNMENT = "W outlives an assignment"
OLDER_THAN_ASSIGNMENT = "W is older than the assignment"
DOES_NOT_ARRIVE = "W does not arrive"
NEVER_ENDS = "a round never ends"


@dataclass(frozen=True, slots=True)
class Story:
    """What happens before each question of the watermark, until it is told no more."""

    is_stream: bool
    bursts: tuple[tuple[Action, ...], ...]


def make_watermark(pipeline: Pipeline) -> Watermark:
    return made(Watermark, pipeline)


def made(kind: type[Watermark], pipeline: Pipeline, **other: object) -> Watermark:
    usual: dict[str, Any] = {
        "stages": stages_to_profiles(CHANNELS),
        "last": ("profiles",),
        "own_group": OWN_GROUP,
        "observer": pipeline,
        "read_time": pipeline.read_time,
        "stored": pipeline.stored,
        "clock": lambda: pipeline.milliseconds / 1000,
    }
    watermark = kind(**{**usual, **other})
    pipeline.on_assignment.append(watermark.partitions_changed)
    return watermark


def violations(make: Make, story: Story) -> list[str]:
    """Nothing where W is never wrong, never goes back, and arrives."""
    schedule = iter(story.bursts)
    pipeline = Pipeline(schedule, is_stream=story.is_stream)
    watch = _Watch(make(pipeline), pipeline)
    pipeline.assign(OWN_PARTITIONS)
    for burst in schedule:
        for action in burst:
            action.do(pipeline)
        watch.look()
        watch.tick()
    watch.catch_up()
    return watch.found


def run(work: Coroutine[Any, Any, None]) -> None:
    """To its end: nothing in the model suspends. What is down meanwhile is asked again at the next tick."""
    try:
        work.send(None)
    except (StopIteration, Unavailable):
        return
    raise AssertionError("the model suspended")


@dataclass(slots=True)
class _Watch:
    watermark: Watermark
    pipeline: Pipeline
    found: list[str] = field(default_factory=list)
    _value: datetime | None = None
    _assigned_at: datetime | None = None

    def tick(self) -> None:
        run(self.watermark.tick())
        self.look()

    def look(self) -> None:
        value, assigned_at = self.watermark.value, self.pipeline.assigned_at
        if assigned_at != self._assigned_at:
            self._expect(value is None, OUTLIVES_ASSIGNMENT)
        elif self._value is not None:
            self._expect(value is not None and value >= self._value, "W went back although nothing was reassigned")
        if value is not None:
            self._expect(self.pipeline.is_stream or value >= assigned_at, OLDER_THAN_ASSIGNMENT)
            self._expect(not self.pipeline.without_effect(value), TOO_EARLY)
        self._value, self._assigned_at = value, assigned_at

    def catch_up(self) -> None:
        """What retention deleted is asked for every few seconds only, which pass first."""
        self.pipeline.end_troubles()
        self.pipeline.milliseconds += int(STARTS_SECONDS * 1000)
        self.look()
        for _ in range(TICKS_TO_CATCH_UP):
            self.pipeline.pass_time()
            self.tick()
        watermark, now = self.watermark, self.pipeline.time_to_read
        self._expect(watermark.value == now, DOES_NOT_ARRIVE)
        self._expect(not watermark.rounds and not watermark.blocked, NEVER_ENDS)
        self._expect(now is None or not watermark.age_seconds, "W is the time and yet has an age")

    def _expect(self, is_well: bool, fault: str) -> None:
        if not is_well:
            self.found.append(fault)


stories = st.integers(0, 2**32).map(lambda seed: a_story(Random(seed)))


def a_story(lots: Random) -> Story:
    """Readers of different diligence, few or many troubles; what happens comes between any two questions."""
    tempers = {group: lots.choice((0.05, 0.2, 0.6, 1.0)) for group in (*READERS, OWN_GROUP)}
    trouble = lots.choice((0.0, 0.02, 0.1))
    bursts = tuple(tuple(_burst(lots, tempers, trouble)) for _ in range(lots.choice((30, 100))))
    return Story(lots.random() < 0.3, bursts)


def _burst(lots: Random, tempers: Mapping[str, float], trouble: float) -> Iterator[Action]:
    if lots.random() < 0.3:
        yield _receive(lots)
    for group in READERS:
        if lots.random() < tempers[group]:
            yield from _work(lots, group)
    if lots.random() < tempers[OWN_GROUP]:
        yield from lots.choice((_FETCH, _STORE, _COMMIT, (*_FETCH, *_STORE), (*_FETCH, *_STORE, *_COMMIT), _OTHERS))
    if lots.random() < 0.5:
        yield Action("time passes", Pipeline.pass_time)
    if lots.random() < 0.3:
        yield Action("time is told", Pipeline.tell_time)
    if lots.random() < trouble:
        yield _trouble(lots)


def _receive(lots: Random) -> Action:
    partition = lots.choice([each for each in PARTITIONS if each.topic in READERS["ingest.v1"]])
    forwards, home = lots.choice((0, 1, 2, 3, 3)), lots.choice(NUMBERS)
    return Action("receive", lambda pipeline: pipeline.receive(partition, forwards, home))


def _work(lots: Random, group: str) -> Iterator[Action]:
    most = lots.choice((1, 1, 1_000))
    if lots.random() < 0.8:
        yield Action(f"{group} works", lambda pipeline: pipeline.work(group, most))
    if lots.random() < 0.8:
        yield Action(f"{group} commits", lambda pipeline: pipeline.commit(group))


def _trouble(lots: Random) -> Action:
    group, partition = lots.choice(tuple(READERS)), lots.choice(PARTITIONS)
    owned = frozenset(each for each in OWN_PARTITIONS if lots.random() < 0.7)
    return lots.choice(
        (
            Action(f"{group} crashes", lambda pipeline: pipeline.crash(group)),
            Action(f"retention empties {partition}", lambda pipeline: pipeline.delete(partition)),
            Action(f"now owns {len(owned)}", lambda pipeline: pipeline.assign(owned)),
            Action("Kafka is down", Pipeline.break_down),
        )
    )


_FETCH = (Action("fetch", lambda pipeline: pipeline.fetch(most=1_000)),)
_STORE = (Action("store", Pipeline.store),)
_COMMIT = (Action("commit", Pipeline.commit_own),)
_OTHERS = (Action("others work", Pipeline.others_work),)
