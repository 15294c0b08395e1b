"""Where everything of a running stack listens, kept in a file that only its owner may read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from fidelio_deploy.files import write_whole

FILE_NAME = "stack.json"


@dataclass(frozen=True)
class StackAddresses:
    """`processes` has every service process's base URL, with /live, /ready, /metrics, and the API if it has one."""

    kafka: str
    mongo: str
    ingest: str
    profile: str
    scoring: str
    notify: str
    smtp: str
    mailbox: str
    api_key: str
    processes: dict[str, str]


@contextmanager
def published(directory: Path, addresses: StackAddresses) -> Iterator[None]:
    """The file is there for the length of the block; whoever waits for it can read it at once."""
    write_whole(directory / FILE_NAME, json.dumps(asdict(addresses), indent=2))
    try:
        yield
    finally:
        withdraw(directory)


def withdraw(directory: Path) -> None:
    """No addresses are published, not even those that a killed owner left behind."""
    (directory / FILE_NAME).unlink(missing_ok=True)


def read_addresses(directory: Path) -> StackAddresses | None:
    file = directory / FILE_NAME
    return StackAddresses(**json.loads(file.read_text())) if file.exists() else None
