import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from fidelio_deploy.__main__ import app
from fidelio_deploy.addresses import read_addresses
from fidelio_deploy.kafka import Kafka
from fidelio_deploy.ownership import living_owner

Until = Callable[[Callable[[], bool]], None]
COMMAND = (sys.executable, "-m", "fidelio_deploy")
OWN_SERVERS = {name: value for name, value in os.environ.items() if name not in ("FIDELIO_KAFKA", "FIDELIO_MONGO")}


def fidelio_stack(*arguments: str, home: Path, kafka: str = "") -> tuple[int, str]:
    done = subprocess.run(
        (*COMMAND, *arguments, "--directory", str(home)),
        env=OWN_SERVERS | {"FIDELIO_KAFKA": kafka},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout


def inside(*arguments: str, home: Path) -> tuple[int, str]:
    """The command without a process of its own, which is quicker; an error is told by its text."""
    result = CliRunner().invoke(app, [*arguments, "--directory", str(home)])
    return result.exit_code, result.output or str(result.exception)


def owner_and_children(home: Path) -> list[psutil.Process]:
    owner = living_owner(home)
    assert owner
    return [owner, *owner.children(recursive=True)]


def test_up_stays_up_and_answers_until_down(kafka: Kafka, tmp_path: Path) -> None:
    assert fidelio_stack("up", "--no-services", home=tmp_path, kafka=kafka.bootstrap)[0] == 0
    processes = owner_and_children(tmp_path)
    assert len(processes) == 2

    again = inside("up", "--no-services", home=tmp_path)
    assert (again[0], "already up" in again[1]) == (0, True)
    assert inside("status", home=tmp_path)[0] == 0
    assert inside("logs", "mongod", home=tmp_path)[0] == 0
    assert inside("logs", "fold", home=tmp_path) == (
        1,
        f"no log named fold in {tmp_path}; there are: mongod, stack",
    )

    assert fidelio_stack("down", home=tmp_path) == (0, "stopped\n")
    assert not any(process.is_running() for process in processes)
    assert inside("status", home=tmp_path) == (3, "nothing is up\n")


def test_data_survives_a_killed_owner_and_is_deleted_only_when_purged(
    kafka: Kafka, tmp_path: Path, until: Until
) -> None:
    assert fidelio_stack("up", "--no-services", home=tmp_path, kafka=kafka.bootstrap)[0] == 0
    processes, addresses = owner_and_children(tmp_path), read_addresses(tmp_path)

    processes[0].kill()
    until(lambda: not any(process.is_running() for process in processes))
    assert inside("status", home=tmp_path) == (3, "nothing is up\n")

    refused = inside("up", "--no-services", "--clock", "stream", home=tmp_path)
    assert (refused[0], "was created with clock wall" in refused[1]) == (1, True)
    assert fidelio_stack("up", "--no-services", home=tmp_path, kafka=kafka.bootstrap)[0] == 0
    assert read_addresses(tmp_path) == addresses
    assert inside("down", "--purge", home=tmp_path)[0] == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stack_in_the_foreground_leaves_nothing_running_after(
    number: signal.Signals, kafka: Kafka, tmp_path: Path, until: Until
) -> None:
    environ = OWN_SERVERS | {"FIDELIO_KAFKA": kafka.bootstrap}
    owner = subprocess.Popen((*COMMAND, "run", "--no-services", "--directory", str(tmp_path)), env=environ)
    until(lambda: read_addresses(tmp_path) is not None)
    processes = owner_and_children(tmp_path)
    assert len(processes) == 2

    owner.send_signal(number)

    assert owner.wait(30) == (0 if number is signal.SIGINT else 128 + number)
    assert not any(process.is_running() for process in processes)
    assert (living_owner(tmp_path), read_addresses(tmp_path)) == (None, None)


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "data").write_text("not a directory")

    code, output = fidelio_stack("up", "--no-services", home=tmp_path)

    assert code == 1
    assert "could not be formatted" in output
    assert living_owner(tmp_path) is None
