"""The endpoints on an application, and what they stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import StatelessLifespan

from fidelio_profile.adapters.mongo_accounts import MongoAccounts
from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_profile.adapters.mongo_exports import MongoExports
from fidelio_profile.adapters.mongo_identity import MongoIdentityViews
from fidelio_profile.adapters.mongo_people import MongoPeople
from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_profile.adapters.mongo_streams import MongoStreams
from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.api.access_pages import AccessEndpoints
from fidelio_profile.api.asking import Asking
from fidelio_profile.api.erasures import ErasureEndpoints
from fidelio_profile.api.exports import ExportEndpoints
from fidelio_profile.api.identity import IdentityEndpoints
from fidelio_profile.api.people import PeopleEndpoints
from fidelio_profile.api.profiles import ProfileEndpoints
from fidelio_profile.api.reviews import ReviewEndpoints
from fidelio_profile.api.rights import RightsEndpoints
from fidelio_profile.api.streams import StreamEndpoints
from fidelio_shared.access.accesses import AccessLog
from fidelio_shared.access.answers import answer_errors, make_application
from fidelio_shared.access.key_ring import KeyRing
from fidelio_shared.access.keys import digest
from fidelio_shared.access.mongo_accesses import MongoAccessStore
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.access.streams import Places
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.storage.mongo import Database


def profile_application(lifespan: StatelessLifespan[FastAPI] | None = None, pages: Sequence[BaseRoute] = ()) -> FastAPI:
    told = "One view of each person, the ways there, and a record of everybody who looked."
    return make_application("Fidelio profile", told, lifespan, pages)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """`api_key`: the first one, with every scope. `access_days`: how long it is known who looked at whom."""

    api_key: str
    access_days: int
    rules: IdentityRules
    erasure_hold: timedelta = timedelta(0)


def open_api(application: FastAPI, database: Database, requests: MongoRequestStore, settings: ApiSettings) -> None:
    keys = KeyRing(MongoKeyStore(database), digest(settings.api_key))
    looks = MongoAccessStore(database, timedelta(days=settings.access_days))
    accesses = AccessLog(looks.insert)
    reading, writing, privacy = keys.routes("read"), keys.routes("write"), keys.routes("privacy")
    StreamEndpoints(MongoStreams(database), accesses, Places()).add_to(reading)
    PeopleEndpoints(MongoPeople(database, settings.rules.kinds), MongoAccounts(database), accesses).add_to(reading)
    views = MongoProfileViews(database)
    identity, asking = MongoIdentityViews(database), Asking(requests)
    IdentityEndpoints(views, identity, asking, accesses).add_to(reading, writing)
    ReviewEndpoints(identity, asking, accesses).add_to(reading, writing)
    ErasureEndpoints(views, identity, MongoErasureStore(database), accesses, settings.erasure_hold).add_to(privacy)
    ExportEndpoints(views, identity, MongoExports(database), accesses).add_to(privacy)
    AccessEndpoints(views, looks, accesses).add_to(privacy)
    RightsEndpoints(views, identity, requests.publisher, settings.rules).add_to(privacy)
    ProfileEndpoints(views, accesses).add_to(reading)
    for routes in (reading, writing, privacy):
        application.include_router(routes)
    answer_errors(application)
