"""The only wiring of profile."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_profile.adapters.mongo_outcomes import MongoOutcomeStore
from fidelio_profile.adapters.mongo_profiles import MongoProfileStore
from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_profile.adapters.mongo_routes import MongoRouteStore
from fidelio_profile.api.application import ApiSettings, open_api, profile_application
from fidelio_profile.decoding import decode_interaction, decode_outcome, decode_timeline
from fidelio_profile.erasing import Erasing
from fidelio_profile.handlers import FoldHandlers, OutcomeHandlers, ResolveHandlers
from fidelio_profile.metrics import ProfileMetrics, make_metrics
from fidelio_profile.settings import ProfileSettings, Step
from fidelio_shared.contracts.identity import read_identity_rules
from fidelio_shared.contracts.retention import read_retention
from fidelio_shared.contracts.topics import ERASURES, INTERACTIONS, NOTIFICATIONS, SCORES, SEGMENTS, TIMELINE
from fidelio_shared.messaging.errors import Halted, Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.process import Process, make_process, serve
from fidelio_shared.observability.pages import make_pages
from fidelio_shared.storage.mongo import Database, connect, read_deployment
from fidelio_shared.storage.suppression import check_suppression, suppressor_from

RESOLVE_GROUP = "profile.resolve.v1"
FOLD_GROUP = "profile.fold.v1"
OUTCOMES_GROUP = "profile.outcomes.v1"
_LOOK_FOR_REQUESTS_SECONDS = 1.0


async def run(settings: ProfileSettings, steps: Sequence[Step]) -> int:
    process = make_process("profile", settings.kafka, ordinal=settings.ordinal)
    metrics, rules = make_metrics(process.registry), read_identity_rules(settings.identity_rules_file)
    retention = read_retention(settings.retention_file)
    database = connect(settings.mongo_uri.get_secret_value(), settings.profile_database)
    erasures, hold = MongoErasureStore(database), timedelta(hours=settings.erasure_hold_hours)
    suppressor = suppressor_from(settings.suppression_key, settings.former_suppression_keys)

    async def wire() -> None:
        deployment = await read_deployment(database, settings.clock)
        if "resolve" in steps:
            await check_suppression(database.suppressed, suppressor)
            routes = MongoRouteStore(database, suppressor)
            handlers = ResolveHandlers(routes, rules, erasures, hold, process.publisher, metrics)
            consume_interactions(process, handlers, settings.batch_records)
        if "fold" in steps:
            consume_timeline(
                process, MongoProfileStore(database, deployment.epoch, retention), metrics, settings.batch_records
            )
        if "outcomes" in steps:
            consume_outcomes(process, database, erasures, settings.batch_records)

    application = profile_application(lambda _: process.lifespan(wire), make_pages(process.health, process.registry))
    if "api" in steps:
        if settings.api_key is None:
            raise Halted("the api step needs FIDELIO_API_KEY")
        requests = MongoRequestStore(database, process.publisher, suppressor)
        erasing = Erasing(erasures, requests, process.publisher)
        process.background.append(partial(carry_out_requests, requests, erasing, process.health))
        told = ApiSettings(settings.api_key.get_secret_value(), settings.access_days, rules, hold)
        open_api(application, database, requests, told)
    try:
        return await serve(process, application, host=settings.host, port=settings.port)
    finally:
        await database.client.close()


async def carry_out_requests(requests: MongoRequestStore, erasing: Erasing, health: Health) -> None:
    """Erasures that are due, and requests whose process ended between storing and publishing them."""
    while True:
        try:
            await requests.publish_forgotten()
            await erasing.carry_out_due()
            health.go_on("requests")
        except Unavailable as error:
            health.wait_for(error.dependency, who="requests")
        await asyncio.sleep(_LOOK_FOR_REQUESTS_SECONDS)


def consume_interactions(process: Process, handlers: ResolveHandlers, batch_records: int) -> None:
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


def consume_outcomes(process: Process, database: Database, erasures: MongoErasureStore, batch_records: int) -> None:
    handlers = OutcomeHandlers(MongoOutcomeStore(database), erasures, process.publisher)
    process.consume(
        SCORES.name,
        SEGMENTS.name,
        NOTIFICATIONS.name,
        ERASURES.name,
        group=OUTCOMES_GROUP,
        decode=decode_outcome,
        handle=handlers.keep_outcomes,
        max_records=batch_records,
    )
