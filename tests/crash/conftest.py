"""Kafka, MongoDB and databases of their own for each crash run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.crash_world import CrashWorld, crash_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[CrashWorld]:
    with crash_world(tmp_path) as found:
        yield found
