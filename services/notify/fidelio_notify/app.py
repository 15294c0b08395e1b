"""The only wiring of notify."""

import secrets
from dataclasses import dataclass

from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.answers import Answers, make_readers
from fidelio_notify.api.application import ApiSettings, Desk, notify_application, open_api, open_public
from fidelio_notify.attempting import Attempts
from fidelio_notify.calling import Calls
from fidelio_notify.channels import make_providers, refuse_real_providers_on_stream_clock
from fidelio_notify.decoding import decode_news
from fidelio_notify.domain.letters.library import Library
from fidelio_notify.domain.letters.words import Sender
from fidelio_notify.handlers import NotifyHandlers
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.judging_page import Judging
from fidelio_notify.keys import Keys, read_keys
from fidelio_notify.mass import MassRelease
from fidelio_notify.metrics import NotifyMetrics, make_metrics
from fidelio_notify.partitions import Partitions
from fidelio_notify.playbooks_watch import PlaybooksWatch
from fidelio_notify.reading import read_playbooks, read_templates
from fidelio_notify.recipients import Recipients
from fidelio_notify.release import Release
from fidelio_notify.settings import NotifySettings
from fidelio_notify.stores import Stores
from fidelio_notify.times import Times
from fidelio_notify.unsubscribing import Unsubscribing
from fidelio_notify.webhooks import serve_webhooks
from fidelio_notify.writing import Links, Writer
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import PROFILES, SCORES, SEGMENTS, channel_topic
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.process import Process, make_process, serve
from fidelio_shared.messaging.watermark import Stage, Watermark, stages_to_profiles
from fidelio_shared.observability.pages import make_pages
from fidelio_shared.storage.exemptions import ExemptionWatch
from fidelio_shared.storage.mongo import connect, read_deployment
from fidelio_shared.storage.suppression import check_suppression

GROUP = "notify.v1"


async def run(settings: NotifySettings) -> int:
    refuse_real_providers_on_stream_clock(settings)
    keys, library = read_keys(settings), read_templates(settings)
    in_use = PlaybooksInUse(read_playbooks(settings, library.templates))
    process = make_process("notify", settings.kafka, ordinal=settings.ordinal)
    database = connect(settings.mongo_uri.get_secret_value(), settings.notify_database)
    stores, partitions, ownership = Stores.of(database, keys.suppressor), Partitions(), Ownership()
    metrics = make_metrics(process.registry)
    parts = Parts(settings, process, keys, stores, in_use, partitions, ownership, metrics)
    release = _make_release(parts, library)
    handlers = NotifyHandlers(stores, in_use, process.publisher, release.times, metrics.unfired.inc)
    watch = PlaybooksWatch(
        stores.playbooks,
        stores.switches,
        in_use,
        in_use.playbooks,
        settings.playbooks_need_approval,
        library.templates,
    )
    desk = _make_desk(parts)

    async def wire() -> None:
        await read_deployment(database, settings.clock)
        await check_suppression(database.unwanted, keys.suppressor)
        await watch.read()
        partitions.count = len(await process.offsets.ends((PROFILES.name,)))
        consume(process, handlers, ownership, settings.batch_records)
        serve_webhooks(process, database, metrics.webhooks, reach=settings.webhook_reach, clock=settings.clock)
        process.background += [
            ExemptionWatch(database, release.watermark, metrics.watermark_exempt).run,
            watch.run,
            release.run,
            Calls(stores.tasks, process.publisher, desk.now, process.health).run,
        ]

    application = notify_application(lambda _: process.lifespan(wire), make_pages(process.health, process.registry))
    open_public(application, desk)
    if settings.api_key is not None:
        told = ApiSettings(settings.api_key.get_secret_value(), settings.access_days)
        open_api(application, database, desk, told)
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


@dataclass(frozen=True, slots=True)
class Parts:
    """What everything in the process is made of."""

    settings: NotifySettings
    process: Process
    keys: Keys
    stores: Stores
    in_use: PlaybooksInUse
    partitions: Partitions
    ownership: Ownership
    metrics: NotifyMetrics


def _make_release(parts: Parts, library: Library) -> Release:
    settings, process, keys, stores = parts.settings, parts.process, parts.keys, parts.stores
    in_use, partitions = parts.in_use, parts.partitions
    writer = Writer(library, Sender(settings.company, settings.agent), _links(settings, keys))
    times, providers = Times(settings.clock), make_providers(settings, stores.tasks)
    judging = Judging(stores, in_use, times, frozenset(providers), holdout_key=keys.holdout, partition_of=partitions.of)
    return Release(
        stores.decisions,
        judging=judging,
        attempts=Attempts(
            stores,
            providers,
            writer,
            process.health,
            parts.metrics,
            times,
            owner=secrets.token_hex(8),
            lease=settings.lease,
            partition_of=partitions.of,
            in_use=in_use,
            unwanted_of=judging.unwanted_of,
        ),
        mass=MassRelease(stores.decisions, stores.masses, in_use, partitions, is_paced=settings.clock == "wall"),
        in_use=in_use,
        publisher=process.publisher,
        ownership=parts.ownership,
        watermark=_make_watermark(process, settings, parts.ownership),
        times=times,
        health=process.health,
        metrics=parts.metrics,
    )


def _make_desk(parts: Parts) -> Desk:
    settings, process, keys, stores = parts.settings, parts.process, parts.keys, parts.stores
    rulings, unwanted = MongoRulings(stores.decisions.database), stores.unwanted
    now = process.read_time(settings.clock, skew_ms=0)
    unsubscribing = Unsubscribing(keys.links, Recipients(rulings), unwanted, process.publisher, now)
    answers = Answers(make_readers(settings), rulings, unwanted, process.publisher, Times(settings.clock).wall)
    return Desk(stores, rulings, parts.in_use, unsubscribing, answers, now)


def _links(settings: NotifySettings, keys: Keys) -> Links:
    return Links(keys.links[0], settings.public_url, settings.survey_url)


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
