"""The moment when nothing moves any more: every group has read everything, and nobody adds to it."""

import asyncio
import time
from collections.abc import Sequence

from fidelio_deploy.errors import StackError
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import (
    INTERACTIONS,
    NOTIFICATIONS,
    PROFILES,
    SCORES,
    SEGMENTS,
    TIMELINE,
    channel_topic,
)
from fidelio_shared.messaging.lag import OffsetReader, lag
from fidelio_shared.messaging.settings import KafkaSettings

POLL_SECONDS = 0.2
QUIET_SECONDS = 1.0
PATIENCE_SECONDS = 300.0

Reading = tuple[str, tuple[str, ...]]


def readings(channels: Sequence[str]) -> tuple[Reading, ...]:
    """Which group reads what."""
    return (
        ("ingest.v1", tuple(channel_topic(each) for each in channels)),
        ("profile.resolve.v1", (INTERACTIONS.name,)),
        ("profile.fold.v1", (TIMELINE.name,)),
        ("scoring.v1", (PROFILES.name,)),
        ("notify.v1", (PROFILES.name, SCORES.name, SEGMENTS.name)),
        ("profile.outcomes.v1", (SCORES.name, SEGMENTS.name, NOTIFICATIONS.name)),
    )


async def until_quiet(kafka: str) -> None:
    """Nothing was appended for a second, several rounds of whoever acts on time alone, and all of it is read."""
    offsets = OffsetReader(KafkaSettings(bootstrap_servers=kafka))
    deadline = time.monotonic() + PATIENCE_SECONDS
    before, since = (-1, 0), time.monotonic()
    try:
        while time.monotonic() - since < QUIET_SECONDS:
            if time.monotonic() > deadline:
                raise StackError(f"after {PATIENCE_SECONDS:.0f} s {before[0]} records are still not read")
            await asyncio.sleep(POLL_SECONDS)
            now = await _unread_and_appended(offsets)
            if now != before or now[0]:
                before, since = now, time.monotonic()
    finally:
        await offsets.close()


async def _unread_and_appended(offsets: OffsetReader) -> tuple[int, int]:
    unread = appended = 0
    for group, topics in readings(tuple(read_channels(None))):
        ends = await offsets.ends(topics)
        unread += lag(ends, await offsets.committed(group), {})
        appended += sum(ends.values())
    return unread, appended
