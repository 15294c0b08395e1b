"""The endpoints on an application, and what they stand on."""

from datetime import timedelta

from fastapi import APIRouter, Depends, FastAPI

from fidelio_profile.adapters.mongo_accesses import MongoAccessStore
from fidelio_profile.adapters.mongo_accounts import MongoAccounts
from fidelio_profile.adapters.mongo_keys import MongoKeyStore
from fidelio_profile.adapters.mongo_people import MongoPeople
from fidelio_profile.adapters.mongo_streams import MongoStreams
from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.api.accesses import AccessLog
from fidelio_profile.api.answers import answer_errors
from fidelio_profile.api.keys import KeyRing
from fidelio_profile.api.people import PeopleEndpoints
from fidelio_profile.api.profiles import ProfileEndpoints
from fidelio_profile.api.streams import StreamEndpoints
from fidelio_profile.domain.keys import digest
from fidelio_shared.storage.mongo import Database


def open_api(application: FastAPI, database: Database, *, api_key: str, access_days: int) -> None:
    """`api_key`: the first one, with every scope."""
    keys = KeyRing(MongoKeyStore(database), digest(api_key))
    accesses = AccessLog(MongoAccessStore(database, timedelta(days=access_days)))
    reading = APIRouter(dependencies=[Depends(keys.needs("read"))])
    StreamEndpoints(MongoStreams(database), accesses).add_to(reading)
    PeopleEndpoints(MongoPeople(database), MongoAccounts(database), accesses).add_to(reading)
    ProfileEndpoints(MongoProfileViews(database), accesses).add_to(reading)
    application.include_router(reading)
    answer_errors(application)
