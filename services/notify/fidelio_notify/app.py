"""The only wiring of notify."""

import ipaddress
import socket
from importlib.resources import files

from starlette.applications import Starlette

from fidelio_notify.adapters.mongo_contacts import MongoContactStore
from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore
from fidelio_notify.adapters.smtp_mail import SmtpServer
from fidelio_notify.decoding import decode_news
from fidelio_notify.domain.check_in import CHECK_IN
from fidelio_notify.domain.check_in_letters import read_templates
from fidelio_notify.handlers import NotifyHandlers
from fidelio_notify.metrics import NotifyMetrics, make_metrics
from fidelio_notify.release import Release
from fidelio_notify.settings import NotifySettings
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import PROFILES, SCORES, SEGMENTS, channel_topic
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.process import Process, make_process, serve
from fidelio_shared.messaging.watermark import Stage, Watermark, stages_to_profiles
from fidelio_shared.observability.pages import make_pages
from fidelio_shared.storage.exemptions import ExemptionWatch
from fidelio_shared.storage.mongo import Database, connect, read_deployment

GROUP = "notify.v1"
LANGUAGES = ("en", "fr")


async def run(settings: NotifySettings) -> int:
    refuse_real_mail_on_stream_clock(settings)
    process = make_process("notify", settings.kafka, ordinal=settings.ordinal)
    database = connect(settings.mongo_uri.get_secret_value(), settings.notify_database)
    ownership = Ownership()
    handlers = NotifyHandlers(MongoContactStore(database), MongoDecisionStore(database), CHECK_IN, process.publisher)
    metrics = make_metrics(process.registry)
    release = _make_release(process, settings, database, ownership, metrics)
    exemptions = ExemptionWatch(database, release.watermark, metrics.watermark_exempt)

    async def wire() -> None:
        await read_deployment(database, settings.clock)
        consume(process, handlers, ownership, settings.batch_records)
        process.background += [exemptions.run, release.run]

    application = Starlette(
        routes=make_pages(process.health, process.registry), lifespan=lambda _: process.lifespan(wire)
    )
    try:
        return await serve(process, application, host=settings.host, port=settings.port)
    finally:
        await database.client.close()


def consume(process: Process, handlers: NotifyHandlers, ownership: Ownership, batch_records: int) -> None:
    process.consume(
        PROFILES.name,
        SCORES.name,
        SEGMENTS.name,
        group=GROUP,
        decode=decode_news,
        handle=handlers.follow_news,
        ownership=ownership,
        max_records=batch_records,
    )


def refuse_real_mail_on_stream_clock(settings: NotifySettings) -> None:
    if settings.clock == "wall":
        return
    addresses = {each[4][0] for each in socket.getaddrinfo(settings.smtp_host, settings.smtp_port)}
    if not all(ipaddress.ip_address(each).is_loopback for each in addresses):
        raise Halted("on the stream clock the mail server must be on this machine (127.0.0.1)")


def _make_release(
    process: Process, settings: NotifySettings, database: Database, ownership: Ownership, metrics: NotifyMetrics
) -> Release:
    sources = {
        each: files("fidelio_notify").joinpath("templates", f"{CHECK_IN.template}.{each}.liquid").read_text()
        for each in LANGUAGES
    }
    return Release(
        contacts=MongoContactStore(database),
        decisions=MongoDecisionStore(database),
        mail=SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_sender,
            username=settings.smtp_username,
            password=settings.smtp_password,
            use_tls=settings.smtp_tls,
        ),
        playbook=CHECK_IN,
        templates=read_templates(sources),
        publisher=process.publisher,
        ownership=ownership,
        watermark=_make_watermark(process, settings, ownership),
        clock=settings.clock,
        health=process.health,
        metrics=metrics,
    )


def _make_watermark(process: Process, settings: NotifySettings, ownership: Ownership) -> Watermark:
    """Scoring's rounds, one stage further: what scoring has scored, and what this process knows of it."""
    channels = read_channels(settings.channels_file)
    awaited = [channel_topic(name) for name, channel in channels.items() if not channel.is_import]
    watermark = Watermark(
        stages=(*stages_to_profiles(awaited), Stage((PROFILES.name,), "scoring.v1")),
        last=(PROFILES.name, SCORES.name, SEGMENTS.name),
        own_group=GROUP,
        observer=process.offsets,
        read_time=process.read_time(settings.clock, skew_ms=settings.clock_skew_ms),
        stored=ownership.stored,
    )
    ownership.on_change.append(watermark.partitions_changed)
    return watermark
