"""A process that looks alive and gets nowhere ends itself; one that waits, or has nothing to do, goes on."""

import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.ports import free_port
from fidelio_deploy.processes import ChildProcess, Command
from fidelio_deploy.provision import NamedKafka
from fidelio_deploy.topics import create_topics
from fidelio_shared.contracts.topics import Topic
from support import one_step
from support.talking import ask, log_lines
from support.topics import publish

LONG_AFTER_PATIENCE_SECONDS = 2.5 * one_step.PATIENCE_SECONDS


@dataclass(frozen=True)
class Running:
    child: ChildProcess
    port: int
    log: Path

    def until_ready(self) -> None:
        self.child.wait_until(lambda: ask(self.port, "/ready")[0] == 200, within_seconds=60)

    def until_it_ends(self) -> int | None:
        deadline = time.monotonic() + 30
        while self.child.is_running and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.child.exit_code


@pytest.fixture(scope="module")
def processes(
    kafka: Kafka | NamedKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Running], str]]:
    """One process of each behaviour, and their topic, which gets its first record when all of them are there."""
    topic, folder = f"test-{uuid.uuid4()}", tmp_path_factory.mktemp("watchdog")
    create_topics(kafka.bootstrap, [Topic(topic, 1, keyed=True)])
    running = {how: _start(how, kafka.bootstrap, topic, folder / f"{how}.log") for how in one_step.HANDLERS}
    for how in ("hangs", "waits", "works", "overhears"):
        running[how].until_ready()
    asyncio.run(publish(kafka.bootstrap, topic, [(b"key", b"value")]))
    yield running, topic
    for each in running.values():
        each.child.kill()


def _start(how: str, bootstrap: str, topic: str, log: Path) -> Running:
    port = free_port()
    argv = (sys.executable, one_step.__file__, bootstrap, topic, str(port), how)
    environment = {"PYTHONPATH": str(Path(one_step.__file__).parents[1])}
    return Running(ChildProcess(Command(how, argv, log, environment)), port, log)


def test_a_step_that_hangs_ends_its_process_with_code_70(processes: tuple[dict[str, Running], str]) -> None:
    hangs = processes[0]["hangs"]

    assert hangs.until_it_ends() == 70
    assert log_lines(hangs.log)[-1]["event"] == "process_stuck"


def test_background_work_that_overhears_a_cancellation_does_not_keep_its_process_from_ending(
    processes: tuple[dict[str, Running], str],
) -> None:
    overhears = processes[0]["overhears"]
    os.kill(overhears.child.pid, signal.SIGTERM)

    assert overhears.until_it_ends() == 0


def test_background_work_that_fails_ends_its_process_with_code_71_and_tells_the_place(
    processes: tuple[dict[str, Running], str],
) -> None:
    fails = processes[0]["fails"]

    assert fails.until_it_ends() == 71
    told = log_lines(fails.log)[-1]
    assert (told["event"], told["bug"].split(":")[0]) == ("process_failed", "KeyError at one_step.py")


def test_a_process_that_waits_for_a_named_dependency_lives_and_is_not_ready(
    processes: tuple[dict[str, Running], str],
) -> None:
    waits = processes[0]["waits"]
    waits.child.wait_until(lambda: ask(waits.port, "/ready")[1].get("waiting_for") == ["mongodb"], within_seconds=30)

    deadline = time.monotonic() + LONG_AFTER_PATIENCE_SECONDS
    alive = set()
    while time.monotonic() < deadline:
        alive.add(ask(waits.port, "/live")[0])
        time.sleep(0.1)

    assert (alive, waits.child.is_running) == ({200}, True)
    assert ask(waits.port, "/ready") == (503, {"ready": False, "waiting_for": ["mongodb"]})


def test_a_process_that_had_nothing_to_do_for_long_is_not_stuck_when_work_comes(
    processes: tuple[dict[str, Running], str], kafka: Kafka | NamedKafka
) -> None:
    running, topic = processes
    works = running["works"]
    works.until_ready()

    for _ in range(40):
        asyncio.run(publish(kafka.bootstrap, topic, [(b"key", b"value")]))

    assert works.child.is_running
    assert ask(works.port, "/live")[0] == 200
