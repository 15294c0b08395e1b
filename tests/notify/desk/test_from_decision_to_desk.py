"""What a decision becomes for people: a task for an agent, a link that works, a proof; on a real ledger."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import orjson
import pytest

from fidelio_notify.adapters.callback_provider import CallbackProvider
from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.adapters.mongo_tasks import MongoTaskStore
from fidelio_notify.calling import Calls
from fidelio_notify.domain.tasks import priority
from fidelio_notify.domain.unsubscribing import Unsubscription, make_token
from fidelio_notify.handlers import NotifyHandlers
from fidelio_notify.recipients import Recipients
from fidelio_notify.unsubscribing import Unsubscribing
from fidelio_shared.contracts.scoring import ScoreChanged, ScoringCause
from fidelio_shared.messaging.batch import Batch, Decoded
from fidelio_shared.messaging.health import Health
from fidelio_shared.storage.mongo import Database
from support.desk import Around, application_of
from support.gate_cases import ANN, MAIL, NOON, PHONE, PLAYBOOK, STEP, a_consent, a_person, a_proposal, a_scored
from support.releases import LATER, Desk, a_desk, a_snapshot, playbooks_of
from support.settling import ARecord

CALL = replace(PLAYBOOK, steps=(replace(STEP, channels=("callback",)),))
AGREED = a_person(consents=(a_consent(channel="callback"),))
KEY = b"a key that signs tokens of tests"
DECISION = a_proposal().decision
"""Of the proposal that each test releases."""


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A call-back was decided for Ann, and released."""
    desk = a_desk(
        database,
        playbooks=playbooks_of(CALL),
        providers={"callback": CallbackProvider(MongoTaskStore(database))},
    )
    scored = a_scored(amount=900.0)
    cause = ScoringCause(kind="review", at=NOON)
    score = ScoreChanged(
        profile=ANN,
        epoch=1,
        sequence=1,
        revision=7,
        at=NOON,
        cause=cause,
        model="m",
        churn=scored.churn,
        value=scored.value,
    )
    await desk.know(AGREED)
    await desk.stores.cards.save([score])
    await desk.propose(a_proposal())
    await desk.release_all()
    return desk


async def an_hour_later() -> datetime:
    return LATER


@asynccontextmanager
async def client_of(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    around = Around(desk.stores.tasks.database, now=LATER)
    headers = {"X-API-Key": "a secret of the api"}
    transport = httpx.ASGITransport(application_of(around))
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as client:
        yield client


async def test_a_decision_to_call_is_a_task_with_the_priority_that_was_announced(desk: Desk) -> None:
    async with client_of(desk) as agents:
        (listed,) = (await agents.get("/tasks")).json()["tasks"]
        task = (await agents.get(f"/tasks/{listed['task']}")).json()
        (told,) = (await agents.get("/decisions", params={"profile": ANN})).json()["decisions"]
    assert (task["task"], task["priority"], task["to"], task["letter"]) == (
        DECISION,
        priority(900.0, 0.8),
        PHONE,
        "hello by callback",
    )
    assert task["due_at"] == "2026-03-03T12:00:00.000Z"
    assert told["call_back"] == {"task": DECISION, "priority": task["priority"]}
    assert (told["step"], told["evidence"]["channel"]) == ("sent", "callback")


async def test_the_call_that_was_made_is_told_and_nothing_was_before(desk: Desk) -> None:
    topics = {each.topic for each in desk.publisher.records}
    async with client_of(desk) as agents:
        await agents.post(f"/tasks/{DECISION}/assign", json={"agent": "jo"})
        await agents.post(f"/tasks/{DECISION}/done", json={"agent": "jo", "outcome": "reached"})

    await Calls(desk.stores.tasks, desk.publisher, an_hour_later, Health()).tell()
    assert topics == {"notifications"}
    said = orjson.loads(desk.publisher.records[-1].value or b"")
    assert (said["type"], said["identifiers"]) == ("call.ended", [{"kind": "phone", "value": PHONE}])


async def test_who_is_erased_is_called_no_more(desk: Desk) -> None:
    erased = a_snapshot(revision=8, state=None, erased_at=LATER)
    handlers = NotifyHandlers(desk.stores, desk.release.in_use, desk.publisher, desk.release.times, lambda _: None)
    record = Decoded(ARecord(b"", topic="profiles"), erased)
    await handlers.follow_news(Batch((record,), lambda: True, lambda: None))
    assert await desk.stores.tasks.find(DECISION) is None


@pytest.fixture
async def unsubscribed(database: Database) -> Desk:
    """Ann was written to once, and used the link an hour later."""
    desk = a_desk(database)
    await desk.know()
    await desk.propose(a_proposal())
    await desk.release_all()
    recipients = Recipients(MongoRulings(database))
    unsubscribing = Unsubscribing([KEY], recipients, desk.stores.unwanted, desk.publisher, an_hour_later)
    wanted = unsubscribing.read(make_token(KEY, Unsubscription(DECISION, ANN, "marketing", "email")))
    assert wanted
    await unsubscribing.carry_out(wanted)
    return desk


async def test_a_link_that_was_sent_stops_the_next_message_before_the_consent_is_known_to_be_denied(
    unsubscribed: Desk,
) -> None:
    await unsubscribed.propose(a_proposal("second", release_at=NOON + timedelta(minutes=30)))
    await unsubscribed.release_all()
    assert [each.to for each in unsubscribed.mail.orders] == [MAIL]
    assert unsubscribed.publisher.refusals() == {"suppression_list": "unsubscribed"}


async def test_what_was_sent_before_keeps_its_proof(unsubscribed: Desk) -> None:
    await unsubscribed.know(a_person(consents=(a_consent(status="denied", at=LATER),)), revision=8)
    async with client_of(unsubscribed) as api:
        proof = (await api.get(f"/decisions/{DECISION}/proof")).json()
    assert (proof["was_valid"], proof["evidence"]["interaction"]) == (True, a_consent().id)


async def test_who_agrees_anew_is_written_to_again(unsubscribed: Desk) -> None:
    agreed = a_consent(at=LATER + timedelta(minutes=1))
    await unsubscribed.know(a_person(consents=(agreed,)), revision=8)
    await unsubscribed.propose(a_proposal("second", release_at=LATER + timedelta(minutes=2)))
    await unsubscribed.release_all(LATER + timedelta(hours=1))
    assert unsubscribed.mail.sent == [DECISION, a_proposal("second").decision]
