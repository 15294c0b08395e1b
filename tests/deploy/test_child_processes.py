import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psutil
import pytest

from fidelio_deploy.errors import StartFailed
from fidelio_deploy.processes import ChildProcess, Command

Until = Callable[[Callable[[], bool]], None]


def python(code: str, log: Path) -> Command:
    return Command("child", (sys.executable, "-c", code), log)


def test_a_process_that_ends_at_its_start_yields_an_error_with_its_last_log_lines(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    child = ChildProcess(python("for n in range(100): print('line', n)\nraise SystemExit(7)", log))

    with pytest.raises(StartFailed) as failure:
        child.wait_until(lambda: False, within_seconds=10)

    message = str(failure.value)
    assert "child ended with exit code 7 before it was ready" in message
    assert str(log) in message
    assert message.count("| line") == 30
    assert message.endswith("| line 99")


def test_a_program_that_does_not_exist_is_named_in_the_error(tmp_path: Path) -> None:
    child = ChildProcess(Command("child", ("/nowhere/program",), tmp_path / "child.log"))

    with pytest.raises(StartFailed, match="/nowhere/program cannot be run: No such file or directory"):
        child.wait_until(lambda: False, within_seconds=10)


def test_a_process_that_stays_silent_yields_an_error_without_the_log_of_an_earlier_run(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    log.write_text("an earlier run\n")
    child = ChildProcess(python("import signal; signal.pause()", log))

    with pytest.raises(StartFailed, match=r"was not ready within 0 s(?s:.*)\(it wrote nothing\)$"):
        child.wait_until(lambda: False, within_seconds=0)

    child.kill()


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    log = tmp_path / "child.log"
    child = ChildProcess(python(code, log))
    child.wait_until(lambda: "deaf" in log.read_text(), within_seconds=10)

    child.stop(grace_seconds=0.1)

    assert not child.is_running
    assert child.exit_code == -signal.SIGKILL


def test_a_process_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[ChildProcess] = []
    command = python("import signal; print('on', flush=True); signal.pause()", tmp_path / "child.log")
    thread = Thread(target=lambda: started.append(ChildProcess(command)))
    thread.start()
    thread.join()

    child = started[0]
    child.wait_until(lambda: "on" in command.log_path.read_text(), within_seconds=10)
    assert child.is_running
    child.kill()


OWNER = """
import signal, sys
from pathlib import Path
from fidelio_deploy.processes import ChildProcess, Command

print(ChildProcess(Command("child", ("sleep", "600"), Path(sys.argv[1]))).pid, flush=True)
signal.pause()
"""


def test_a_process_dies_with_its_owner_even_if_that_is_killed(tmp_path: Path, until: Until) -> None:
    argv = (sys.executable, "-c", OWNER, str(tmp_path / "child.log"))
    owner = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    pid = int(owner.stdout.readline())
    until(lambda: psutil.Process(pid).name() == "sleep")

    owner.kill()
    owner.wait()

    until(lambda: not psutil.pid_exists(pid))
