"""Channels that a service's watermark does not wait for, on an operator's word, kept in the service's own database.

For a channel that is stuck and holds everybody's silence back. What it still delivers may come after the silence that
it contradicts: each such snapshot is counted as late.
"""

import asyncio
from dataclasses import dataclass

import typer
import uvloop
from prometheus_client import Gauge
from pydantic import SecretStr

from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.commands import plain_errors
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.observability.logs import log
from fidelio_shared.storage.mongo import Database, connect, translated

EXEMPTIONS = "exemptions"
_EVERY_SECONDS = 5.0
_MOST = 1_000


async def exempt(database: Database, channel: str) -> None:
    with translated():
        await database[EXEMPTIONS].update_one({"_id": channel}, {"$currentDate": {"since": True}}, upsert=True)


async def wait_again(database: Database, channel: str) -> None:
    with translated():
        await database[EXEMPTIONS].delete_one({"_id": channel})


async def exempted(database: Database) -> tuple[str, ...]:
    with translated():
        found = await database[EXEMPTIONS].find({"_id": {"$gt": ""}}).sort("_id", 1).limit(_MOST).to_list()
    return tuple(each["_id"] for each in found)


@dataclass(frozen=True, slots=True)
class ExemptionWatch:
    """`shown`: labelled by channel, 1 for each that is exempt."""

    database: Database
    watermark: Watermark
    shown: Gauge

    async def run(self) -> None:
        while True:
            await self.follow()
            await asyncio.sleep(_EVERY_SECONDS)

    async def follow(self) -> None:
        """While the database does not answer, what was last known holds."""
        try:
            channels = await exempted(self.database)
        except Unavailable:
            return
        topics = frozenset(map(channel_topic, channels))
        if topics != self.watermark.exempt:
            log.warning("watermark_exemptions_changed", channels=list(channels))
        self.watermark.exempt = topics
        self.shown.clear()
        for each in channels:
            self.shown.labels(each).set(1)


def exemption_command(uri: SecretStr, name: str, channel: str | None, *, known: frozenset[str], undo: bool) -> None:
    """Exempts a channel, or undoes it; then says which are exempt. Raises BadParameter for one that is not listed."""
    if channel is not None and channel not in known:
        raise typer.BadParameter(f"there is no channel {channel}; there are: {', '.join(sorted(known))}")

    async def work() -> tuple[str, ...]:
        database = connect(uri.get_secret_value(), name)
        if channel is not None:
            await (wait_again if undo else exempt)(database, channel)
        found = await exempted(database)
        await database.client.close()
        return found

    with plain_errors():
        found = uvloop.run(work())
    typer.echo(f"not waited for: {', '.join(found)}" if found else "every channel is waited for")
