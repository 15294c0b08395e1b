"""Runs steps of services, each in a forked process that ends at a given place.

Reads commands from standard input, a line each: `places`, or `run` with a step, a place (`-` for none, `inside` for so
many callbacks into a batch) and what the step is told. Answers with the places, or with the child's process id; the
caller watches it. Everything is imported once, forks are cheap.
"""

import asyncio
import ctypes
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import uvloop

from support import checkpoints, library_awaits
from support.crash_steps import INSTRUMENTED

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_VARIANTS = Path(__file__).parents[1] / "support"

Run = Callable[[Mapping[str, Any]], Coroutine[Any, Any, int]]
"""What it is told: what somebody asks for."""


def _steps(variant: str) -> dict[str, Run]:
    """Imported here: the modules must be instrumented before."""
    if variant:
        importlib.import_module(f"support.{variant}")
    profile, scoring = importlib.import_module("fidelio_profile.app"), importlib.import_module("fidelio_scoring.app")
    notify, asking = importlib.import_module("fidelio_notify.app"), importlib.import_module("support.crash_asking")
    profile_settings = importlib.import_module("fidelio_profile.settings").ProfileSettings
    scoring_settings = importlib.import_module("fidelio_scoring.settings").ScoringSettings
    notify_settings = importlib.import_module("fidelio_notify.settings").NotifySettings
    return {
        "resolve": lambda _: profile.run(profile_settings(), ["resolve"]),
        "fold": lambda _: profile.run(profile_settings(), ["fold"]),
        "outcomes": lambda _: profile.run(profile_settings(), ["outcomes"]),
        "requests": lambda _: profile.run(profile_settings(), ["api"]),
        "ask": lambda told: asking.ask(profile_settings(), told),
        "scoring": lambda _: scoring.run(scoring_settings()),
        "notify": lambda _: notify.run(notify_settings()),
    }


def _fork(run: Run, place: str, occurrence: int, told: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if place == "inside":
        library_awaits.end_inside(occurrence)
        os._exit(asyncio.run(run(told)))
    if place != "-":
        checkpoints.arm(place, occurrence)
    os._exit(uvloop.run(run(told)))


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the steps print is not an answer
    checkpoints.instrument((*INSTRUMENTED, *(f"support.{each.stem}" for each in _VARIANTS.glob("variant_*.py"))))
    steps = _steps(sys.argv[1] if len(sys.argv) > 1 else "")
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "places":
            answer: object = checkpoints.places()
        elif command["do"] == "run":
            answer = _fork(steps[command["step"]], command["place"], command["occurrence"], command["told"])
        else:
            pid, status = os.waitpid(command["pid"], os.WNOHANG)
            answer = None if pid == 0 else os.waitstatus_to_exitcode(status)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
