"""People whose standings are stored, and the API of scoring over them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import httpx
from fastapi import FastAPI

from fidelio_scoring.adapters.mongo_scores import MongoScoreStore
from fidelio_scoring.api.application import ApiSettings, open_api, scoring_application
from fidelio_scoring.domain.moves import receive
from fidelio_scoring.domain.standing import Evidence, Rules, Standing
from fidelio_scoring.handlers import RulesInUse
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.storage.mongo import Database
from support.standings import LIFECYCLE, NOON, SHIPPED, evidence

KEY = "a secret of the api"
SCORED_BY = Rules(SHIPPED, LIFECYCLE)


def a_person(name: str) -> ProfileId:
    return ProfileId(hash16("test", name))


def news_of(name: str, *bought: datetime, revision: int = 1, at: datetime | None = None) -> Evidence:
    return replace(evidence(revision, bought, received_at=at or max(bought)), profile=a_person(name))


def scored(name: str, *bought: datetime, rules: Rules = SCORED_BY) -> Standing:
    """As of the last purchase."""
    moved = receive(None, news_of(name, *bought), rules)
    assert moved
    return moved.standing


async def store(database: Database, *standings: Standing, partition: int = 0) -> None:
    await MongoScoreStore(database).save([(each, partition) for each in standings])


async def stored(database: Database, names: Sequence[str]) -> dict[str, Standing]:
    found = (await MongoScoreStore(database).load([a_person(each) for each in names])).standings
    return {each: found[a_person(each)] for each in names}


def application_on(database: Database, rules: Rules = SCORED_BY, *, now: datetime | None = NOON) -> FastAPI:
    """`now`: None of the stream clock."""

    async def read() -> datetime | None:
        return now

    application = scoring_application()
    open_api(application, database, RulesInUse(rules), ApiSettings(KEY, 30, read if now else None))
    return application


def client_on(
    database: Database, rules: Rules = SCORED_BY, *, now: datetime | None = NOON, key: str = KEY
) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application_on(database, rules, now=now))
    return httpx.AsyncClient(transport=transport, base_url="http://scoring", headers={"X-API-Key": key})
