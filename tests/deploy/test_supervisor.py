import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fidelio_deploy.errors import StartFailed
from fidelio_deploy.probes import answers
from fidelio_deploy.supervisor import ServiceProcess, Supervisor, backoff_seconds, supervised

Until = Callable[[Callable[[], bool]], None]
MakeService = Callable[[str], ServiceProcess]


class FakeClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def kill_and_notice(supervisor: Supervisor, said: list[str], until: Until) -> None:
    before = len(said)
    os.kill(supervisor.pids["fold"], signal.SIGKILL)

    def noticed() -> bool:
        supervisor.tick()
        return len(said) > before

    until(noticed)


def test_backoff_doubles_from_half_a_second_to_ten() -> None:
    assert [backoff_seconds(failures) for failures in (1, 2, 3, 4, 5, 6, 1000)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_a_killed_service_is_started_again_after_its_backoff_and_it_is_said(
    tmp_path: Path, a_service: MakeService, until: Until
) -> None:
    said: list[str] = []
    clock, service = FakeClock(), a_service("fold")
    supervisor = Supervisor(tmp_path, report=said.append, clock=clock)
    supervisor.start([service])
    first = supervisor.pids["fold"]

    kill_and_notice(supervisor, said, until)
    clock.now = 0.4
    supervisor.tick()
    assert supervisor.pids["fold"] == first
    clock.now = 0.5
    supervisor.tick()

    assert supervisor.pids["fold"] != first
    until(lambda: answers(service.ready_url))
    supervisor.stop()
    assert said == [
        "fold is ready",
        f"fold ended with exit code -9, starting again in 0.5 s; see {tmp_path}/fold.log",
        f"fold started again, process {supervisor.pids['fold']}",
    ]


def test_a_service_that_keeps_ending_waits_longer_until_it_was_stable(
    tmp_path: Path, a_service: MakeService, until: Until
) -> None:
    said: list[str] = []
    clock = FakeClock()
    supervisor = Supervisor(tmp_path, report=said.append, clock=clock)
    supervisor.start([a_service("fold")])

    for seconds_alive in (0, 0, 31):
        clock.now += seconds_alive
        supervisor.tick()
        kill_and_notice(supervisor, said, until)
        clock.now += 10
        supervisor.tick()
    supervisor.stop()

    waits = [line.split("again in ")[1].split(";")[0] for line in said if "again in" in line]
    assert waits == ["0.5 s", "1 s", "0.5 s"]


def test_services_are_watched_within_the_block_and_gone_after_it(
    tmp_path: Path, a_service: MakeService, until: Until
) -> None:
    with supervised([a_service("fold"), a_service("scoring")], tmp_path, report=lambda _: None) as supervisor:
        first = supervisor.pids
        os.kill(first["fold"], signal.SIGKILL)
        until(lambda: supervisor.pids["fold"] != first["fold"])
        last = supervisor.pids

    assert last["scoring"] == first["scoring"]
    assert not any(psutil.pid_exists(pid) for pid in last.values())


def test_a_service_that_ends_at_its_start_is_an_error_and_leaves_no_other_behind(
    tmp_path: Path, a_service: MakeService
) -> None:
    broken = replace(a_service("scoring"), argv=("sh", "-c", "echo no such setting; exit 3"))
    children = set(psutil.Process().children(recursive=True))

    with (
        pytest.raises(StartFailed, match=r"scoring ended with exit code 3(?s:.*)no such setting"),
        supervised([a_service("fold"), broken], tmp_path, report=lambda _: None),
    ):
        pass

    assert set(psutil.Process().children(recursive=True)) <= children
