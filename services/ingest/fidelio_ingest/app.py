"""The only wiring of ingest."""

import hashlib
from collections.abc import Mapping

from fastapi import FastAPI

from fidelio_ingest.door import Door
from fidelio_ingest.handlers import IngestHandlers, interaction_decoder
from fidelio_ingest.metrics import IngestMetrics, make_metrics
from fidelio_ingest.settings import IngestSettings
from fidelio_shared.contracts.channels import Channel, read_channels
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.process import Process, make_process, serve
from fidelio_shared.observability.pages import make_pages

GROUP = "ingest.v1"


async def run(settings: IngestSettings) -> int:
    channels = read_channels(settings.channels_file)
    process = make_process("ingest", settings.kafka, ordinal=settings.ordinal)
    metrics = make_metrics(process.registry)

    async def wire() -> None:
        consume(process, channels, settings.clock, metrics)

    application = FastAPI(
        title="Fidelio ingest",
        lifespan=lambda _: process.lifespan(wire),
        routes=make_pages(process.health, process.registry),
    )
    key = hashlib.sha256(settings.api_key.get_secret_value().encode()).digest()
    Door(process.publisher, channels, key, metrics).open_on(application)
    return await serve(process, application, host=settings.host, port=settings.port)


def consume(process: Process, channels: Mapping[str, Channel], clock: ClockKind, metrics: IngestMetrics) -> None:
    handlers = IngestHandlers(process.publisher, metrics)
    process.consume(
        *(channel_topic(each) for each in channels),
        group=GROUP,
        decode=interaction_decoder(channels, clock),
        handle=handlers.publish_interactions,
    )
