"""Ctrl-C: the first one stops, further ones do not disturb the stopping."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, NoReturn, TypeVar

from fidelio_deploy.errors import StackError

T = TypeVar("T")
INTERRUPTED = 128 + signal.SIGINT


def run_command(name: str, load: Callable[[], Callable[[], object]], *, when_stopped: str) -> None:
    """`load` imports the command, which takes a second in which Ctrl-C, too, ends in one sentence."""
    signal.signal(signal.SIGINT, _stop_once)
    try:
        load()()
    except KeyboardInterrupt:
        _end(when_stopped, INTERRUPTED)
    except StackError as error:
        _end(f"{name}: {error}", 1)
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            _end(when_stopped, INTERRUPTED)
        raise


def run_interruptibly(work: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`; it is followed by nothing but closing what is open, which Ctrl-C does not interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return asyncio.run(work)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _stop_once(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end(sentence: str, code: int) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(code)
