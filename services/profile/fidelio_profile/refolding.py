"""Profiles that an older version folded are folded anew, in the background and at a bounded rate."""

import asyncio
import time

from rich.console import Console
from rich.progress import Progress

from fidelio_profile.adapters.mongo_versions import MongoVersions
from fidelio_profile.records import timeline_record
from fidelio_profile.repairs import refold_request
from fidelio_profile.settings import ProfileSettings
from fidelio_shared.contracts.profile import STATE_VERSION
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import connect

_STUCK_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 1.0


async def refold(settings: ProfileSettings, *, rate: int) -> int:
    """The number of profiles that are left when no more change for a minute: 0 where all went well."""
    database = connect(settings.mongo_uri.get_secret_value(), settings.profile_database)
    publisher, versions = Publisher(settings.kafka, ordinal=None), MongoVersions(database)
    try:
        with Progress() as progress:
            left = await versions.count_older()
            task = progress.add_task("profiles", total=left)
            async for page in versions.older(page=rate):
                started = time.monotonic()
                requests = [
                    refold_request(each.profile, reason="version", cause=f"{STATE_VERSION}:{each.revision}", at=each.at)
                    for each in page
                ]
                await publisher.publish_all([timeline_record(each) for each in requests])
                progress.advance(task, len(page))
                await asyncio.sleep(max(0.0, started + 1 - time.monotonic()))
        return await _wait(versions)
    finally:
        await publisher.stop()
        await database.client.close()


async def _wait(versions: MongoVersions) -> int:
    """Until the folds have done it. A process of an older version among them undoes it: then run it again."""
    left, changed_at = await versions.count_older(), time.monotonic()
    with Console().status("waiting for the folds"):
        while left and time.monotonic() - changed_at < _STUCK_SECONDS:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            before, left = left, await versions.count_older()
            changed_at = time.monotonic() if left != before else changed_at
    return left
