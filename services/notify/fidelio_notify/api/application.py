"""The endpoints on an application, and what they stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute
from starlette.types import StatelessLifespan

from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.answers import Answers
from fidelio_notify.api.decisions import DecisionEndpoints
from fidelio_notify.api.failures import Failures
from fidelio_notify.api.public import PublicEndpoints
from fidelio_notify.api.switches import SwitchEndpoints
from fidelio_notify.api.tasks import TaskEndpoints
from fidelio_notify.api.unwanted import UnwantedEndpoints
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.stores import Stores
from fidelio_notify.unsubscribing import Unsubscribing
from fidelio_shared.access.accesses import AccessLog
from fidelio_shared.access.answers import answer_errors, make_application
from fidelio_shared.access.key_ring import KeyRing
from fidelio_shared.access.keys import digest
from fidelio_shared.access.mongo_accesses import MongoAccessStore
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.access.streams import Places
from fidelio_shared.messaging.stream_clock import ReadTime
from fidelio_shared.storage.mongo import Database


def notify_application(lifespan: StatelessLifespan[FastAPI] | None = None, pages: Sequence[BaseRoute] = ()) -> FastAPI:
    told = "Agents' tasks, what was decided and why, proofs of consent, switches; and where customers unsubscribe."
    return make_application("Fidelio notify", told, lifespan, pages)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """`api_key`: the first one, with every scope. `access_days`: how long it is known who looked at whom."""

    api_key: str
    access_days: int


@dataclass(frozen=True, slots=True)
class Desk:
    """All that people have to do with."""

    stores: Stores
    rulings: MongoRulings
    in_use: PlaybooksInUse
    unsubscribing: Unsubscribing
    answers: Answers
    now: ReadTime


def open_public(application: FastAPI, desk: Desk) -> None:
    """What customers and providers reach without a key."""
    public = APIRouter()
    PublicEndpoints(desk.unsubscribing, desk.answers, Failures()).add_to(public)
    application.include_router(public)
    answer_errors(application)


def open_api(application: FastAPI, database: Database, desk: Desk, settings: ApiSettings) -> None:
    keys, stores = KeyRing(MongoKeyStore(database), digest(settings.api_key)), desk.stores
    accesses = AccessLog(MongoAccessStore(database, timedelta(days=settings.access_days)).insert)
    reading, writing, privacy = keys.routes("read"), keys.routes("write"), keys.routes("privacy")
    TaskEndpoints(stores.tasks, accesses, desk.now).add_to(reading, writing)
    DecisionEndpoints(desk.rulings, accesses, Places()).add_to(reading, privacy)
    SwitchEndpoints(stores.switches, desk.in_use).add_to(reading, writing)
    UnwantedEndpoints(stores.unwanted, desk.now).add_to(reading, writing)
    for routes in (reading, writing, privacy):
        application.include_router(routes)
    answer_errors(application)
