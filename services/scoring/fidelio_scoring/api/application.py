"""The endpoints on an application, and what they stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import StatelessLifespan

from fidelio_scoring.adapters.mongo_standings import MongoStandings
from fidelio_scoring.api.scores import ScoreEndpoints
from fidelio_scoring.api.segments import SegmentEndpoints
from fidelio_scoring.handlers import RulesInUse
from fidelio_shared.access.accesses import AccessLog
from fidelio_shared.access.answers import answer_errors, make_application
from fidelio_shared.access.key_ring import KeyRing
from fidelio_shared.access.keys import digest
from fidelio_shared.access.mongo_accesses import MongoAccessStore
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.access.streams import Places
from fidelio_shared.messaging.stream_clock import ReadTime
from fidelio_shared.storage.mongo import Database


def scoring_application(lifespan: StatelessLifespan[FastAPI] | None = None, pages: Sequence[BaseRoute] = ()) -> FastAPI:
    told = "Who is in which segment and why, what everybody scores, and a record of everybody who looked."
    return make_application("Fidelio scoring", told, lifespan, pages)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """`api_key`: the first one, with every scope. `access_days`: how long it is known who looked at whom. `now`: None
    of the stream clock."""

    api_key: str
    access_days: int
    now: ReadTime | None


def open_api(application: FastAPI, database: Database, in_use: RulesInUse, settings: ApiSettings) -> None:
    keys = KeyRing(MongoKeyStore(database), digest(settings.api_key))
    accesses = AccessLog(MongoAccessStore(database, timedelta(days=settings.access_days)).insert)
    reading = keys.routes("read")
    standings, places = MongoStandings(database), Places()
    SegmentEndpoints(standings, in_use, accesses, places, settings.now).add_to(reading)
    ScoreEndpoints(standings, in_use, accesses, places).add_to(reading)
    application.include_router(reading)
    answer_errors(application)
