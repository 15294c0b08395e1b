"""Scoring's watch over silence as it must not be: it takes the wall clock for the watermark."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from fidelio_deploy.addresses import StackAddresses
from fidelio_scoring.adapters.mongo_scores import MongoScoreStore
from fidelio_scoring.app import GROUP
from fidelio_scoring.handlers import RulesInUse, ScoringHandlers
from fidelio_scoring.metrics import make_metrics
from fidelio_scoring.rules import read_rules
from fidelio_scoring.settings import ScoringSettings
from fidelio_scoring.silence import SilenceWatch
from fidelio_shared.contracts.topics import PROFILES
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.stream_clock import wall_clock
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.observability.metrics import make_step_metrics
from fidelio_shared.storage.mongo import connect


@asynccontextmanager
async def a_watch_without_a_watermark(
    addresses: StackAddresses, *, clock: Callable[[], float]
) -> AsyncIterator[SilenceWatch]:
    """It owns every partition; the deployment's own scoring had better stand still meanwhile."""
    settings = ScoringSettings(kafka=KafkaSettings(bootstrap_servers=addresses.kafka))
    publisher, offsets = Publisher(settings.kafka, ordinal=None), OffsetReader(settings.kafka)
    database = connect(addresses.mongo, settings.scoring_database)
    owned = frozenset(await offsets.ends([PROFILES.name]))
    watermark = _always_now(offsets, owned)
    registry = CollectorRegistry()
    metrics = make_metrics(registry)
    handlers = ScoringHandlers(
        MongoScoreStore(database), publisher, RulesInUse(read_rules(settings)), metrics, watermark
    )
    ownership = Ownership(owned=owned)
    try:
        yield SilenceWatch(
            handlers, ownership, watermark, Health(), metrics, make_step_metrics("scoring", registry), clock
        )
    finally:
        await publisher.stop()
        await offsets.close()
        await database.client.close()


def _always_now(offsets: OffsetReader, owned: frozenset[TopicPartition]) -> Watermark:
    watermark = Watermark(
        stages=(),
        last=(PROFILES.name,),
        own_group=GROUP,
        observer=offsets,
        read_time=wall_clock(0),
        stored={},
    )
    watermark.partitions_changed(owned)
    watermark.value = datetime.now(UTC)
    return watermark
