"""Runs steps of services, each in a forked process that ends at a given place.

Reads lines from standard input: `places`, or `run STEP PLACE OCCURRENCE` with PLACE `-` for none, `inside` for so many
callbacks into a batch. Answers with the places, or with the child's process id; the caller watches it. Everything is
imported once, forks are cheap.
"""

import asyncio
import ctypes
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from support import checkpoints, library_awaits

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG

INSTRUMENTED = (
    "fidelio_profile.handlers",
    "fidelio_profile.adapters.mongo_routes",
    "fidelio_profile.adapters.mongo_profiles",
    "fidelio_scoring.handlers",
    "fidelio_scoring.silence",
    "fidelio_scoring.adapters.mongo_scores",
    "support.variant_no_deduplication",
    "support.variant_fold_stores_first",
    "support.variant_scoring_stores_first",
)

Run = Callable[[], Coroutine[Any, Any, int]]


def _steps(variant: str) -> dict[str, Run]:
    """Imported here: the modules must be instrumented before."""
    if variant:
        importlib.import_module(f"support.{variant}")
    profile, scoring = importlib.import_module("fidelio_profile.app"), importlib.import_module("fidelio_scoring.app")
    profile_settings = importlib.import_module("fidelio_profile.settings").ProfileSettings
    scoring_settings = importlib.import_module("fidelio_scoring.settings").ScoringSettings
    return {
        "resolve": lambda: profile.run(profile_settings(), ["resolve"]),
        "fold": lambda: profile.run(profile_settings(), ["fold"]),
        "scoring": lambda: scoring.run(scoring_settings()),
    }


def _fork(run: Run, place: str, occurrence: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if place == "inside":
        library_awaits.end_inside(occurrence)
        os._exit(asyncio.run(run()))
    if place != "-":
        checkpoints.arm(place, occurrence)
    os._exit(uvloop.run(run()))


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the steps print is not an answer
    checkpoints.instrument(INSTRUMENTED)
    steps = _steps(sys.argv[1] if len(sys.argv) > 1 else "")
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "places":
            answer: object = checkpoints.places()
        elif command["do"] == "run":
            answer = _fork(steps[command["step"]], command["place"], command["occurrence"])
        else:
            pid, status = os.waitpid(command["pid"], os.WNOHANG)
            answer = None if pid == 0 else os.waitstatus_to_exitcode(status)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
