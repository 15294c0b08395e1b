"""Keeps service processes running: one that ends by itself is started again, ever more patiently."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread

from fidelio_deploy.probes import answers
from fidelio_deploy.processes import ChildProcess, Command

START_SECONDS = 60.0
STOP_SECONDS = 40.0
WATCH_SECONDS = 0.1
FIRST_BACKOFF_SECONDS, LAST_BACKOFF_SECONDS = 0.5, 10.0
STABLE_SECONDS = 10.0

Report = Callable[[str], None]


@dataclass(frozen=True)
class ServiceProcess:
    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    ready_url: str


def backoff_seconds(failures: int) -> float:
    """How long to wait after so many ends in a row: 0.5 s, doubling, at most 10 s."""
    return float(min(LAST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(failures - 1, 10)))


@dataclass
class Watched:
    service: ServiceProcess
    command: Command
    child: ChildProcess
    started_at: float
    failures: int = 0
    restart_at: float | None = None


class Supervisor:
    def __init__(self, logs: Path, *, report: Report, clock: Callable[[], float] = time.monotonic) -> None:
        self._logs, self._report, self._clock = logs, report, clock
        self._watched: list[Watched] = []

    @property
    def pids(self) -> dict[str, int]:
        """The current process of each service, by name; that of an ended one until it is started again."""
        return {each.service.name: each.child.pid for each in self._watched}

    def start(self, services: Iterable[ServiceProcess]) -> None:
        """All of them run and answer; one that ends at its start is an error, not restarted."""
        for service in services:
            command = Command(service.name, service.argv, self._logs / f"{service.name}.log", service.environment)
            self._watched.append(Watched(service, command, ChildProcess(command), self._clock()))
        for each in self._watched:
            each.child.wait_until(partial(answers, each.service.ready_url), within_seconds=START_SECONDS)
            self._report(f"{each.service.name} is ready")

    def tick(self) -> None:
        now = self._clock()
        for each in self._watched:
            if not each.child.is_running:
                self._revive(each, now)
            elif each.failures and now - each.started_at > STABLE_SECONDS:
                each.failures = 0

    def stop(self) -> None:
        for each in reversed(self._watched):
            each.child.stop(grace_seconds=STOP_SECONDS)

    def _revive(self, each: Watched, now: float) -> None:
        if each.restart_at is None:
            self._postpone(each, now, f"ended with exit code {each.child.exit_code}")
        elif now >= each.restart_at:
            try:
                each.child, each.started_at, each.restart_at = ChildProcess(each.command), now, None
            except OSError as error:
                self._postpone(each, now, f"could not be started ({error})")
            else:
                self._report(f"{each.service.name} started again, process {each.child.pid}")

    def _postpone(self, each: Watched, now: float, why: str) -> None:
        each.failures += 1
        delay = backoff_seconds(each.failures)
        each.restart_at = now + delay
        self._report(f"{each.service.name} {why}, starting again in {delay:g} s; see {each.command.log_path}")


@contextmanager
def supervised(services: Iterable[ServiceProcess], logs: Path, *, report: Report) -> Iterator[Supervisor]:
    """The services run and are watched for the length of the block."""
    supervisor, leaving = Supervisor(logs, report=report), Event()
    watcher = Thread(target=_watch, args=(supervisor, leaving), name="supervisor", daemon=True)
    try:
        supervisor.start(services)
        watcher.start()
        yield supervisor
    finally:
        leaving.set()
        if watcher.is_alive():
            watcher.join()
        supervisor.stop()


def _watch(supervisor: Supervisor, leaving: Event) -> None:
    while not leaving.wait(WATCH_SECONDS):
        supervisor.tick()
