"""What mongod takes by itself: the fold's own reads, documents, batches and transactions, through the same driver.

Documents are given and read as any application gives and reads them; there is no fold, and no Kafka.
"""

import asyncio
import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TypeVar

import bson

from fidelio_deploy.bench.bars import Show
from fidelio_deploy.bench.gauges import Gauges
from fidelio_deploy.bench.series import Figures, Sample, figures
from fidelio_profile.adapters.indexes import INDEXES
from fidelio_profile.adapters.mongo_profiles import Cursor, Encoded, MongoProfileStore
from fidelio_profile.decoding import decode_timeline
from fidelio_profile.domain.fold import fold
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.revisions import Stored, record_key
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.topics import TIMELINE
from fidelio_shared.messaging.records import Incoming
from fidelio_shared.messaging.settings import BATCH_RECORDS, KafkaSettings
from fidelio_shared.messaging.topic_reader import records_until_now
from fidelio_shared.storage.mongo import Database, Deployment, connect, initialise

T = TypeVar("T")
DATABASE = "mongod_alone"
DEPLOYMENT = Deployment(epoch=1, clock="wall")


@dataclass(frozen=True, slots=True)
class Write:
    """One batch of the fold: what it asks for first, known records included, and what its transaction writes."""

    partition: int
    records: Sequence[bytes]
    profiles: Sequence[bytes]
    next_offset: int
    documents: Encoded


async def measure_mongod_alone(kafka: KafkaSettings, mongo: str, gauges: Gauges, show: Show) -> Figures:
    """`timeline` must have been filled."""
    database = connect(mongo, DATABASE)
    try:
        await initialise(database, DEPLOYMENT, INDEXES)
        store = MongoProfileStore(database, DEPLOYMENT.epoch)
        writes = prepared(in_turns(await _by_partition(kafka), BATCH_RECORDS), store)
        return await _timed(writes, store, gauges, show)
    finally:
        await database.client.close()


def in_turns(partitions: Mapping[int, Sequence[T]], size: int) -> Iterator[Sequence[T]]:
    """As the fold reads them: up to `size` records of one partition, then of the next one."""
    cut = ([rows[at : at + size] for at in range(0, len(rows), size)] for _, rows in sorted(partitions.items()))
    return (each for each in chain.from_iterable(zip_longest(*cut)) if each)


def prepared(batches: Iterable[Sequence[Incoming]], store: MongoProfileStore) -> list[Write]:
    """Everything that the fold would ask for and write."""
    profiles: dict[ProfileId, Profile] = {}
    seen: set[str] = set()
    writes: list[Write] = []
    for batch in batches:
        records = [decode_timeline(each) for each in batch]
        known = frozenset(seen.intersection(record_key(each) for each in records))
        folded = fold(Stored(profiles, known, {}), records)
        seen.update(record_key(each) for each in folded.accepted)
        profiles |= {profile: each.profile for profile, each in folded.profiles.items()}
        writes.append(
            Write(
                partition=batch[0].partition,
                records=[bytes.fromhex(record_key(each)) for each in records],
                profiles=list({bytes.fromhex(each.profile) for each in records}),
                next_offset=batch[-1].offset + 1,
                documents=_plain(store.encode(folded)),
            )
        )
    return writes


def _plain(encoded: Encoded) -> Encoded:
    return Encoded(
        timeline=tuple(bson.decode(bson.encode(each)) for each in encoded.timeline),
        profiles=tuple((key, bson.decode(bson.encode(each))) for key, each in encoded.profiles),
        moved=encoded.moved,
    )


async def _by_partition(kafka: KafkaSettings) -> dict[int, list[Incoming]]:
    found: dict[int, list[Incoming]] = defaultdict(list)
    async for record in records_until_now(kafka, TIMELINE.name):
        found[record.partition].append(record)
    return found


async def _timed(writes: Sequence[Write], store: MongoProfileStore, gauges: Gauges, show: Show) -> Figures:
    gc.freeze()  # what was prepared is not searched for garbage while mongod is timed
    versions: dict[int, Cursor] = {}
    samples: list[Sample] = [gauges.look(0)]
    for each in writes:
        cursor = versions.get(each.partition, Cursor(each.partition, 0, 0))
        await _read(store.database, each)
        await store.save(each.documents, [cursor], {each.partition: each.next_offset})
        versions[each.partition] = Cursor(each.partition, each.next_offset, cursor.version + 1)
        samples.append(gauges.look(samples[-1].done + len(each.records)))
        show(samples[-1].done)
    gc.unfreeze()
    return figures(samples, samples[-1].done)


async def _read(database: Database, write: Write) -> None:
    await asyncio.gather(
        database.timeline.find({"_id": {"$in": write.records}}, {"_id": 1}).to_list(),
        database.profiles.find({"_id": {"$in": write.profiles}}).to_list(),
        database.offsets.find({"_id": write.partition}).to_list(),
    )
