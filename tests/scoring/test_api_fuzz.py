"""The API does what its description says, whatever is asked: schemathesis on a served API and a real database."""

from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis import GenerationMode

from fidelio_deploy.mongo import Mongod
from fidelio_shared.storage.mongo import Database
from support.fuzzing import ask
from support.scored import KEY, a_person, application_on, scored, store
from support.served_api import serving
from support.standings import NOON

WITHOUT_PARAMETERS = "/segments"
"""Nothing can be wrong with a request for it."""
FEW = 10
KNOWN: Mapping[str, Mapping[str, Any]] = {
    WITHOUT_PARAMETERS: {},
    "/segments/{segment}/count": {"path_parameters": {"segment": "new"}},
    "/segments/{segment}/members": {"path_parameters": {"segment": "new"}, "query": {"limit": 1}},
    "/profiles/{profile}/segments/{segment}": {"path_parameters": {"profile": a_person("ann"), "segment": "new"}},
    "/scores": {"query": {}},
    "/scores/{profile}": {"path_parameters": {"profile": a_person("ann")}},
}


async def test_every_answer_keeps_to_the_description(strict_mongod: Mongod, database: Database) -> None:
    await store(database, scored("ann", NOON), scored("bob", NOON))
    with serving(strict_mongod.uri, database.name, application_on) as address:
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        operations = [each.ok() for each in schema.get_all_operations()]
        statuses = {
            each.path: [
                ask(each, GenerationMode.POSITIVE, {}, key=KEY, examples=FEW),
                set()
                if each.path == WITHOUT_PARAMETERS
                else ask(each, GenerationMode.NEGATIVE, {}, key=KEY, examples=FEW),
                ask(each, GenerationMode.POSITIVE, KNOWN[each.path], key=KEY, examples=FEW),
            ]
            for each in operations
        }
    assert statuses.keys() == KNOWN.keys()
    assert all(200 in known for *_, known in statuses.values())
    assert set().union(*(each for found in statuses.values() for each in found)) <= {200, 400, 404, 422}
