"""A deployment whose steps run one at a time, each made to end at a chosen place."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.lag import OffsetReader, lag
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import Database, connect
from support.crash_servers import CrashServers

GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "resolve": ("profile.resolve.v1", ("interactions",)),
    "fold": ("profile.fold.v1", ("timeline",)),
    "outcomes": ("profile.outcomes.v1", ("scores", "segments", "notifications", "erasures")),
    "scoring": ("scoring.v1", ("profiles",)),
    "notify": ("notify.v1", ("profiles", "scores", "segments")),
}
"""Of the steps that read topics. `requests` carries out what people ask for, and `ask` is somebody who asks."""

SUPPRESSION_KEY = "a key of the crash runs"
_CHILD = Path(__file__).parents[1] / "crash" / "child.py"
_TESTS = Path(__file__).parents[1]
_PATIENCE_SECONDS = 40.0
_DRAINED_FOR_SECONDS = {"resolve": 0.4, "fold": 0.4, "scoring": 1.2, "notify": 0.6, "outcomes": 0.4, "requests": 0.2}


@dataclass
class CrashWorld:
    kafka: str
    mongo: str
    environment: dict[str, str]
    children: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def places(self, variant: str = "") -> list[str]:
        return self._ask({"do": "places"}, variant)  # type: ignore[no-any-return]

    def run_until_crash_or_drained(
        self, step: str, place: str, *, occurrence: int = 1, variant: str = "", told: Mapping[str, object] | None = None
    ) -> int | None:
        """The exit code where it ended by itself; None where it did all there was to do and was stopped."""
        command = {"do": "run", "step": step, "place": place, "occurrence": occurrence, "told": told or {}}
        pid = self._ask(command, variant)
        return asyncio.run(self._watch(step, int(pid), variant))

    def profile_database(self) -> Database:
        return connect(self.mongo, "profile")

    def scoring_database(self) -> Database:
        return connect(self.mongo, "scoring")

    def notify_database(self) -> Database:
        return connect(self.mongo, "notify")

    async def _watch(self, step: str, pid: int, variant: str) -> int | None:
        offsets, database = OffsetReader(KafkaSettings(bootstrap_servers=self.kafka)), self.profile_database()
        deadline, drained_since = time.monotonic() + _PATIENCE_SECONDS, None
        try:
            while time.monotonic() < deadline:
                code = self._ask({"do": "wait", "pid": pid}, variant)
                if code is not None:
                    return int(code)
                is_behind = await (self._is_behind(offsets, step) if step in GROUPS else _is_asked(database, step))
                drained_since = None if is_behind else drained_since or time.monotonic()
                if drained_since and time.monotonic() - drained_since > _DRAINED_FOR_SECONDS[step]:
                    self._stop(pid, variant)
                    return None
                await asyncio.sleep(0.05)
        finally:
            await offsets.close()
            await database.client.close()
        self._stop(pid, variant)
        raise TimeoutError(f"{step} neither ended nor caught up within {_PATIENCE_SECONDS:.0f} s")

    async def _is_behind(self, offsets: OffsetReader, step: str) -> bool:
        group, topics = GROUPS[step]
        try:
            return lag(await offsets.ends(topics), await offsets.committed(group), {}) > 0
        except Unavailable:  # the group's coordinator is being created
            return True

    def _stop(self, pid: int, variant: str) -> None:
        os.kill(pid, signal.SIGKILL)
        while self._ask({"do": "wait", "pid": pid}, variant) is None:
            time.sleep(0.01)

    def _ask(self, command: dict[str, object], variant: str) -> Any:
        child = self.children.get(variant) or self._start(variant)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(command) + "\n")
        child.stdin.flush()
        return json.loads(child.stdout.readline())

    def _start(self, variant: str) -> subprocess.Popen[str]:
        arguments = [sys.executable, str(_CHILD), *([variant] if variant else [])]
        path = os.pathsep.join([str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, **self.environment, "PYTHONPATH": path}
        child = subprocess.Popen(
            arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.children[variant] = child
        return child


async def _is_asked(database: Database, step: str) -> bool:
    """Whether something is left to carry out; somebody who asks ends by themselves."""
    due = {"due_at": {"$lte": datetime.now(UTC)}, "step": {"$ne": "cancelled"}}
    return (
        step == "ask"
        or await database.erasures.count_documents(due) > 0
        or await database.requests.count_documents({"published_at": None}) > 0
    )


@contextmanager
def crash_world(servers: CrashServers) -> Iterator[CrashWorld]:
    kafka, mongo = servers.kafka.bootstrap, servers.mongod.uri
    servers.empty()
    environment = {
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": kafka,
        "FIDELIO_MONGO_URI": mongo,
        "FIDELIO_ORDINAL": "0",
        "FIDELIO_PORT": "0",
        "FIDELIO_API_KEY": "unused",
        "FIDELIO_SUPPRESSION_KEY": SUPPRESSION_KEY,
        "FIDELIO_CLOCK": "stream",
        "FIDELIO_BATCH_RECORDS": "40",
    }
    world = CrashWorld(kafka, mongo, environment)
    try:
        yield world
    finally:
        for child in world.children.values():
            child.kill()
            child.wait()
