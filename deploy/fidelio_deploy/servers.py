"""A server that can be stopped, killed and brought back at the same address."""

from collections.abc import Callable
from contextlib import ExitStack

from fidelio_deploy.processes import ChildProcess, Command


class Server:
    def __init__(self, command: Command, is_ready: Callable[[], bool], *, start_seconds: float) -> None:
        self._command, self._is_ready, self._start_seconds = command, is_ready, start_seconds
        self._child = self._start()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child.is_running

    def stop(self) -> None:
        self._child.stop()

    def kill(self) -> None:
        self._child.kill()

    def restart(self) -> None:
        """Running and ready again, whether it was stopped, killed or running."""
        self._child.stop()
        self._child = self._start()

    def _start(self) -> ChildProcess:
        with ExitStack() as undo:
            child = ChildProcess(self._command)
            undo.callback(child.kill)
            child.wait_until(self._is_ready, within_seconds=self._start_seconds)
            undo.pop_all()
        return child
