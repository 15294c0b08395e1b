"""What providers say of messages, over HTTP: believed where it is signed, with its effect once."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from pydantic import SecretStr

from fidelio_notify.answers import make_readers
from fidelio_notify.api.failures import MOST
from fidelio_notify.api.public import LARGEST_ANSWER
from fidelio_notify.domain.signatures import signed_headers
from fidelio_notify.domain.twilio_callbacks import twilio_signature
from fidelio_notify.domain.unwanted import Unwanted
from fidelio_notify.settings import MessengerSettings, NotifySettings
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.mongo import Database
from support.agents import NOON
from support.desk import MAILER, SECRET, SETTINGS, Around, a_decision

DEVICE = Identifier(kind="device_id", value="ann's phone")
PUSHED = a_decision(1, is_sent=True, to=DEVICE.value)
BOUNCED = {"type": "message.bounced", "decision": PUSHED.id, "is_permanent": True, "at": "2026-03-01T11:00:00Z"}
HAPPENED = NOON - timedelta(hours=1)


@pytest.fixture
async def around(database: Database) -> Around:
    around = Around(database)
    await around.decide(replace(PUSHED, channel="push"))
    return around


@pytest.fixture
async def provider(around: Around) -> AsyncIterator[httpx.AsyncClient]:
    async with around.client(key=None) as client:
        yield client


def signed(said: bytes, *, secret: str = SECRET) -> Mapping[str, str]:
    return signed_headers([secret], message_id="evt_7", content=said, now=NOON)


async def tell(provider: httpx.AsyncClient, said: Mapping[str, Any]) -> int:
    body = orjson.dumps(said)
    return (await provider.post("/callbacks/push", content=body, headers=signed(body))).status_code


def told(around: Around) -> list[Any]:
    return [orjson.loads(each.value or b"") for each in around.publisher.records]


async def test_a_bounce_is_told_of_the_address_that_was_written_to_and_lists_it(
    around: Around, provider: httpx.AsyncClient
) -> None:
    assert await tell(provider, {**BOUNCED, "to": "somebody else's phone"}) == 204
    (said,) = told(around)
    assert (said["type"], said["occurred_at"], said["identifiers"], said["reference"]) == (
        "message.bounced",
        "2026-03-01T11:00:00.000Z",
        [{"kind": "device_id", "value": DEVICE.value}],
        {"kind": "decision", "id": PUSHED.id},
    )
    assert await around.unwanted.of([DEVICE]) == {DEVICE.value: Unwanted("bounced", HAPPENED, PUSHED.id)}


async def test_what_is_told_twice_is_one_interaction(around: Around, provider: httpx.AsyncClient) -> None:
    assert [await tell(provider, BOUNCED) for _ in range(2)] == [204, 204]
    first, again = around.publisher.records
    assert first == again


@pytest.mark.parametrize(
    ("said", "listed"),
    [
        ({"type": "message.delivered"}, None),
        ({"type": "message.bounced"}, None),
        ({"type": "message.complained"}, "complained"),
        ({"type": "message.unsubscribed"}, "unsubscribed"),
    ],
)
async def test_only_what_speaks_for_good_lists_the_address(
    said: Mapping[str, Any], listed: str | None, around: Around, provider: httpx.AsyncClient
) -> None:
    assert await tell(provider, {"decision": PUSHED.id, **said}) == 204
    assert [each.why for each in (await around.unwanted.of([DEVICE])).values()] == ([listed] if listed else [])
    also = ["consent.changed"] if listed == "unsubscribed" else []
    assert [each["type"] for each in told(around)] == [said["type"], *also]


async def test_whoever_asks_to_be_left_alone_takes_back_the_consent_of_that_message(
    around: Around, provider: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await tell(provider, {**BOUNCED, "type": "message.unsubscribed"})
    first, again = around.publisher.records[1::2]
    assert first == again
    said = orjson.loads(first.value or b"")
    assert said["identifiers"] == [{"kind": "device_id", "value": DEVICE.value}]
    assert {name: said["consent"][name] for name in ("purpose", "channel", "status")} == {
        "purpose": "marketing",
        "channel": "push",
        "status": "denied",
    }


async def test_of_somebody_who_was_erased_nothing_new_is_told_and_they_are_left_alone(
    around: Around, provider: httpx.AsyncClient
) -> None:
    erased = hash16("a decision", "that was forgotten")
    assert await tell(provider, {**BOUNCED, "decision": erased}) == 204
    assert await tell(provider, {**BOUNCED, "decision": erased, "to": DEVICE.value}) == 204
    assert told(around) == []
    assert await around.unwanted.of([DEVICE]) == {DEVICE.value: Unwanted("bounced", HAPPENED, erased)}


async def test_what_is_not_genuine_has_no_effect(around: Around, provider: httpx.AsyncClient) -> None:
    body, other = orjson.dumps(BOUNCED), SECRET[:-4] + "AAA="
    unreadable = b"{}"
    asked: list[tuple[str, bytes, Mapping[str, str]]] = [
        ("/callbacks/push", body, {}),
        ("/callbacks/push", body, signed(body, secret=other)),
        ("/callbacks/push", body + b" ", signed(body)),
        ("/callbacks/push", unreadable, signed(unreadable)),
        ("/callbacks/chat", body, signed(body)),
        ("/callbacks/Push", body, signed(body)),
        ("/callbacks/push", b"x" * (LARGEST_ANSWER + 1), {}),
    ]
    statuses = [(await provider.post(path, content=said, headers=told)).status_code for path, said, told in asked]
    assert statuses == [401, 401, 401, 400, 404, 422, 413]
    assert told(around) == []


async def test_what_was_signed_long_ago_is_refused(around: Around, provider: httpx.AsyncClient) -> None:
    around.now = NOON + timedelta(minutes=6)
    assert await tell(provider, BOUNCED) == 401


async def test_forged_answers_are_bounded_and_genuine_ones_are_not(provider: httpx.AsyncClient) -> None:
    statuses = {(await provider.post("/callbacks/push")).status_code for _ in range(MOST)}
    assert (statuses, (await provider.post("/callbacks/push")).status_code) == ({401}, 429)
    assert await tell(provider, BOUNCED) == 204


async def test_twilio_is_believed_by_the_address_it_was_given(around: Around, provider: httpx.AsyncClient) -> None:
    path = f"/callbacks/sms?decision={PUSHED.id}"
    fields = {"MessageSid": ["SM1"], "MessageStatus": ["undelivered"], "To": ["+33612345678"], "ErrorCode": ["30005"]}
    signature = twilio_signature("twilio token", f"{SETTINGS.public_url}{path}", fields)
    form = urlencode({name: each[0] for name, each in fields.items()})
    content_type = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [
        await provider.post(path, content=form, headers={"X-Twilio-Signature": each, **content_type})
        for each in (signature, twilio_signature("twilio token", f"https://another.example{path}", fields))
    ]
    assert [each.status_code for each in answers] == [204, 401]
    number = Identifier(kind="phone", value="+33612345678")
    assert [each.why for each in (await around.unwanted.of([number])).values()] == ["bounced"]


def test_who_has_no_way_to_sign_is_not_listened_to() -> None:
    silent = MessengerSettings(url="https://chat.example", token=SecretStr("token"))
    assert make_readers(NotifySettings(push=MAILER, chat=silent)).keys() == {"push"}


def test_a_secret_that_is_none_is_refused_at_the_start() -> None:
    short = MAILER.model_copy(update={"callback_secrets": (SecretStr("whsec_short"),)})
    with pytest.raises(Halted, match="FIDELIO_PUSH"):
        make_readers(NotifySettings(push=short))
