"""The only wiring of ingest."""

import hashlib
from collections.abc import Callable, Iterable

from fastapi import FastAPI

from fidelio_ingest.door import Door
from fidelio_ingest.handlers import IngestHandlers, interaction_decoder
from fidelio_ingest.metrics import IngestMetrics, make_metrics
from fidelio_ingest.settings import IngestSettings
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.identity import read_identity_rules
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.retention import read_retention
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.process import Process, make_process, serve
from fidelio_shared.messaging.records import Incoming
from fidelio_shared.observability.pages import make_pages

GROUP = "ingest.v1"


async def run(settings: IngestSettings) -> int:
    channels, rules = read_channels(settings.channels_file), read_identity_rules(settings.identity_rules_file)
    retention = read_retention(settings.retention_file)
    process = make_process("ingest", settings.kafka, ordinal=settings.ordinal)
    metrics = make_metrics(process.registry)

    async def wire() -> None:
        consume(process, interaction_decoder(channels, settings.clock, rules, retention), channels, metrics)

    application = FastAPI(
        title="Fidelio ingest",
        lifespan=lambda _: process.lifespan(wire),
        routes=make_pages(process.health, process.registry),
    )
    key = hashlib.sha256(settings.api_key.get_secret_value().encode()).digest()
    Door(process.publisher, channels, key, metrics).open_on(application)
    return await serve(process, application, host=settings.host, port=settings.port)


def consume(
    process: Process, decode: Callable[[Incoming], Interaction], channels: Iterable[str], metrics: IngestMetrics
) -> None:
    handlers = IngestHandlers(process.publisher, metrics)
    process.consume(
        *(channel_topic(each) for each in channels),
        group=GROUP,
        decode=decode,
        handle=handlers.publish_interactions,
    )
