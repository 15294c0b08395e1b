"""The same records into two deployments that are cut differently, and whether they say the same."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import orjson
from aiokafka import AIOKafkaProducer

from fidelio_deploy.metrics import MetricsPage
from fidelio_deploy.ports import free_port
from fidelio_deploy.replay.pace import until_at
from fidelio_deploy.services import create_databases, environment, on_path
from fidelio_deploy.stack import running_stack
from fidelio_deploy.supervisor import ServiceProcess, Supervisor, supervised
from fidelio_shared.contracts.canonical import moment
from fidelio_shared.contracts.topics import CLOCK, PROFILES, SCORES, SEGMENTS, TIMELINE
from fidelio_shared.messaging.connection import make_producer
from fidelio_shared.messaging.settings import KafkaSettings
from support.topics import Record, read_topic

EPOCH = 1_600_000_000
PARTITIONS = 12
COMPARED = (PROFILES.name, SCORES.name, SEGMENTS.name)
COMMANDS = {
    "ingest": ("fidelio-ingest", "run"),
    "resolve": ("fidelio-profile", "run", "--steps", "resolve"),
    "fold": ("fidelio-profile", "run", "--steps", "fold"),
    "scoring": ("fidelio-scoring", "run"),
}

Said = Mapping[str, Sequence[Record]]
"""By topic."""


@dataclass(frozen=True, slots=True)
class World:
    """`running`: how many processes of each step; a process is named `step-ordinal`."""

    kafka: str
    supervisor: Supervisor
    told: Mapping[str, str]
    running: Counter[str] = field(default_factory=Counter)
    scoring: dict[str, MetricsPage] = field(default_factory=dict)

    def start(self, *steps: str) -> None:
        started: list[ServiceProcess] = []
        for step in steps:
            process = _process(step, self.running[step], self.told)
            self.running[step] += 1
            started.append(process)
            if step == "scoring":
                self.scoring[process.name] = MetricsPage(process.ready_url)
        self.supervisor.start(started)

    async def add(self, *steps: str) -> None:
        await asyncio.to_thread(self.start, *steps)

    async def until_reviewed(self, to: datetime) -> None:
        """Every scoring process has reviewed its partitions up to there."""
        for page in self.scoring.values():
            await until_at(to, "scoring", page)

    async def counted(self, name: str) -> float:
        """By the scoring processes since each of them started."""
        return sum([await _sample(page, name) for page in self.scoring.values()])

    async def read(self) -> Said:
        return {topic: await read_topic(self.kafka, topic) for topic in (TIMELINE.name, CLOCK.name, *COMPARED)}


@contextmanager
def a_world(
    home: Path,
    processes: Mapping[str, int],
    *,
    batch_records: int,
    channels_file: Path | None = None,
    segments_file: Path | None = None,
) -> Iterator[World]:
    """So many processes of each step, on the stream clock, with a Kafka and a MongoDB of their own."""
    with running_stack(
        home, clock="stream", epoch=EPOCH, partitions=PARTITIONS, services=False, channels_file=channels_file
    ) as stack:
        told = environment(stack.addresses, clock="stream", files={"FIDELIO_CHANNELS_FILE": channels_file})
        told |= {"FIDELIO_BATCH_RECORDS": str(batch_records)}
        told |= {"FIDELIO_SEGMENTS_FILE": str(segments_file)} if segments_file else {}
        create_databases(told, clock="stream", epoch=EPOCH)
        with supervised((), home / "logs", report=print) as supervisor:
            world = World(stack.addresses.kafka, supervisor, told)
            world.start(*Counter(processes).elements())
            yield world
            for page in world.scoring.values():
                page.close()


async def _sample(page: MetricsPage, name: str) -> float:
    page.close()
    samples = await page.read()
    assert samples, "scoring does not answer"
    return samples[name]


def _process(step: str, ordinal: int, told: Mapping[str, str]) -> ServiceProcess:
    port = free_port()
    environ = {**told, "FIDELIO_PORT": str(port), "FIDELIO_ORDINAL": str(ordinal)}
    return ServiceProcess(f"{step}-{ordinal}", on_path(*COMMANDS[step]), environ, f"http://127.0.0.1:{port}/ready")


@dataclass(frozen=True, slots=True)
class Part:
    """Records of `timeline`, after which the clock was told `to`."""

    records: Sequence[Record]
    clock: Record
    to: datetime


def parts_of(said: Said) -> list[Part]:
    """In each partition's order, and all that was received by a T before that T."""
    waiting = {number: list[Record]() for number in range(PARTITIONS)}
    for record in said[TIMELINE.name]:
        waiting[record.partition].append(record)
    parts: list[Part] = []
    for clock in said[CLOCK.name]:
        to = moment(orjson.loads(clock.value or b"")["to"])
        parts.append(Part([each for queue in waiting.values() for each in _taken(queue, to)], clock, to))
    if left := sum(map(len, waiting.values())):
        raise AssertionError(f"{left} records came after the last T")
    return parts


def _taken(queue: list[Record], to: datetime) -> list[Record]:
    """Up to and with the last record that was received by then."""
    received = [moment(orjson.loads(each.value or b"")["interaction"]["received_at"]) for each in queue]
    count = max((number for number, at in enumerate(received, start=1) if at <= to), default=0)
    taken, queue[:] = queue[:count], queue[count:]
    return taken


async def play(kafka: str, parts: Iterable[Part]) -> None:
    producer: AIOKafkaProducer = make_producer(KafkaSettings(bootstrap_servers=kafka), ordinal=None)
    await producer.start()
    try:
        for part in parts:
            for sent in [await _send(producer, TIMELINE.name, each) for each in part.records]:
                await sent
            await (await _send(producer, CLOCK.name, part.clock))
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, topic: str, record: Record) -> Awaitable[object]:
    sent: Awaitable[object] = await producer.send(
        topic, key=record.key, value=record.value, partition=record.partition, headers=list(record.headers)
    )
    return sent


def differences(one: Said, other: Said) -> list[str]:
    """Per topic and key: the same bytes in the same order. A repetition of a record, of equal `ce_id`, is left out."""
    found: list[str] = []
    for topic in COMPARED:
        left, right = _by_key(one[topic]), _by_key(other[topic])
        found += [f"{topic} {key}: only in one world" for key in sorted(left.keys() ^ right.keys())]
        for key in sorted(left.keys() & right.keys()):
            found += [f"{topic} {key}: {each}" for each in _key_differences(left[key], right[key])]
    return found


def _by_key(records: Sequence[Record]) -> Mapping[str, list[Record]]:
    found: dict[str, dict[str, Record]] = defaultdict(dict)
    for record in records:
        found[(record.key or b"").decode()].setdefault(record.header("ce_id"), record)
    return {key: list(each.values()) for key, each in found.items()}


def _key_differences(left: Sequence[Record], right: Sequence[Record]) -> Iterable[str]:
    for number, (one, other) in enumerate(zip(left, right, strict=False), start=1):
        if (one.value, one.headers) != (other.value, other.headers):
            yield f"record {number} is {_short(one)} or {_short(other)}"
            return
    if len(left) != len(right):
        yield f"{len(left)} records or {len(right)}"


def _short(record: Record) -> str:
    said = orjson.loads(record.value or b"")
    return orjson.dumps({name: said[name] for name in ("at", "cause", "revision", "sequence") if name in said}).decode()
