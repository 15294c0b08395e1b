import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def unwound_at_sigterm() -> Iterator[None]:
    """Within the block SIGTERM raises SystemExit, so that everything below is closed as after Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python lets only the main thread set handlers.
        return
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
