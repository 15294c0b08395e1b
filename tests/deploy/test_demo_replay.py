"""Recorded history: how it is read, cut into steps, and published no faster than the services follow."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import typer

from fidelio_deploy.errors import StackError
from fidelio_deploy.replay.command import instant_of
from fidelio_deploy.replay.history import Recorded, Step, in_steps, measured, read_history
from fidelio_deploy.replay.pace import until_at
from fidelio_deploy.replay.replaying import Replay
from fidelio_shared.contracts.operations import ClockAdvanced
from fidelio_shared.messaging.records import Outgoing

DAY = timedelta(days=1)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(1997, 1, day, hour, tzinfo=UTC)


def end_of(day: int) -> datetime:
    return at(day) + DAY - timedelta(milliseconds=1)


def recorded(when: datetime) -> Recorded:
    return Recorded(when, record(f"{when:%d %H}"))


def record(name: str) -> Outgoing:
    return Outgoing("channels.store", b"", name.encode(), ())


def a_line(**said: object) -> dict[str, object]:
    return {"channel": "store", "occurred_at": "1997-01-01T00:00:00Z", "id": "1", **said}


def written(path: Path, *lines: object) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines))
    return path


def contents(steps: Iterable[Step]) -> list[tuple[list[str], datetime]]:
    return [([each.value.decode() for each in step.records if each.value], step.to) for step in steps]


def test_a_step_of_a_day_holds_a_day_of_utc_and_empty_days_are_steps_too() -> None:
    history = [recorded(at(1)), recorded(at(1, 23)), recorded(at(3)), recorded(at(5))]

    steps = in_steps(history, length=DAY, until=at(4, 12))

    assert contents(steps) == [
        (["01 00", "01 23"], end_of(1)),
        ([], end_of(2)),
        (["03 00"], end_of(3)),
        ([], at(4, 12)),
    ]


def test_a_later_leg_begins_where_the_earlier_one_ended() -> None:
    history = [recorded(at(1)), recorded(at(3)), recorded(at(4))]

    steps = in_steps(history, length=DAY, until=end_of(4), after=end_of(1))

    assert contents(steps) == [([], end_of(2)), (["03 00"], end_of(3)), (["04 00"], end_of(4))]


def test_longer_steps_hold_the_same_records() -> None:
    history = [recorded(at(day)) for day in range(1, 31)]

    by_day = in_steps(history, length=DAY, until=end_of(30))
    by_week = in_steps(history, length=7 * DAY, until=end_of(30))

    assert [each for step in by_week for each in step.records] == [each for step in by_day for each in step.records]


def test_a_line_is_published_on_its_channel_under_its_strongest_identifier(tmp_path: Path) -> None:
    identifiers = [{"kind": "device_id", "value": "d"}, {"kind": "email", "value": "ann@example.org"}]
    file = written(tmp_path / "h", a_line(identifiers=identifiers, channel="web"), a_line(id="nobody", identifiers=[]))

    first, second = (each.record for each in read_history(file))

    assert (first.topic, first.key) == ("channels.web", b"email:ann@example.org")
    assert (second.topic, second.key) == ("channels.store", b"nobody")
    assert orjson.loads(first.value or b"") == {
        "occurred_at": "1997-01-01T00:00:00Z",
        "id": "1",
        "identifiers": identifiers,
    }


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"{", r"h:2 is not JSON"),
        ([1], "h:2 does not name its channel"),
        ({"occurred_at": "1997-01-02T00:00:00Z"}, "h:2 does not name its channel"),
        (a_line(occurred_at="yesterday"), "h:2 has no occurred_at that can be read"),
        (a_line(occurred_at="1997-01-02T00:00:00"), "h:2 has an occurred_at without a time zone"),
        (a_line(occurred_at="1996-12-31T00:00:00Z"), "h:2 happened before the line above"),
    ],
)
def test_a_line_that_cannot_be_placed_in_time_is_named(line: object, complaint: str, tmp_path: Path) -> None:
    file = written(tmp_path / "h", a_line(), line)

    with pytest.raises(StackError, match=complaint):
        list(read_history(file))


def test_an_empty_history_has_no_extent() -> None:
    assert measured([]) is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [("1997-01-02", end_of(2)), ("1997-01-02T03:00:00Z", at(2, 3)), ("1997-01-02 03:00+00:00", at(2, 3))],
)
def test_a_day_means_its_end(text: str, instant: datetime) -> None:
    assert instant_of(text) == instant


@pytest.mark.parametrize("text", ["tomorrow", "1997-01-02T03:00:00"])
def test_a_time_without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        instant_of(text)


@dataclass
class Log:
    """A publisher and a pace that write down what is asked of them."""

    lines: list[str] = field(default_factory=list)

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        self.lines += [_told(each) for each in records]

    async def until_scored(self, to: datetime) -> None:
        self.lines.append(f"scored {_short(to)}")

    async def until_notified(self, to: datetime) -> None:
        self.lines.append(f"notified {_short(to)}")

    def close(self) -> None:
        self.lines.append("closed")

    def tell(self, step: Step) -> None:
        self.lines.append("told")


def _told(record: Outgoing) -> str:
    if record.topic == "clock":
        return f"T = {_short(ClockAdvanced.model_validate_json(record.value or b'').to)}"
    return (record.value or b"").decode()


def _short(to: datetime) -> str:
    return f"{to:%d} .{to.microsecond // 1000:03}"


@pytest.fixture
def a_replay() -> Callable[[Log], Replay]:
    def make(log: Log) -> Replay:
        return Replay(log, log)  # type: ignore[arg-type]  # of a publisher, the one method that a replay uses

    return make


async def test_the_clock_stops_twice_in_a_step_and_waits_for_the_services(a_replay: Callable[[Log], Replay]) -> None:
    log = Log()

    steps = [Step((record("a"), record("b")), end_of(1)), Step((record("c"),), end_of(2)), Step((), end_of(3))]
    await a_replay(log).run(steps, tell=log.tell)

    assert log.lines == [
        *("a", "b"),
        *("T = 01 .998", "c", "scored 01 .998", "T = 01 .999", "notified 01 .999", "told"),
        *("T = 02 .998", "scored 02 .998", "T = 02 .999", "notified 02 .999", "told"),
        *("T = 03 .998", "scored 03 .998", "T = 03 .999", "notified 03 .999", "told"),
    ]


async def test_nothing_is_published_later_than_a_clock_that_was_there_already(
    a_replay: Callable[[Log], Replay],
) -> None:
    """The records of a step may run ahead of the clock, never behind it."""
    log = Log()
    history = [recorded(at(day)) for day in range(1, 11)]

    await a_replay(log).run(in_steps(history, length=DAY, until=end_of(10)), tell=log.tell)

    clock = 0
    for line in log.lines:
        if line.startswith("T = "):
            clock = int(line[4:6])
        elif line[:2].isdigit():
            assert int(line[:2]) > clock


async def test_the_clock_alone_is_advanced_by_the_same_records(a_replay: Callable[[Log], Replay]) -> None:
    log = Log()

    await a_replay(log).run([Step((), end_of(9))], tell=log.tell)

    assert log.lines == ["T = 09 .998", "scored 09 .998", "T = 09 .999", "notified 09 .999", "told"]


@dataclass
class Pages:
    """A service's watermark, as it shows it from one look to the next."""

    shown: list[float]

    async def read(self) -> dict[str, float]:
        return {"scoring_watermark_timestamp_seconds": self.shown.pop(0)}


async def test_a_service_without_a_watermark_is_waited_for() -> None:
    """NaN is neither before nor after any time."""
    to = end_of(3)
    pages = Pages([math.nan, 0.0, math.nan, to.timestamp() - 1, to.timestamp(), math.inf])
    await until_at(to, "scoring", pages)  # type: ignore[arg-type]  # the one method that is asked
    assert pages.shown == [math.inf]
