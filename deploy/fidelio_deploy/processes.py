"""One child process: started, watched until ready, stopped, killed, started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from fidelio_deploy.errors import StartFailed

TETHER = Path(__file__).with_name("tether.py")
POLL_SECONDS = 0.05
TAIL_LINES = 30
TAIL_BYTES = 64 * 1024
LOG_ROTATION_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Command:
    name: str
    argv: tuple[str, ...]
    log_path: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class ChildProcess:
    """A running command in a session of its own; it dies with this process, even if that is killed."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self._log_start = prepare_log(command.log_path)
        self._ended = Event()
        started: Future[subprocess.Popen[bytes]] = Future()
        # The death signal comes when the *thread* that forked ends: this one lives as long as the child does.
        Thread(target=self._own, args=(started,), name=f"owner of {command.name}", daemon=True).start()
        self._process = started.result()

    def _own(self, started: "Future[subprocess.Popen[bytes]]") -> None:
        try:
            process = _spawn(self.command)
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(process)
        process.wait()
        self._ended.set()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return not self._ended.is_set()

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    def wait_until(self, is_ready: Callable[[], bool], *, within_seconds: float) -> None:
        """Returns once the probe says so; if the process ends or stays silent, the error shows its log."""
        deadline = time.monotonic() + within_seconds
        while not self._ended.is_set():
            if is_ready():
                return
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready within {within_seconds:.0f} s")
            self._ended.wait(POLL_SECONDS)
        raise self._failure(f"ended with exit code {self.exit_code} before it was ready")

    def stop(self, *, grace_seconds: float = 20.0) -> None:
        self._signal(signal.SIGTERM)
        if not self._ended.wait(grace_seconds):
            self.kill()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._ended.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.is_running:
            self._process.send_signal(number)

    def _failure(self, what: str) -> StartFailed:
        log = self.command.log_path
        lines = "\n".join(f"  | {line}" for line in last_lines(log, since=self._log_start)) or "  | (it wrote nothing)"
        return StartFailed(f"{self.command.name} {what}. The end of {log}:\n{lines}")


def inherited_environment() -> dict[str, str]:
    """Ours, without the names that speak to this tool alone and that a service would take for settings of its own."""
    return {name: value for name, value in os.environ.items() if name not in ("FIDELIO_KAFKA", "FIDELIO_MONGO")}


def last_lines(log: Path, *, count: int = TAIL_LINES, since: int = 0) -> list[str]:
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(since, size - TAIL_BYTES))
        return file.read().decode(errors="replace").splitlines()[-count:]


def prepare_log(log: Path) -> int:
    """The log exists and is not oversized; returns where the next run's part begins."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_ROTATION_BYTES:
        log.replace(log.with_suffix(".previous.log"))
    log.touch()
    return log.stat().st_size


def _spawn(command: Command) -> subprocess.Popen[bytes]:
    with command.log_path.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command.argv],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=inherited_environment() | dict(command.environment),
            start_new_session=True,
        )
