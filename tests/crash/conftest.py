"""A world for each crash run, on servers that all of them share."""

from collections.abc import Iterator

import pytest

from support.crash_servers import CrashServers, crash_servers
from support.crash_world import CrashWorld, crash_world


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashServers]:
    with crash_servers(tmp_path_factory.mktemp("crash")) as found:
        yield found


@pytest.fixture
def world(servers: CrashServers) -> Iterator[CrashWorld]:
    with crash_world(servers) as found:
        yield found
