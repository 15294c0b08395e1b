"""What was decided when the data was created, and holds for as long as the data is kept."""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from fidelio_deploy.errors import StackError
from fidelio_deploy.files import write_whole

FILE_NAME = "choices.json"


@dataclass(frozen=True)
class Choices:
    clock: str
    epoch: int
    partitions: int
    api_key: str


def kept_choices(directory: Path, *, clock: str, epoch: int | None, partitions: int) -> Choices:
    """The choices of before, or new ones; asking for others than those of before is refused."""
    file = directory / FILE_NAME
    if not file.exists():
        choices = Choices(clock, int(time.time()) if epoch is None else epoch, partitions, secrets.token_urlsafe(24))
        write_whole(file, json.dumps(asdict(choices), indent=2))
        return choices
    before = Choices(**json.loads(file.read_text()))
    _refuse_change(directory, "clock", before.clock, clock)
    _refuse_change(directory, "epoch", before.epoch, before.epoch if epoch is None else epoch)
    _refuse_change(directory, "partitions", before.partitions, partitions)
    return before


def _refuse_change(directory: Path, what: str, before: str | int, asked: str | int) -> None:
    if asked != before:
        raise StackError(
            f"the data in {directory} was created with {what} {before}, and {asked} was asked for: "
            f"ask for {before}, use another directory, or delete the data (fidelio-stack down --purge)"
        )
