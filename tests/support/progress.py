"""How far each service is, seen from outside: what its group has committed, and what there is."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.lag import OffsetReader, lag

GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ingest": ("ingest.v1", tuple(channel_topic(each) for each in read_channels(None))),
    "profile-resolve": ("profile.resolve.v1", ("interactions",)),
    "profile-fold": ("profile.fold.v1", ("timeline",)),
    "scoring": ("scoring.v1", ("profiles",)),
    "profile": ("profile.outcomes.v1", ("scores", "segments", "notifications")),
    "notify": ("notify.v1", ("profiles", "scores", "segments")),
}
"""By the name of the service process, in the order of the flow."""

_EVERY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Look:
    """`committed` counts records since the beginning, `behind` those that are still to be worked on."""

    committed: int
    behind: int


@dataclass(slots=True)
class Progress:
    offsets: OffsetReader
    longest_stalls: dict[str, float] = field(default_factory=dict)

    async def look(self, service: str) -> Look:
        group, topics = GROUPS[service]
        committed = await self.offsets.committed(group)
        return Look(sum(committed.values()), lag(await self.offsets.ends(topics), committed, {}))

    async def watch_stalls(self) -> None:
        """Keeps, until it is cancelled, the longest time in which a service with work committed nothing."""
        since: dict[str, tuple[int, float]] = {}
        while True:
            for service in GROUPS:
                look, now = await self.look(service), time.monotonic()
                committed, at = since.setdefault(service, (look.committed, now))
                self.longest_stalls[service] = max(self.longest_stalls.get(service, 0.0), now - at)
                if look.committed != committed or not look.behind:
                    since[service] = look.committed, now
            await asyncio.sleep(_EVERY_SECONDS)

    async def advance(self, service: str, records: int, *, within_seconds: float) -> None:
        """Returns when the service has committed so many records more than now."""
        deadline, start = time.monotonic() + within_seconds, await self.look(service)
        while (look := await self.look(service)).committed < start.committed + records:
            assert time.monotonic() < deadline, f"{service} went from {start} to {look} in {within_seconds:.0f} s"
            await asyncio.sleep(_EVERY_SECONDS)

    async def drain(self, *, within_seconds: float) -> None:
        """Returns when every group has committed all there is, looked at twice: some topics lead back."""
        deadline = time.monotonic() + within_seconds
        before: dict[str, Look] = {}
        while not before or any(each.behind for each in before.values()) or before != await self._look_at_all():
            assert time.monotonic() < deadline, f"not drained within {within_seconds:.0f} s: {before}"
            await asyncio.sleep(_EVERY_SECONDS)
            before = await self._look_at_all()

    async def _look_at_all(self) -> dict[str, Look]:
        """Empty where Kafka does not answer."""
        with suppress(Unavailable):
            return {service: await self.look(service) for service in GROUPS}
        return {}
