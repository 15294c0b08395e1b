"""A process that was frozen after publishing, while another took over its partition and stored."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry

from fidelio_profile.adapters.mongo_profiles import MongoProfileStore
from fidelio_profile.domain.revisions import Foldable
from fidelio_profile.handlers import FoldHandlers
from fidelio_profile.metrics import make_metrics
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.profile import InteractionRecorded
from fidelio_shared.messaging.batch import Batch, Decoded
from fidelio_shared.messaging.errors import Stale
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.messaging.settings import KafkaSettings
from support.crash_input import an_order, email
from support.crash_servers import EPOCH
from support.crash_world import CrashWorld
from support.invariants import PROFILES, numbering_violations, refold_violations, revisions
from support.topics import Record, read_topic

PERSON = ProfileId(hash16("person"))


@dataclass(frozen=True)
class Fetched:
    """As much of a consumer's record as fold reads."""

    offset: int
    topic: str = "timeline"
    partition: int = 0
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class FrozenPublisher(Publisher):
    """Its first publication is on its way when the process freezes: it arrives after what the other process did."""

    def __init__(self, publisher: Publisher, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self.publisher = publisher
        self.meanwhile = [meanwhile]

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        if self.meanwhile:
            await self.meanwhile.pop()()
        await self.publisher.publish_all(records)


def a_batch(*offsets: int) -> Batch[Foldable]:
    items = tuple(
        Decoded(Fetched(each), InteractionRecorded(profile=PERSON, interaction=an_order(each, email(1), days=each)))
        for each in offsets
    )
    return Batch(items, still_owned=lambda: True, check_age=lambda: None)


def test_a_frozen_process_asks_for_a_refold_and_the_newest_revision_ends_up_last(world: CrashWorld) -> None:
    asyncio.run(_freeze_and_overtake(world))
    assert world.run_until_crash_or_drained("fold", "-") is None
    records, stored, refolded = asyncio.run(_afterwards(world))
    assert numbering_violations(records, PROFILES, stored) == []
    assert refolded == []
    assert stored == {PERSON: 4}


def test_without_the_refold_an_old_revision_would_stay_the_last_of_its_key(world: CrashWorld) -> None:
    asyncio.run(_freeze_and_overtake(world))
    records, stored, _ = asyncio.run(_afterwards(world))
    assert numbering_violations(records, PROFILES, stored) == [
        f"profiles {PERSON}: the last record has number 1 of 3",
    ]


async def _freeze_and_overtake(world: CrashWorld) -> None:
    """Revisions 1 to 3 are published and stored by the other process before revision 1 of the frozen one arrives."""
    database = world.profile_database()
    real = Publisher(KafkaSettings(bootstrap_servers=world.kafka), ordinal=None)
    store = MongoProfileStore(database, EPOCH)
    other = FoldHandlers(store, real, make_metrics(CollectorRegistry()))

    async def meanwhile() -> None:
        await other.fold_timeline(a_batch(0, 1, 2))

    frozen = FoldHandlers(store, FrozenPublisher(real, meanwhile), make_metrics(CollectorRegistry()))
    with pytest.raises(Stale):
        await frozen.fold_timeline(a_batch(0))
    await real.stop()
    await database.client.close()


async def _afterwards(world: CrashWorld) -> tuple[list[Record], dict[str, int], list[str]]:
    database = world.profile_database()
    found = await read_topic(world.kafka, "profiles"), await revisions(database), await refold_violations(database)
    await database.client.close()
    return found
