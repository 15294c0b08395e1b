"""The only wiring of scoring."""

from fidelio_scoring.adapters.mongo_rules import MongoRuleStore
from fidelio_scoring.adapters.mongo_scores import MongoScoreStore
from fidelio_scoring.api.application import ApiSettings, open_api, scoring_application
from fidelio_scoring.decoding import decode_evidence
from fidelio_scoring.handlers import RulesInUse, ScoringHandlers
from fidelio_scoring.metrics import make_metrics
from fidelio_scoring.rules import RulesWatch, read_rules, read_shadow
from fidelio_scoring.settings import ScoringSettings
from fidelio_scoring.shadow import Shadow
from fidelio_scoring.silence import EVERY_SECONDS, SilenceWatch
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import PROFILES, channel_topic
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.process import Process, make_process, serve
from fidelio_shared.messaging.stream_clock import wall_clock
from fidelio_shared.messaging.watermark import Watermark, stages_to_profiles
from fidelio_shared.observability.pages import make_pages
from fidelio_shared.storage.exemptions import ExemptionWatch
from fidelio_shared.storage.mongo import connect, read_deployment

GROUP = "scoring.v1"


async def run(settings: ScoringSettings) -> int:
    in_use, on_trial = RulesInUse(read_rules(settings)), read_shadow(settings)
    process = make_process("scoring", settings.kafka, ordinal=settings.ordinal)
    metrics = make_metrics(process.registry)
    database = connect(settings.mongo_uri.get_secret_value(), settings.scoring_database)
    ownership = Ownership()
    watermark = _make_watermark(process, settings, ownership)
    shadow = Shadow(on_trial, metrics) if on_trial else None
    handlers = ScoringHandlers(MongoScoreStore(database), process.publisher, in_use, metrics, watermark, shadow)
    watch = SilenceWatch(
        handlers,
        ownership,
        watermark,
        process.health,
        metrics,
        process.metrics,
        every_seconds=EVERY_SECONDS[settings.clock],
        adoptions_per_second=settings.adoptions_per_second,
    )
    rules = RulesWatch(MongoRuleStore(database), in_use, in_use.rules)

    async def wire() -> None:
        await read_deployment(database, settings.clock)
        await rules.follow()
        consume(process, handlers, ownership, settings.batch_records)
        process.background += [ExemptionWatch(database, watermark, metrics.watermark_exempt).run, rules.run, watch.run]

    application = scoring_application(lambda _: process.lifespan(wire), make_pages(process.health, process.registry))
    if settings.api_key is not None:
        now = wall_clock(0) if settings.clock == "wall" else None
        told = ApiSettings(settings.api_key.get_secret_value(), settings.access_days, now)
        open_api(application, database, in_use, told)
    try:
        return await serve(process, application, host=settings.host, port=settings.port)
    finally:
        await database.client.close()


def consume(process: Process, handlers: ScoringHandlers, ownership: Ownership, batch_records: int) -> None:
    process.consume(
        PROFILES.name,
        group=GROUP,
        decode=decode_evidence,
        handle=handlers.score_profiles,
        ownership=ownership,
        max_records=batch_records,
    )


def _make_watermark(process: Process, settings: ScoringSettings, ownership: Ownership) -> Watermark:
    channels = read_channels(settings.channels_file)
    awaited = [channel_topic(name) for name, channel in channels.items() if not channel.is_import]
    watermark = Watermark(
        stages=stages_to_profiles(awaited),
        last=(PROFILES.name,),
        own_group=GROUP,
        observer=process.offsets,
        read_time=process.read_time(settings.clock, skew_ms=settings.clock_skew_ms),
        stored=ownership.stored,
    )
    ownership.on_change.append(watermark.partitions_changed)
    return watermark
