"""Why somebody was written to, or was not; and proof that they had agreed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import orjson
import pytest

from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.gates.consent import Evidence, LegalBasis
from fidelio_notify.domain.proofs import NotSent, proof_of
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.storage.mongo import Database
from support.agents import NOON
from support.api import pages
from support.desk import ANN, EVIDENCE, Around, a_decision, a_person

BOB = ProfileId(hash16("test", "bob"))
SENT, SUPPRESSED = a_decision(2, is_sent=True), a_decision(1)
PROOF = {
    "decision": SENT.id,
    "profile": ANN,
    "playbook": "check_in",
    "playbook_version": 3,
    "channel": "email",
    "sent_at": "2026-03-01T12:02:30.000Z",
    "message_id": "<2@fidelio.example>",
    "letter": "9f" * 16,
    "evidence": {
        "basis": "consent",
        "purpose": "marketing",
        "channel": "email",
        "interaction": EVIDENCE.interaction,
        "evidence": "form 7",
        "lawful_basis": "consent",
        "policy_version": "2026-01",
        "given_at": "2025-12-01T12:00:00.000Z",
        "expires_at": "2026-05-30T12:00:00.000Z",
    },
    "was_valid": True,
}


@pytest.fixture
async def around(database: Database) -> Around:
    around = Around(database)
    await around.know(a_person(), a_person(BOB))
    await around.decide(SENT, SUPPRESSED, a_decision(3, profile=BOB, is_sent=True))
    return around


@pytest.fixture
async def api(around: Around) -> AsyncIterator[httpx.AsyncClient]:
    async with around.client() as client:
        yield client


async def test_every_decision_is_told_with_every_verdict_suppressed_ones_too(
    around: Around, api: httpx.AsyncClient
) -> None:
    found = await pages(api, "/decisions", profile=ANN, limit=1)
    told = [each for page in found for each in page["decisions"]]
    assert [(each["decision"], each["step"]) for each in told] == [
        (SENT.id, "sent"),
        (SUPPRESSED.id, "suppressed"),
    ]
    assert [(each["verdicts"][0]["gate"], each["verdicts"][0]["reason"]) for each in told] == [
        ("consent", ""),
        ("consent", "unknown"),
    ]
    assert [each["evidence"] and each["evidence"]["evidence"] for each in told] == ["form 7", None]
    for each in told:
        assert (await api.get(f"/decisions/{each['decision']}")).json() == each


async def test_a_look_at_decisions_is_on_record(around: Around, api: httpx.AsyncClient) -> None:
    await api.get("/decisions", params={"profile": ANN})
    await api.get(f"/decisions/{SENT.id}/proof", headers={"X-Purpose": "a complaint"})
    await api.get("/decisions", params={"profile": hash16("test", "nobody")})
    await api.get("/proofs", params={"since": instant(NOON)})
    found = await around.database.accesses.find({"profile": {"$in": [bytes.fromhex(ANN), None]}}).to_list()
    found.sort(key=lambda each: each["_id"])
    assert [(each["profile"] and each["profile"].hex(), each["what"], each["purpose"]) for each in found] == [
        (ANN, "/decisions", None),
        (ANN, "/decisions/{decision}/proof", "a complaint"),
        (None, "/proofs", None),
    ]


async def test_a_proof_says_what_was_agreed_when_and_until_when(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/decisions/{SENT.id}/proof")).json() == PROOF


async def test_of_what_was_not_sent_there_is_no_proof(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/decisions/{SUPPRESSED.id}/proof")
    assert (answer.status_code, "suppressed" in answer.text) == (409, True)
    assert (await api.get(f"/decisions/{hash16('no', 'decision')}/proof")).status_code == 404


async def test_all_proofs_since_then_come_line_by_line(api: httpx.AsyncClient) -> None:
    answer = await api.get("/proofs", params={"since": instant(NOON)})
    lines = [orjson.loads(each) for each in answer.text.splitlines()]
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert [each["profile"] for each in lines] == [ANN, BOB]
    assert lines[0] == PROOF
    later = await api.get("/proofs", params={"since": instant(SENT.at + timedelta(milliseconds=1))})
    assert [orjson.loads(each)["profile"] for each in later.text.splitlines()] == [BOB]


async def test_proofs_are_for_those_who_may_see_private_things(around: Around) -> None:
    key = await MongoKeyStore(around.database).create("shop", ["read", "write"])
    assert key
    async with around.client(key=key) as api:
        paths = ["/decisions", f"/decisions/{SENT.id}/proof", "/proofs"]
        asked = {"/decisions": {"profile": ANN}, "/proofs": {"since": instant(NOON)}}
        assert [(await api.get(each, params=asked.get(each))).status_code for each in paths] == [200, 403, 403]


async def test_of_a_person_all_is_told_that_was_decided_for_whom_they_became(
    around: Around, api: httpx.AsyncClient
) -> None:
    await around.know(
        a_person(BOB, revision=8).model_copy(update={"merged_into": ANN}),
        a_person(revision=8).model_copy(update={"members": (BOB,)}),
    )
    for profile in (ANN, BOB):
        told = (await api.get("/decisions", params={"profile": profile})).json()["decisions"]
        assert [each["profile"] for each in told] == [BOB, ANN, ANN]


async def test_who_was_erased_is_gone_and_who_was_never_told_of_unknown(around: Around, api: httpx.AsyncClient) -> None:
    await around.know(a_person(revision=8).model_copy(update={"erased_at": NOON}))
    asked = [ANN, hash16("test", "nobody")]
    assert [(await api.get("/decisions", params={"profile": each})).status_code for each in asked] == [410, 404]


SENT_AT = SENT.at
MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (EVIDENCE, True),
        (replace(EVIDENCE, channel="any"), True),
        (replace(EVIDENCE, channel="sms"), False),
        (replace(EVIDENCE, expires_at=None), True),
        (replace(EVIDENCE, given_at=SENT_AT), True),
        (replace(EVIDENCE, given_at=SENT_AT + MOMENT), False),
        (replace(EVIDENCE, expires_at=SENT_AT + MOMENT), True),
        (replace(EVIDENCE, expires_at=SENT_AT), False),
        (LegalBasis("contract"), True),
    ],
)
def test_a_proof_judges_the_consent_anew(evidence: Evidence, expected: bool) -> None:
    assert SENT.sent
    assert proof_of(replace(SENT, sent=replace(SENT.sent, evidence=evidence))).was_valid is expected


@pytest.mark.parametrize("decision", [SUPPRESSED, replace(SENT, step="failed"), replace(SENT, sent=None)])
def test_nothing_is_proved_of_what_was_not_sent(decision: Decision) -> None:
    with pytest.raises(NotSent):
        proof_of(decision)


async def test_what_is_owed_is_proved_by_the_contract(around: Around, api: httpx.AsyncClient) -> None:
    assert SENT.sent
    owed = replace(a_decision(5, is_sent=True), sent=replace(SENT.sent, evidence=LegalBasis("contract")))
    await around.decide(owed)
    assert (await api.get(f"/decisions/{owed.id}/proof")).json()["evidence"] == {"basis": "contract"}
