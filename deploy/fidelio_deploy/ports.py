"""Loopback ports that nobody listens on, remembered where data is kept."""

import json
import secrets
import socket
from collections import deque
from collections.abc import Collection, Mapping
from pathlib import Path

from fidelio_deploy.errors import StackError
from fidelio_deploy.files import write_whole

# Below the kernel's ephemeral range: a client that keeps dialling a stopped server on an ephemeral port
# sooner or later gets that very port as its own, connects to itself, and the server cannot come back.
LOWEST, HIGHEST = 20_000, 32_000
ATTEMPTS = 100
FILE_NAME = "ports.json"
_given: deque[int] = deque(maxlen=1_000)
"""Somebody will listen on these, but may not do so yet."""


def free_port() -> int:
    """Never one that this process was given lately."""
    for _ in range(ATTEMPTS):
        if (port := secrets.choice(range(LOWEST, HIGHEST))) not in _given and is_free(port):
            _given.append(port)
            return port
    raise StackError(f"no free port found on 127.0.0.1 between {LOWEST} and {HIGHEST}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def kept_ports(directory: Path, names: Collection[str], given: Mapping[str, int] | None = None) -> dict[str, int]:
    """One port a name: the given one, else the one used in this directory before, else a free one."""
    file = directory / FILE_NAME
    before: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    ports = {**before, **(given or {})}
    for name in set(names) - ports.keys():
        ports[name] = free_port()
    wanted = {name: ports[name] for name in names}
    if taken := sorted(port for port in wanted.values() if not is_free(port)):
        raise StackError(f"port {taken[0]} on 127.0.0.1 is taken by another program; stop it, or choose another port")
    _given.extend(wanted.values())
    write_whole(file, json.dumps(ports))
    return wanted
