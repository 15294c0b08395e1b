"""A stack that stays up after the command that started it: owned by a process in the background."""

import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import psutil

from fidelio_deploy import addresses, choices, ownership, ports
from fidelio_deploy.addresses import StackAddresses, read_addresses, withdraw
from fidelio_deploy.errors import StackError, StartFailed
from fidelio_deploy.processes import prepare_log

POLL_SECONDS = 0.1
STOP_SECONDS = 120
DATA = ("kafka", "mongo", "mail", "logs")
DATA_FILES = (addresses.FILE_NAME, choices.FILE_NAME, ownership.FILE_NAME, ports.FILE_NAME)


def start_in_background(directory: Path, run_arguments: tuple[str, ...]) -> StackAddresses:
    """Everything is up, owned by a process that outlives this one; what it says meanwhile is passed on."""
    log = directory / "logs" / "stack.log"
    log_start = prepare_log(log)
    withdraw(directory)
    argv = (sys.executable, "-m", "fidelio_deploy", "run", "--directory", str(directory), *run_arguments)
    with log.open("a") as out, log.open() as said, ExitStack() as undo:
        said.seek(log_start)
        owner = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        undo.callback(owner.terminate)
        found = _wait_for_addresses(directory, owner, said)
        undo.pop_all()
    return found


def stop_in_background(owner: psutil.Process) -> None:
    """The owner has stopped everything and ended; one that does not is killed, and its children die with it."""
    owner.terminate()
    try:
        owner.wait(STOP_SECONDS)
    except psutil.TimeoutExpired as error:
        owner.kill()
        raise StackError(f"process {owner.pid} did not stop within {STOP_SECONDS} s and was killed") from error


def delete_data(directory: Path) -> None:
    """What a stack keeps in its directory is gone; whatever else is in there stays."""
    for name in DATA:
        shutil.rmtree(directory / name, ignore_errors=True)
    for name in DATA_FILES:
        (directory / name).unlink(missing_ok=True)


def _wait_for_addresses(directory: Path, owner: "subprocess.Popen[bytes]", said: TextIO) -> StackAddresses:
    while not (found := read_addresses(directory)):
        has_ended = _ends_soon(owner)
        sys.stderr.write(said.read())
        if has_ended:
            raise StartFailed(f"the stack did not start: exit code {owner.returncode}; see {said.name}")
    sys.stderr.write(said.read())
    return found


def _ends_soon(owner: "subprocess.Popen[bytes]") -> bool:
    try:
        owner.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True
