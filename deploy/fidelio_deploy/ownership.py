"""Which process owns a stack's directory. Process ids are reused, so its time of birth counts too."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from fidelio_deploy.errors import StackError
from fidelio_deploy.files import write_whole

FILE_NAME = "owner.json"
# Birth times are computed from the machine's boot time, which moves a little whenever its clock is set.
SAME_BIRTH_SECONDS = 2.0


@contextmanager
def owned(directory: Path) -> Iterator[None]:
    """This process owns the directory for the length of the block; refused while another one does."""
    if owner := living_owner(directory):
        raise StackError(f"process {owner.pid} already runs a stack in {directory}; stop it with fidelio-stack down")
    file, me = directory / FILE_NAME, psutil.Process()
    write_whole(file, json.dumps({"pid": me.pid, "born": me.create_time()}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def living_owner(directory: Path) -> psutil.Process | None:
    """The process that owns the directory now; none if the file is stale."""
    file = directory / FILE_NAME
    if not file.exists():
        return None
    noted = json.loads(file.read_text())
    try:
        process = psutil.Process(noted["pid"])
        is_same = abs(process.create_time() - noted["born"]) < SAME_BIRTH_SECONDS
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
