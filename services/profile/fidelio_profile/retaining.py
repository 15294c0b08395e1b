"""What has been on timelines for too long leaves them; and what is kept where, for how long."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from fidelio_profile.adapters.indexes import REQUEST_SECONDS, ROUTE_SECONDS
from fidelio_profile.adapters.mongo_retention import MongoRetention
from fidelio_profile.adapters.mongo_timelines import MOST_LEAVING
from fidelio_profile.domain.fold import RETENTION
from fidelio_profile.records import timeline_record
from fidelio_profile.repairs import refold_request
from fidelio_profile.settings import ProfileSettings
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.retention import Retention, read_retention
from fidelio_shared.contracts.topics import ANY_CHANNEL, topics_for
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import connect


async def retain(settings: ProfileSettings, at: datetime) -> int:
    """Asks each profile's fold to let go of what is too old; the number of records published. Repeat it daily.

    `at`: to the day, so that asking twice a day asks once.
    """
    retention = read_retention(settings.retention_file)
    database = connect(settings.mongo_uri.get_secret_value(), settings.profile_database)
    publisher, store, asked = Publisher(settings.kafka, ordinal=None), MongoRetention(database), 0
    try:
        with Progress() as progress:
            task = progress.add_task("profiles", total=await store.count())
            async for page, counts in store.pages(retention, at):
                requests = [
                    refold_request(profile, reason=RETENTION, cause=f"{instant(at)}:{part}", at=at)
                    for profile, count in counts.items()
                    for part in range(-(-count // MOST_LEAVING))
                ]
                await publisher.publish_all([timeline_record(each) for each in requests])
                asked += len(requests)
                progress.advance(task, page)
    finally:
        await publisher.stop()
        await database.client.close()
    return asked


def print_kept(settings: ProfileSettings) -> None:
    table = Table("where", "what", "how long")
    for where, what, days in kept(read_retention(settings.retention_file), settings.access_days):
        table.add_row(where, what, days)
    Console().print(table)


def kept(retention: Retention, access_days: int) -> list[tuple[str, str, str]]:
    timeline = [("timeline", f"interactions of type {each}", f"{days} days") for each, days in retention.types.items()]
    return [
        *timeline,
        ("timeline", "other interactions", f"{retention.default_days} days"),
        ("profiles, outcomes", "sums, latest values, consents, scores", "until the person is erased"),
        ("identities, heads", "identifiers and what linked them", "until the person is erased"),
        ("suppressed", "keyed hashes of erased people's identifiers", "for ever"),
        ("routes", "which profile an interaction went to", f"{timedelta(seconds=ROUTE_SECONDS).days} days"),
        ("requests", "what people asked for", f"{timedelta(seconds=REQUEST_SECONDS).days} days"),
        ("accesses", "who looked at whom", f"{access_days} days"),
        *(("topic " + each.name, _policy(each.config), _topic_days(each.config)) for each in topics_for([ANY_CHANNEL])),
    ]


def _policy(config: Mapping[str, str]) -> str:
    return "the last record of each key" if config["cleanup.policy"] == "compact" else "every record"


def _topic_days(config: Mapping[str, str]) -> str:
    if config["cleanup.policy"] == "compact":
        return "until the person is erased"
    return f"{timedelta(milliseconds=int(config['retention.ms'])).days} days"
