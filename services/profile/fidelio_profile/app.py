"""The only wiring of profile."""

from collections.abc import Sequence

from fidelio_profile.adapters.mongo_outcomes import MongoOutcomeStore
from fidelio_profile.adapters.mongo_profiles import MongoProfileStore
from fidelio_profile.adapters.mongo_routes import MongoRouteStore
from fidelio_profile.api.application import make_application, open_api
from fidelio_profile.decoding import decode_interaction, decode_outcome, decode_timeline
from fidelio_profile.handlers import FoldHandlers, OutcomeHandlers, ResolveHandlers
from fidelio_profile.metrics import ProfileMetrics, make_metrics
from fidelio_profile.settings import ProfileSettings, Step
from fidelio_shared.contracts.topics import INTERACTIONS, NOTIFICATIONS, SCORES, SEGMENTS, TIMELINE
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.messaging.process import Process, make_process, serve
from fidelio_shared.observability.pages import make_pages
from fidelio_shared.storage.mongo import Database, connect, read_deployment

RESOLVE_GROUP = "profile.resolve.v1"
FOLD_GROUP = "profile.fold.v1"
OUTCOMES_GROUP = "profile.outcomes.v1"


async def run(settings: ProfileSettings, steps: Sequence[Step]) -> int:
    process = make_process("profile", settings.kafka, ordinal=settings.ordinal)
    metrics = make_metrics(process.registry)
    database = connect(settings.mongo_uri.get_secret_value(), settings.profile_database)

    async def wire() -> None:
        deployment = await read_deployment(database, settings.clock)
        if "resolve" in steps:
            consume_interactions(process, database, metrics, settings.batch_records)
        if "fold" in steps:
            consume_timeline(process, MongoProfileStore(database, deployment.epoch), metrics, settings.batch_records)
        if "outcomes" in steps:
            consume_outcomes(process, database, settings.batch_records)

    application = make_application(lambda _: process.lifespan(wire), make_pages(process.health, process.registry))
    if "api" in steps:
        if settings.api_key is None:
            raise Halted("the api step needs FIDELIO_API_KEY")
        key = settings.api_key.get_secret_value()
        open_api(application, database, api_key=key, access_days=settings.access_days)
    try:
        return await serve(process, application, host=settings.host, port=settings.port)
    finally:
        await database.client.close()


def consume_interactions(process: Process, database: Database, metrics: ProfileMetrics, batch_records: int) -> None:
    handlers = ResolveHandlers(MongoRouteStore(database), process.publisher, metrics)
    process.consume(
        INTERACTIONS.name,
        group=RESOLVE_GROUP,
        decode=decode_interaction,
        handle=handlers.route_interactions,
        max_records=batch_records,
    )


def consume_timeline(
    process: Process, profiles: MongoProfileStore, metrics: ProfileMetrics, batch_records: int
) -> None:
    handlers = FoldHandlers(profiles, process.publisher, metrics)
    process.consume(
        TIMELINE.name,
        group=FOLD_GROUP,
        decode=decode_timeline,
        handle=handlers.fold_timeline,
        max_records=batch_records,
    )


def consume_outcomes(process: Process, database: Database, batch_records: int) -> None:
    handlers = OutcomeHandlers(MongoOutcomeStore(database))
    process.consume(
        SCORES.name,
        SEGMENTS.name,
        NOTIFICATIONS.name,
        group=OUTCOMES_GROUP,
        decode=decode_outcome,
        handle=handlers.keep_outcomes,
        max_records=batch_records,
    )
