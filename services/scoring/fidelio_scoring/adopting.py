"""How far everybody has been scored anew after model or definitions changed."""

import asyncio
import time

from rich.console import Console
from rich.progress import Progress

from fidelio_scoring.databases import Opened

_STUCK_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 1.0


async def left(opened: Opened) -> int:
    return await opened.standings.scored_by_others((await opened.rules_in_use()).version)


async def wait_until_adopted(opened: Opened) -> int:
    """How many are left when no more change for a minute: 0 where all went well."""
    version = (await opened.rules_in_use()).version
    first = remaining = await opened.standings.scored_by_others(version)
    changed_at = time.monotonic()
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("profiles", total=first)
        while remaining and time.monotonic() - changed_at < _STUCK_SECONDS:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            before, remaining = remaining, await opened.standings.scored_by_others(version)
            changed_at = time.monotonic() if remaining != before else changed_at
            progress.update(task, completed=first - remaining)
    return remaining
