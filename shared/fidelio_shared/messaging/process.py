"""One process: its steps, its pages, and a watchdog that ends it rather than let it look alive."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import uvicorn
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from prometheus_client import CollectorRegistry, ProcessCollector
from starlette.types import ASGIApp

from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.connection import make_broker, max_age_seconds, subscription
from fidelio_shared.messaging.errors import Halted, Unavailable
from fidelio_shared.messaging.health import WATCH, Health
from fidelio_shared.messaging.lag import OffsetReader, lag
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Incoming
from fidelio_shared.messaging.settings import BATCH_RECORDS, KafkaSettings
from fidelio_shared.messaging.settle import Handler, Settler
from fidelio_shared.messaging.stream_clock import ReadTime, StreamClock, wall_clock
from fidelio_shared.messaging.tolerance import decode_nothing, parse_nothing
from fidelio_shared.observability.logs import log, where
from fidelio_shared.observability.metrics import StepMetrics, make_step_metrics

T = TypeVar("T")
Task = Callable[[], Coroutine[Any, Any, None]]
_WATCHES_IN_PATIENCE = 12
_EXIT_STUCK = 70
_EXIT_HALTED = 71
_OBJECTS_A_COLLECTION = 100_000
_SECONDS_TO_CLOSE = 3.0
_SECONDS_TO_CANCEL = 0.5
_CANCELLATIONS = 6


@dataclass(frozen=True, slots=True)
class Step:
    group: str
    topics: tuple[str, ...]
    ownership: Ownership


@dataclass(slots=True)
class Process:
    """What the steps of a process share. Built in `app.py`, never at import."""

    service: str
    kafka: KafkaSettings
    ordinal: int | None
    registry: CollectorRegistry
    metrics: StepMetrics
    health: Health
    publisher: Publisher
    broker: KafkaBroker
    offsets: OffsetReader
    steps: dict[str, Step] = field(default_factory=dict)
    background: list[Task] = field(default_factory=list)
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    exit_code: int = 0
    server: uvicorn.Server | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def consume(
        self,
        *topics: str,
        group: str,
        decode: Callable[[Incoming], T],
        handle: Handler[T],
        ownership: Ownership | None = None,
        max_records: int = BATCH_RECORDS,
    ) -> None:
        """Registers a step. Its name, for metrics and static membership, is the group without `.v1`."""
        step = group.removesuffix(".v1")
        owner = ownership or Ownership()
        owner.max_age_seconds = max_age_seconds(self.ordinal)
        settler = Settler(
            step=step,
            service=self.service,
            decode=decode,
            handle=handle,
            ownership=owner,
            publisher=self.publisher,
            health=self.health,
            metrics=self.metrics,
            halt=self.halt,
        )
        arguments = subscription(self.kafka, group=group, step=step, ordinal=self.ordinal, max_records=max_records)
        subscriber = self.broker.subscriber(*topics, listener=owner, **arguments)
        subscriber(settler.settle, parser=parse_nothing(lambda: subscriber.consumer), decoder=decode_nothing)
        self.steps[step] = Step(group, topics, owner)
        self.health.progress(step)

    def read_time(self, clock: ClockKind, *, skew_ms: int) -> ReadTime:
        """T of a watermark's rounds: the wall's, or what topic `clock` says."""
        if clock == "wall":
            return wall_clock(skew_ms)
        stream = StreamClock(self.kafka)
        self.closing.append(stream.close)
        return stream.read

    def halt(self, why: str) -> None:
        self.health.halted = why
        self.exit_code = _EXIT_HALTED
        if self.server is not None:
            self.server.should_exit = True

    @asynccontextmanager
    async def lifespan(self, wire: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Pages are served at once; `wire` registers the steps as soon as what it needs answers."""
        work = asyncio.create_task(self._work(wire))
        work.add_done_callback(self._halt_at_bug)
        try:
            yield
        finally:
            await self._end(work)

    async def _end(self, work: asyncio.Task[None]) -> None:
        """Within bounds: whatever does not end by itself may be left as it is, as after a crash."""
        await _cancelled(work, *self._tasks)
        for what, close in (
            ("consumers", self.broker.stop),
            ("publisher", self.publisher.stop),
            ("offsets", self.offsets.close),
            *(("other", each) for each in self.closing),
        ):
            try:
                async with asyncio.timeout(_SECONDS_TO_CLOSE):
                    await close()
            except TimeoutError:
                log.error("closing_took_too_long", what=what)

    async def _work(self, wire: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks.append(group.create_task(self._watch()))
                await self._until_available(wire)
                await self._until_available(self._connect)
                self.health.is_started = True
                self._tasks += [group.create_task(task()) for task in self.background]
        except* Halted as halted:
            why = str(halted.exceptions[0])
            log.critical("process_halted", why=why)
            self.halt(why)

    def _halt_at_bug(self, work: asyncio.Task[None]) -> None:
        """A process whose watchdog or background work has ended must not go on looking alive."""
        bug = None if work.cancelled() else work.exception()
        while isinstance(bug, BaseExceptionGroup):
            bug = bug.exceptions[0]
        if bug is not None:
            log.critical("process_failed", bug=where(bug))
            self.halt(f"a bug: {where(bug)}")

    async def _connect(self) -> None:
        await self.publisher.start()
        try:
            await self.broker.start()
        except KafkaError as error:
            await self.broker.stop()
            raise Unavailable("kafka") from error

    async def _until_available(self, attempt: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await attempt()
            except Unavailable as error:
                if self.health.waiting.get("start") != error.dependency:
                    log.warning("waiting_for_dependency", dependency=error.dependency)
                self.health.wait_for(error.dependency, who="start")
                await asyncio.sleep(1.0)
            else:
                self.health.go_on("start")
                return

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.health.patience_seconds / _WATCHES_IN_PATIENCE)
            try:
                await self._measure_lag()
                self.health.go_on(WATCH)
            except Unavailable as error:
                self.health.wait_for(error.dependency, who=WATCH)
            if stuck := self.health.stuck():
                log.critical("process_stuck", steps=stuck)
                os._exit(_EXIT_STUCK)

    async def _measure_lag(self) -> None:
        """The metric shows the group's lag. Whether this process gets anywhere shows on its own partitions; one that
        was given none might be waiting for its first, and is judged by the group's."""
        for name, step in self.steps.items():
            ends, starts = await self.offsets.ends(step.topics), await self.offsets.starts(step.topics)
            committed = await self.offsets.committed(step.group)
            self.metrics.lag.labels(name).set(lag(ends, committed, starts))
            own = {each: end for each, end in ends.items() if each in step.ownership.owned}
            self.health.measured(name, behind=lag(own or ends, committed, starts))


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    """Repeated, because `asyncio.wait_for` of Python 3.11 swallows a cancellation that comes as what it waits for
    ends, and a task group passes it on to its tasks only once."""
    for _ in range(_CANCELLATIONS):
        for task in tasks:
            task.cancel()
        _, running = await asyncio.wait(tasks, timeout=_SECONDS_TO_CANCEL)
        if not running:
            return
    log.error("tasks_go_on", count=len(running))


def make_process(service: str, kafka: KafkaSettings, *, ordinal: int | None) -> Process:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    metrics, health = make_step_metrics(service, registry), Health()
    for dependency in ("kafka", "mongodb", "smtp", "sms", "push", "chat"):
        metrics.waiting.labels(dependency).set_function(partial(health.is_waiting_for, dependency))
    return Process(
        service=service,
        kafka=kafka,
        ordinal=ordinal,
        registry=registry,
        metrics=metrics,
        health=health,
        publisher=Publisher(kafka, ordinal=ordinal),
        broker=make_broker(kafka),
        offsets=OffsetReader(kafka),
    )


def collect_garbage_rarely() -> None:
    """A batch is tens of thousands of objects and no garbage: by default Python looks for some 700 objects at a time,
    which takes an eighth of a step's processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_COLLECTION)


async def serve(process: Process, application: ASGIApp, *, host: str, port: int) -> int:
    """Runs until a signal or a halt; the exit code for the process."""
    config = uvicorn.Config(application, host=host, port=port, log_config=None, access_log=False, lifespan="on")
    process.server = uvicorn.Server(config)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)  # uvicorn catches them while it serves, and raises them again afterwards
    collect_garbage_rarely()
    await process.server.serve()
    return process.exit_code
