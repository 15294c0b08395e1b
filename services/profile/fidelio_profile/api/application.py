"""The endpoints on an application, and what they stand on."""

from collections.abc import Sequence
from datetime import timedelta

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import BaseRoute
from starlette.types import StatelessLifespan

from fidelio_profile.adapters.mongo_accesses import MongoAccessStore
from fidelio_profile.adapters.mongo_accounts import MongoAccounts
from fidelio_profile.adapters.mongo_keys import MongoKeyStore
from fidelio_profile.adapters.mongo_people import MongoPeople
from fidelio_profile.adapters.mongo_streams import MongoStreams
from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.api.accesses import AccessLog
from fidelio_profile.api.answers import answer_errors, refuse_unknown_parameters
from fidelio_profile.api.keys import KeyRing
from fidelio_profile.api.people import PeopleEndpoints
from fidelio_profile.api.profiles import ProfileEndpoints
from fidelio_profile.api.streams import StreamEndpoints
from fidelio_profile.domain.keys import digest
from fidelio_shared.storage.mongo import Database


def make_application(lifespan: StatelessLifespan[FastAPI] | None = None, pages: Sequence[BaseRoute] = ()) -> FastAPI:
    """It describes itself at /openapi.json alone: FastAPI's pages would load scripts from somebody else's servers."""
    return FastAPI(
        title="Fidelio profile",
        description="One view of each person, the ways there, and a record of everybody who looked.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        routes=list(pages),
    )


def open_api(application: FastAPI, database: Database, *, api_key: str, access_days: int) -> None:
    """`api_key`: the first one, with every scope."""
    keys = KeyRing(MongoKeyStore(database), digest(api_key))
    accesses = AccessLog(MongoAccessStore(database, timedelta(days=access_days)).insert)
    reading = APIRouter(dependencies=[Depends(keys.needs("read")), Depends(refuse_unknown_parameters)])
    StreamEndpoints(MongoStreams(database), accesses).add_to(reading)
    PeopleEndpoints(MongoPeople(database), MongoAccounts(database), accesses).add_to(reading)
    ProfileEndpoints(MongoProfileViews(database), accesses).add_to(reading)
    application.include_router(reading)
    answer_errors(application)
