"""The pipeline as offsets tell of it: readers that lag, crash, lose partitions, and records that retention deletes.

It is the watermark's observer: before each answer, whatever its schedule says happens.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiokafka import TopicPartition

from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.lag import Offsets

CHANNELS = ("channels.store", "channels.web")
HISTORY = "channels.history"
READERS = {
    "ingest.v1": (*CHANNELS, HISTORY),
    "profile.resolve.v1": ("interactions",),
    "profile.fold.v1": ("timeline",),
}
OWN_GROUP = "scoring.v1"
NUMBERS = (0, 1)
TOPICS = (*CHANNELS, HISTORY, "interactions", "timeline", "profiles")
PARTITIONS = tuple(TopicPartition(topic, number) for topic in TOPICS for number in NUMBERS)
OWN_PARTITIONS = frozenset(each for each in PARTITIONS if each.topic == "profiles")
_BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """Something received. On `timeline` it is forwarded so many times before it has its effect on partition `home`."""

    number: int
    received_at: datetime
    is_history: bool
    forwards: int
    home: int


@dataclass(slots=True)
class Log:
    items: list[Item] = field(default_factory=list)
    start: int = 0

    @property
    def end(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Action:
    label: str
    do: Callable[["Pipeline"], None]

    def __repr__(self) -> str:
        return self.label


@dataclass(slots=True)
class Pipeline:
    """`clock` as in a deployment: on the stream one, time is what was published of it.

    `owned`, `fetched` and `stored` are the observed process's; other processes of its group own the other partitions.
    """

    schedule: Iterator[Sequence[Action]]
    is_stream: bool = False
    milliseconds: int = 0
    told: datetime | None = None
    logs: dict[TopicPartition, Log] = field(default_factory=lambda: {each: Log() for each in PARTITIONS})
    positions: dict[str, dict[TopicPartition, int]] = field(default_factory=lambda: {each: {} for each in READERS})
    commits: dict[str, dict[TopicPartition, int]] = field(
        default_factory=lambda: {each: {} for each in (*READERS, OWN_GROUP)}
    )
    owned: frozenset[TopicPartition] = frozenset()
    fetched: dict[TopicPartition, int] = field(default_factory=dict)
    stored: dict[TopicPartition, int] = field(default_factory=dict)
    received: list[Item] = field(default_factory=list)
    had_effect: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    on_assignment: list[Callable[[frozenset[TopicPartition]], None]] = field(default_factory=list)
    assigned_at: datetime = _BEGINNING
    is_down: bool = False
    questions: list[tuple[str, tuple[str, ...] | str]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return _BEGINNING + timedelta(milliseconds=self.milliseconds)

    @property
    def time_to_read(self) -> datetime | None:
        """On the wall clock the last millisecond that is over."""
        return self.told if self.is_stream else self.now - timedelta(milliseconds=1)

    # What happens

    def pass_time(self) -> None:
        self.milliseconds += 1

    def tell_time(self) -> None:
        """On the stream clock: everything up to now was published; what follows is later."""
        self.told = self.now
        self.milliseconds += 1

    def receive(self, partition: TopicPartition, forwards: int, home: int) -> None:
        item = Item(len(self.received), self.now, partition.topic == HISTORY, forwards, home)
        self.received.append(item)
        self.logs[partition].items.append(item)

    def work(self, group: str, most: int) -> None:
        """The group's reader publishes what follows from so many records of each partition; it commits later."""
        for partition in _partitions(READERS[group]):
            for item in self._read(self.positions[group], self.commits[group], partition, most):
                self._publish_after(partition.topic, item)

    def commit(self, group: str) -> None:
        self.commits[group] |= self.positions[group]

    def crash(self, group: str) -> None:
        """What was read and not committed will be read and published again."""
        self.positions[group].clear()

    def delete(self, partition: TopicPartition) -> None:
        """Retention takes everything. What was not done by then counts as lost, also where a reader has it in hand."""
        log = self.logs[partition]
        done = max(self.stored.get(partition, 0), *(commits.get(partition, 0) for commits in self.commits.values()))
        self.lost |= {item.number for item in log.items[done:]}
        log.start = log.end

    def fetch(self, most: int) -> None:
        for partition in sorted(self.owned):
            for _ in self._read(self.fetched, self.commits[OWN_GROUP], partition, most):
                pass

    def store(self) -> None:
        for partition in self.fetched:
            self._have_effect(partition, self.fetched[partition])
        self.stored |= self.fetched

    def commit_own(self) -> None:
        self.commits[OWN_GROUP] |= self.stored

    def others_work(self) -> None:
        """The other processes of the group read, store and commit what is theirs."""
        for partition in OWN_PARTITIONS - self.owned:
            end = self.logs[partition].end
            self._have_effect(partition, end)
            self.commits[OWN_GROUP][partition] = end

    def assign(self, owned: frozenset[TopicPartition]) -> None:
        """Also a crash of the process, where it gets back what it had. An instant passes before and after."""
        self.pass_time()
        self.assigned_at = self.now
        self.owned = owned
        self.fetched.clear()
        self.stored.clear()
        for tell in self.on_assignment:
            tell(owned)
        self.pass_time()

    def break_down(self) -> None:
        """The next question is not answered."""
        self.is_down = True

    def end_troubles(self) -> None:
        """Every reader has read everything there is, and so has the process; it owns something. Others lag for ever."""
        self.is_down = False
        if not self.owned:
            self.assign(OWN_PARTITIONS)
        for group in (*READERS, "profile.fold.v1", "profile.fold.v1", "profile.fold.v1"):
            self.work(group, most=1_000)
            self.commit(group)
        self.fetch(most=1_000)
        self.store()

    def without_effect(self, until: datetime) -> list[Item]:
        """Received by then, for a partition that is this process's, not lost to retention, and not stored."""
        ours = {each.partition for each in self.owned}
        settled = self.had_effect | self.lost
        return [
            each
            for each in self.received
            if each.received_at <= until and each.home in ours and not each.is_history and each.number not in settled
        ]

    # What the watermark asks

    async def read_time(self) -> datetime | None:
        self._happen("time", "")
        return self.time_to_read

    async def ends(self, topics: Sequence[str]) -> Offsets:
        self._happen("ends", tuple(topics))
        return {each: self.logs[each].end for each in _partitions(topics)}

    async def starts(self, topics: Sequence[str]) -> Offsets:
        self._happen("starts", tuple(topics))
        return {each: self.logs[each].start for each in _partitions(topics)}

    async def committed(self, group: str) -> Offsets:
        self._happen("committed", group)
        return dict(self.commits[group])

    def _happen(self, question: str, about: tuple[str, ...] | str) -> None:
        self.questions.append((question, about))
        for action in next(self.schedule, ()):
            action.do(self)
        if self.is_down:
            self.is_down = False
            raise Unavailable("kafka")

    def _read(
        self,
        positions: dict[TopicPartition, int],
        commits: dict[TopicPartition, int],
        partition: TopicPartition,
        most: int,
    ) -> Sequence[Item]:
        """Like a consumer, it has a position only where there was something to read."""
        position = self._position(positions, commits, partition)
        items = self.logs[partition].items[position : position + most]
        if items:
            positions[partition] = position + len(items)
        return items

    def _position(
        self, positions: dict[TopicPartition, int], commits: dict[TopicPartition, int], partition: TopicPartition
    ) -> int:
        return max(positions.get(partition, commits.get(partition, 0)), self.logs[partition].start)

    def _publish_after(self, topic: str, item: Item) -> None:
        if topic in READERS["ingest.v1"]:
            following, number = "interactions", item.number % 2
        elif topic == "interactions":
            following, number = "timeline", (item.home + item.forwards) % 2
        elif item.forwards:
            item = Item(item.number, item.received_at, item.is_history, item.forwards - 1, item.home)
            following, number = "timeline", (item.home + item.forwards) % 2
        else:
            following, number = "profiles", item.home
        self.logs[TopicPartition(following, number)].items.append(item)

    def _have_effect(self, partition: TopicPartition, end: int) -> None:
        self.had_effect |= {item.number for item in self.logs[partition].items[:end]}


def _partitions(topics: Iterable[str]) -> tuple[TopicPartition, ...]:
    return tuple(TopicPartition(topic, number) for topic in topics for number in NUMBERS)
