"""A deployment whose steps run one at a time, each made to end at a chosen place."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from fidelio_deploy.kafka import start_kafka
from fidelio_deploy.mongo import start_mongod
from fidelio_deploy.topics import create_topics
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import topics_for
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.lag import OffsetReader, lag
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import Database, connect

T = TypeVar("T")
_SHORT_TRANSACTIONS = {"transactionLifetimeLimitSeconds": "1"}
"""What a process that ends in a transaction leaves behind blocks the next one for so long."""

EPOCH = 1_700_000_000
PARTITIONS = 4
GROUPS = {
    "resolve": ("profile.resolve.v1", "interactions"),
    "fold": ("profile.fold.v1", "timeline"),
    "scoring": ("scoring.v1", "profiles"),
}
_CHILD = Path(__file__).parents[1] / "crash" / "child.py"
_TESTS = Path(__file__).parents[1]
_PATIENCE_SECONDS = 40.0
_DRAINED_FOR_SECONDS = {"resolve": 0.4, "fold": 0.4, "scoring": 1.2}


@dataclass
class CrashWorld:
    kafka: str
    mongo: str
    environment: dict[str, str]
    children: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def places(self, variant: str = "") -> list[str]:
        return self._ask({"do": "places"}, variant)  # type: ignore[no-any-return]

    def run_until_crash_or_drained(
        self, step: str, place: str, *, occurrence: int = 1, variant: str = ""
    ) -> int | None:
        """The exit code where it ended by itself; None where it did all there was to do and was stopped."""
        pid = self._ask({"do": "run", "step": step, "place": place, "occurrence": occurrence}, variant)
        return asyncio.run(self._watch(step, int(pid), variant))

    def profile_database(self) -> Database:
        return connect(self.mongo, "profile")

    def scoring_database(self) -> Database:
        return connect(self.mongo, "scoring")

    async def _watch(self, step: str, pid: int, variant: str) -> int | None:
        offsets = OffsetReader(KafkaSettings(bootstrap_servers=self.kafka))
        deadline, drained_since = time.monotonic() + _PATIENCE_SECONDS, None
        try:
            while time.monotonic() < deadline:
                code = self._ask({"do": "wait", "pid": pid}, variant)
                if code is not None:
                    return int(code)
                is_behind = await self._is_behind(offsets, step)
                drained_since = None if is_behind else drained_since or time.monotonic()
                if drained_since and time.monotonic() - drained_since > _DRAINED_FOR_SECONDS[step]:
                    self._stop(pid, variant)
                    return None
                await asyncio.sleep(0.05)
        finally:
            await offsets.close()
        self._stop(pid, variant)
        raise TimeoutError(f"{step} neither ended nor caught up within {_PATIENCE_SECONDS:.0f} s")

    async def _is_behind(self, offsets: OffsetReader, step: str) -> bool:
        group, topic = GROUPS[step]
        try:
            return lag(await offsets.ends([topic]), await offsets.committed(group), {}) > 0
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


@contextmanager
def crash_world(directory: Path) -> Iterator[CrashWorld]:
    kafka, mongod = start_kafka(directory / "kafka"), start_mongod(directory / "mongod", parameters=_SHORT_TRANSACTIONS)
    create_topics(kafka.bootstrap, topics_for(read_channels(None)), partitions=PARTITIONS)
    environment = {
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap,
        "FIDELIO_MONGO_URI": mongod.uri,
        "FIDELIO_ORDINAL": "0",
        "FIDELIO_PORT": "0",
        "FIDELIO_API_KEY": "unused",
        "FIDELIO_SUPPRESSION_KEY": "a key of the crash runs",
        "FIDELIO_CLOCK": "stream",
        "FIDELIO_BATCH_RECORDS": "40",
    }
    for service in ("fidelio-profile", "fidelio-scoring"):
        _initialise(service, environment)
    world = CrashWorld(kafka.bootstrap, mongod.uri, environment)
    try:
        yield world
    finally:
        for child in world.children.values():
            child.kill()
            child.wait()
        mongod.stop()
        kafka.stop()


def _initialise(service: str, environment: dict[str, str]) -> None:
    command = [str(Path(sys.executable).with_name(service)), "init", "--epoch", str(EPOCH), "--clock", "stream"]
    subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)


def run_all(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    async def together() -> list[T]:
        return [await each for each in work]

    return asyncio.run(together())
