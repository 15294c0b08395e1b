"""What the processes of a stack say of themselves, asked again and again."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from fidelio_deploy.metrics import parsed

_EVERY_SECONDS = 0.25
_PATIENCE_SECONDS = 5.0
_WAITING = "waiting_for_dependency{dependency="


@dataclass(slots=True)
class Pages:
    """`alive`: every status of /live. `ready`: the changes of the status of /ready. `waited_for`: by the metric.

    A page that does not answer has status 0.
    """

    processes: Mapping[str, str]
    alive: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    ready: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    waited_for: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    async def watch(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for name, url in self.processes.items():
                group.create_task(self._watch(name, url))

    async def until_ready(self, *, within_seconds: float) -> None:
        """Returns when the last that was seen of every process is that it is ready."""
        deadline = time.monotonic() + within_seconds
        while not all(self.ready[name][-1:] == [200] for name in self.processes):
            assert time.monotonic() < deadline, f"not all ready within {within_seconds:.0f} s: {dict(self.ready)}"
            await asyncio.sleep(_EVERY_SECONDS)

    async def _watch(self, name: str, url: str) -> None:
        while True:
            live, ready, metrics = await asyncio.gather(
                *(_get(f"{url}/{page}") for page in ("live", "ready", "metrics"))
            )
            self.alive[name].add(live[0])
            if self.ready[name][-1:] != [ready[0]]:
                self.ready[name].append(ready[0])
            waiting = (sample for sample, value in parsed(metrics[1]).items() if _WAITING in sample and value == 1)
            self.waited_for[name].update(sample.split('"')[1] for sample in waiting)
            await asyncio.sleep(_EVERY_SECONDS)


async def _get(url: str) -> tuple[int, str]:
    return await asyncio.to_thread(_ask, url)


def _ask(url: str) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()
