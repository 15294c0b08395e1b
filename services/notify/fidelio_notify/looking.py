"""What commands need to look at people as the release would, without a process that runs."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from fidelio_notify.adapters.mongo_switches import stopped
from fidelio_notify.channels import make_providers
from fidelio_notify.databases import Opened
from fidelio_notify.domain.letters.letter import LettersError
from fidelio_notify.domain.letters.words import Sender
from fidelio_notify.domain.playbooks.model import Playbook, Playbooks
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.judging_page import Judging
from fidelio_notify.keys import read_keys
from fidelio_notify.partitions import Partitions
from fidelio_notify.reading import read_templates
from fidelio_notify.settings import NotifySettings
from fidelio_notify.stores import Stores
from fidelio_notify.times import Times
from fidelio_notify.writing import Links, Writer
from fidelio_shared.contracts.topics import PROFILES
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.stream_clock import StreamClock
from fidelio_shared.storage.suppression import check_suppression

_TRIES = 50
_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Looking:
    """`now`: on the stream clock, where the replay stands."""

    stores: Stores
    judging: Judging
    writer: Writer
    now: datetime


async def look_through(opened: Opened, playbooks: Playbooks) -> Looking:
    """Raises Halted, Unavailable."""
    settings, keys = opened.settings, read_keys(opened.settings)
    stores = Stores.of(opened.database, keys.suppressor)
    await check_suppression(opened.database.unwanted, keys.suppressor)
    in_use = PlaybooksInUse(playbooks, stopped(await opened.switches.all()))
    judging = Judging(
        stores,
        in_use,
        Times(settings.clock),
        frozenset(make_providers(settings, stores.tasks)),
        holdout_key=keys.holdout,
        partition_of=Partitions().of,
    )
    return Looking(stores, judging, writer_of(settings, keys.links[0]), await read_now(settings))


def writer_of(settings: NotifySettings, links_key: bytes) -> Writer:
    try:
        library = read_templates(settings)
    except LettersError as error:
        raise Halted(str(error)) from error
    links = Links(links_key, settings.public_url, settings.survey_url)
    return Writer(library, Sender(settings.company, settings.agent), links)


def found_playbook(playbooks: Playbooks, name: str) -> Playbook:
    found = playbooks.playbook(name)
    if found is None:
        known = ", ".join(each.name for each in playbooks.playbooks)
        raise Halted(f"there is no playbook {name} in {playbooks.version}; there are {known}")
    return found


async def read_now(settings: NotifySettings) -> datetime:
    if settings.clock == "wall":
        return Times("wall").wall()
    clock = StreamClock(settings.kafka)
    try:
        return await _standing(clock)
    finally:
        await clock.close()


async def _standing(clock: StreamClock) -> datetime:
    """Where the replay stands: what was read twice in a row."""
    before = None
    for _ in range(_TRIES):
        found = await clock.read()
        if found is not None and found == before:
            return found
        before = found
        await asyncio.sleep(_EVERY_SECONDS)
    raise Halted("there is no time on the stream clock yet; start the replay first")


async def read_partitions(kafka: KafkaSettings) -> Partitions:
    """As many as Kafka says there are."""
    offsets = OffsetReader(kafka)
    try:
        return Partitions(len(await offsets.ends((PROFILES.name,))))
    finally:
        await offsets.close()
