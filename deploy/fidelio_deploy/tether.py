"""Becomes a command that the kernel kills when its owner ends, however the owner ends.

Run as a script by `processes.py`, not imported: setting the death signal between fork and exec is not safe in a
program with threads. The process id stays the same.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(owner: str, *command: str) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(owner):
        sys.exit("the owner of this process ended before it began")
    try:
        os.execvp(command[0], command)  # noqa: S606 nothing here needs a shell
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main(*sys.argv[1:])
