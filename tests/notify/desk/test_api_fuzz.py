"""The API does what its description says, whatever is asked: schemathesis on a served API and a real database."""

from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis import GenerationMode

from fidelio_deploy.mongo import Mongod
from fidelio_shared.storage.mongo import Database
from support.agents import TASK
from support.desk import ANN, KEY, Around, a_decision, a_person, a_token, application_on
from support.fuzzing import ask
from support.served_api import serving

FEW = 2
SENT = a_decision(1, is_sent=True)
WITHOUT_PARAMETERS = {"GET /playbooks", "GET /switches", "GET /unsubscribe/{token}", "POST /unsubscribe/{token}"}
"""Nothing can be wrong with a request for it."""
_TASK = {"path_parameters": {"task": TASK.id}}
_DECISION = {"path_parameters": {"decision": SENT.id}}
_TOKEN = {"path_parameters": {"token": a_token()}}
KNOWN: Mapping[str, tuple[Mapping[str, Any], int]] = {
    "GET /tasks": ({"query": {"limit": 1}}, 200),
    "GET /tasks/{task}": (_TASK, 200),
    "POST /tasks/{task}/assign": (_TASK | {"body": {"agent": "jo"}}, 200),
    "POST /tasks/{task}/done": (_TASK | {"body": {"agent": "jo", "outcome": "reached"}}, 200),
    "POST /tasks/{task}/give-up": (_TASK | {"body": {"agent": "jo"}}, 409),
    "GET /decisions": ({"query": {"profile": ANN}}, 200),
    "GET /decisions/{decision}": (_DECISION, 200),
    "GET /decisions/{decision}/proof": (_DECISION, 200),
    "GET /proofs": ({"query": {"since": "2026-01-01T00:00:00Z"}}, 200),
    "GET /playbooks": ({}, 200),
    "GET /switches": ({}, 200),
    "POST /switches": ({"body": {"playbook": "check_in", "why": "A drill."}}, 200),
    "DELETE /switches/{playbook}": ({"path_parameters": {"playbook": "check_in"}}, 200),
    "POST /unwanted/checks": ({"body": {"address": "ann@example.org"}}, 200),
    "POST /unwanted": ({"body": {"address": "ann@example.org", "why": "bounced"}}, 200),
    "POST /unwanted/removals": ({"body": {"address": "ann@example.org", "reason": "A letter."}}, 200),
    "GET /unsubscribe/{token}": (_TOKEN, 200),
    "POST /unsubscribe/{token}": (_TOKEN, 200),
    "POST /callbacks/{provider}": ({"path_parameters": {"provider": "push"}}, 401),
}


async def test_every_answer_keeps_to_the_description(strict_mongod: Mongod, database: Database) -> None:
    around = Around(database)
    await around.know(a_person())
    await around.decide(SENT)
    await around.tasks.add(TASK)
    with serving(strict_mongod.uri, database.name, application_on) as address:
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        found = {f"{each.method.upper()} {each.path}": each for each in (op.ok() for op in schema.get_all_operations())}
        assert found.keys() == KNOWN.keys()
        known = {
            name: ask(found[name], GenerationMode.POSITIVE, told, key=KEY, examples=FEW)
            for name, (told, _) in KNOWN.items()
        }
        wrong = [
            ask(operation, GenerationMode.NEGATIVE, {}, key=KEY, examples=FEW)
            for name, operation in found.items()
            if name not in WITHOUT_PARAMETERS
        ]
    assert {name: expected in known[name] for name, (_, expected) in KNOWN.items()} == dict.fromkeys(KNOWN, True)
    assert set().union(*known.values(), *wrong) <= {200, 400, 401, 404, 409, 413, 422, 429}
