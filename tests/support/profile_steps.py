"""A step of profile that settles batches on a real database, and all that it published."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import orjson
from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_profile.adapters.mongo_profiles import MongoProfileStore
from fidelio_profile.adapters.mongo_routes import MongoRouteStore
from fidelio_profile.decoding import decode_interaction, decode_timeline
from fidelio_profile.domain.refolds import MOST_AT_ONCE
from fidelio_profile.handlers import FoldHandlers, ResolveHandlers
from fidelio_profile.metrics import make_metrics
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.topics import DEAD_LETTERS, INTERACTIONS, PROFILES, TIMELINE
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Incoming, Outgoing
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.settle import Handler, Settler
from fidelio_shared.observability.metrics import make_step_metrics
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor
from support.settling import ARecord, Clock

T = TypeVar("T")
EPOCH = 7
SUPPRESSOR = Suppressor(b"of tests alone")


class RecordingPublisher(Publisher):
    """As Kafka that takes everything."""

    def __init__(self) -> None:
        super().__init__(KafkaSettings(), ordinal=None)
        self.records: list[Outgoing] = []

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        self.records += records


@dataclass
class StepBench:
    """Feeds records to one step as a single partition would; offsets go on from batch to batch."""

    settler: Settler[Any]
    topic: str
    publisher: RecordingPublisher
    halts: list[str]
    next_offset: int = 0

    async def settle(self, *values: bytes) -> None:
        records = [
            ARecord(value, topic=self.topic, offset=self.next_offset + place) for place, value in enumerate(values)
        ]
        await self.settler.settle(records)
        self.next_offset += len(records)

    async def settle_to_rest(self, *values: bytes) -> None:
        """And what the step tells itself thereby, each record as a batch."""
        told = list(values)
        while told:
            before = len(self.publisher.records)
            await self.settle(told.pop(0))
            told += [each.value or b"" for each in self.publisher.records[before:] if each.topic == self.topic]

    def published(self, topic: str) -> list[bytes]:
        return [each.value or b"" for each in self.publisher.records if each.topic == topic]

    def snapshots(self) -> list[Any]:
        return [orjson.loads(each) for each in self.published(PROFILES.name)]

    def dead_letters(self) -> dict[int, str]:
        """Reasons by the offset of the record that was refused."""
        told = [dict(each.headers) for each in self.publisher.records if each.topic == DEAD_LETTERS.name]
        return {int(each["fidelio-offset"] or b""): (each["fidelio-reason"] or b"").decode() for each in told}

    @property
    def stored_offset(self) -> int | None:
        """What a commit would cover."""
        return self.settler.ownership.stored.get(TopicPartition(self.topic, 0))


def a_fold(database: Database, most_at_once: int = MOST_AT_ONCE) -> StepBench:
    publisher = RecordingPublisher()
    store = MongoProfileStore(database, EPOCH, most_at_once=most_at_once)
    handlers = FoldHandlers(store, publisher, make_metrics(CollectorRegistry()))
    return _bench(TIMELINE.name, publisher, decode_timeline, handlers.fold_timeline)


def a_resolver(database: Database, suppressor: Suppressor = SUPPRESSOR) -> StepBench:
    publisher = RecordingPublisher()
    metrics, erasures = make_metrics(CollectorRegistry()), MongoErasureStore(database)
    routes, rules = MongoRouteStore(database, suppressor), shipped_identity_rules()
    handlers = ResolveHandlers(routes, rules, erasures, timedelta(0), publisher, metrics)
    return _bench(INTERACTIONS.name, publisher, decode_interaction, handlers.route_interactions)


def _bench(topic: str, publisher: RecordingPublisher, decode: Callable[[Incoming], T], handle: Handler[T]) -> StepBench:
    clock, halts = Clock(), list[str]()
    settler = Settler(
        step="step",
        service="profile",
        decode=decode,
        handle=handle,
        ownership=Ownership(),
        publisher=publisher,
        health=Health(clock=clock),
        metrics=make_step_metrics("test", CollectorRegistry()),
        halt=halts.append,
        clock=clock,
        sleep=clock.sleep,
    )
    return StepBench(settler, topic, publisher, halts)


async def live(database: Database, *interactions: Interaction) -> None:
    """Resolved and folded, each record in its own place."""
    resolver, fold = a_resolver(database), a_fold(database)
    await resolver.settle(*(encode(each) for each in interactions))
    await fold.settle(*resolver.published(TIMELINE.name))
