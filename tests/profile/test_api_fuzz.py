"""The API does what its description says, whatever is asked: schemathesis on a served API and a real database."""

from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from fidelio_deploy.mongo import Mongod
from fidelio_profile.adapters.mongo_outcomes import MongoOutcomeStore
from fidelio_shared.storage.mongo import Database
from support.api import KEY, person
from support.fuzzing import ask
from support.interactions import an_interaction, an_order, customer, email
from support.outcomes import a_notification, a_score, a_segment_change
from support.profile_steps import live
from support.served_api import serving

ANN = an_order(1, identifiers=[customer("42"), email("ann@example.org")], account_id="acme", traits={"name": "Ann"})
BOB = an_interaction(2, identifiers=[customer("7")], account_id="acme", rating={"scale": "nps", "value": 9})
KNOWN: Mapping[str, Mapping[str, Any]] = {
    "/profiles": {"query": {"q": "ann", "limit": 1}},
    "/profiles/{profile}": {"path_parameters": {"profile": person(ANN)}},
    "/profiles/by/{kind}/{value}": {"path_parameters": {"kind": "email", "value": "ann@example.org"}},
    "/profiles/{profile}/timeline": {"path_parameters": {"profile": person(BOB)}},
    "/accounts/{account}": {"path_parameters": {"account": "acme"}},
}


@pytest.fixture
async def lived(database: Database) -> Database:
    await live(database, ANN, BOB)
    told = [a_score(profile=person(ANN)), a_segment_change(profile=person(ANN)), a_notification(profile=person(ANN))]
    await MongoOutcomeStore(database).save(told)
    return database


def test_every_answer_keeps_to_the_description(strict_mongod: Mongod, lived: Database) -> None:
    with serving(strict_mongod.uri, lived.name) as address:
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        operations = [each.ok() for each in schema.get_all_operations()]
        statuses = {
            f"{each.method} {each.path}": [
                ask(each, GenerationMode.POSITIVE, {}, key=KEY),
                ask(each, GenerationMode.NEGATIVE, {}, key=KEY),
                ask(each, GenerationMode.POSITIVE, KNOWN.get(each.path, {}), key=KEY),
            ]
            for each in operations
        }
    assert len(statuses) == 22
    assert all(200 in known for path, (*_, known) in statuses.items() if path.removeprefix("get ") in KNOWN)
    assert set().union(*(each for found in statuses.values() for each in found)) <= {200, 202, 304, 400, 404, 409, 422}


def test_an_answer_that_breaks_its_description_is_noticed() -> None:
    application = FastAPI()
    application.get("/count", response_model=int)(lambda: JSONResponse("seven"))
    (operation,) = schemathesis.openapi.from_asgi("/openapi.json", application).get_all_operations()
    with pytest.raises(FailureGroup):
        ask(operation.ok(), GenerationMode.POSITIVE, {}, key=KEY)
