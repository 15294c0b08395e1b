"""What becomes of a message that is posted to a provider: by Fidelio's own contract, and by Twilio's."""

import asyncio
import base64
import ssl
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs

import orjson
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from fidelio_notify.adapters.http_provider import HttpProvider
from fidelio_notify.domain.generic_dialect import GenericDialect
from fidelio_notify.domain.letters.letter import Letter
from fidelio_notify.domain.posting import Answer, Dialect, waiting_time
from fidelio_notify.domain.twilio_dialect import TwilioDialect
from fidelio_notify.providers import Accepted, Later, Order, Outcome, Refused, Unknown
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.messaging.errors import Unavailable
from support.http_servers import Asked, HttpServer, KeepingProvider, Reply, always, serving_http

DECISION = hash16("test post")
SECRET = SecretStr("canary-T0ken")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = Order(DECISION, "sms", "+33677001122", Letter("Bonjour Ann", "Bonjour"), "https://fidelio.example/leave/t")


def generic(server: HttpServer) -> Dialect:
    return GenericDialect(f"http://127.0.0.1:{server.port}/messages", SECRET)


def twilio(server: HttpServer) -> Dialect:
    return TwilioDialect(
        "AC1", SECRET, "+33600000000", "https://fidelio.example/told/twilio", f"http://127.0.0.1:{server.port}"
    )


async def outcome_of(dialect: Dialect, *, seconds: float = 5.0, ca_file: Path | None = None) -> Outcome:
    async with HttpProvider("sms", dialect, ca_file, seconds).session() as session:
        return await session.send(ORDER)


async def test_a_message_is_posted_by_the_generic_contract() -> None:
    async with serving_http() as server:
        assert await outcome_of(generic(server)) == Accepted("m-1")

    (asked,) = server.asked
    assert (asked.method, asked.path, orjson.loads(asked.body)) == (
        "POST",
        "/messages",
        {
            "id": DECISION,
            "channel": "sms",
            "to": "+33677001122",
            "title": "Bonjour",
            "text": "Bonjour Ann",
            "unsubscribe": "https://fidelio.example/leave/t",
        },
    )
    told = {name: asked.headers[name] for name in ("authorization", "idempotency-key", "content-type")}
    assert told == {
        "authorization": "Bearer canary-T0ken",
        "idempotency-key": DECISION,
        "content-type": "application/json",
    }


async def test_a_message_is_posted_as_twilio_wants_it() -> None:
    async with serving_http(always(Reply(201, b'{"sid": "SM1", "status": "queued"}'))) as server:
        assert await outcome_of(twilio(server)) == Accepted("SM1")

    (asked,) = server.asked
    assert asked.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert parse_qs(asked.body.decode()) == {
        "To": ["+33677001122"],
        "From": ["+33600000000"],
        "Body": ["Bonjour Ann"],
        "StatusCallback": [f"https://fidelio.example/told/twilio?decision={DECISION}"],
    }
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"AC1:canary-T0ken"


def test_a_messaging_service_sends_in_place_of_a_number() -> None:
    form = parse_qs(TwilioDialect("AC1", SECRET, "MG7").posting(ORDER).content.decode())

    assert form == {"To": ["+33677001122"], "MessagingServiceSid": ["MG7"], "Body": ["Bonjour Ann"]}


@given(text=st.text(st.characters()), title=st.text(st.characters()))
def test_every_text_can_be_posted(text: str, title: str) -> None:
    order = replace(ORDER, letter=Letter(text, title))

    said = orjson.loads(GenericDialect("https://sms.example/messages", SECRET).posting(order).content)
    form = parse_qs(TwilioDialect("AC1", SECRET, "+336").posting(order).content.decode(), keep_blank_values=True)

    assert said["text"] == form["Body"][0]


def test_only_the_generic_contract_has_a_key_by_which_an_order_may_be_repeated() -> None:
    dialects = (GenericDialect("https://sms.example/messages", SECRET), TwilioDialect("AC1", SECRET, "+336"))

    assert [HttpProvider("sms", each).repeats_safely for each in dialects] == [True, False]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(200, b'{"id": "m-1"}'), Accepted("m-1")),
        (Reply(202, b'{"id": 7}'), Accepted("7")),
        (Reply(409, b'{"id": "m-1"}'), Accepted("m-1")),
        (Reply(409, b"{}"), Unknown()),
        (Reply(200, b""), Unknown()),
        (Reply(200, b"<html>"), Unknown()),
        (Reply(200, b"[1]"), Unknown()),
        (Reply(200, b'{"id": "Ann, +33677001122"}'), Unknown()),
        (Reply(200, b'{"id": "m-1"' + b" " * 70_000 + b"}"), Unknown()),
        (Reply(200, b'{"id": "m-1"}', length=500), Unknown()),
        (Reply(400, b'{"code": "no_number", "is_address_dead": true}'), Refused("no_number", is_address_dead=True)),
        (Reply(422, b'{"code": "too_long"}'), Refused("too_long")),
        (Reply(422, b'{"code": "number +33677001122 is wrong"}'), Refused("422")),
        (Reply(422, b'{"is_address_dead": "no"}'), Refused("422")),
        (Reply(400, b"x", length=500), Refused("400")),
        (Reply(401), Later("401")),
        (Reply(404), Later("404")),
        (Reply(429, headers={"Retry-After": "30"}), Later("429", timedelta(seconds=30))),
        (Reply(503, headers={"Retry-After": "7"}), Later("503", timedelta(seconds=7))),
        (Reply(503), Later("503")),
        (Reply(307, headers={"Location": "/elsewhere"}), Later("307")),
        (Reply(500), Unknown()),
        (Reply(504), Unknown()),
        (None, Unknown()),
    ],
)
async def test_what_a_provider_answers_by_the_generic_contract(reply: Reply | None, outcome: Outcome) -> None:
    async with serving_http(always(reply)) as server:
        assert await outcome_of(generic(server)) == outcome

    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(201, b"{}"), Unknown()),
        (Reply(400, b'{"code": 21211, "message": "+33677001122"}'), Refused("21211", is_address_dead=True)),
        (Reply(400, b'{"code": 21614}'), Refused("21614", is_address_dead=True)),
        (Reply(400, b'{"code": 21610}'), Refused("21610")),
        (Reply(401, b'{"code": 20003}'), Later("20003")),
        (Reply(429, b'{"code": 20429}', {"Retry-After": "2"}), Later("20429", timedelta(seconds=2))),
        (Reply(409, b'{"sid": "SM1"}'), Refused("409")),
        (Reply(500, b'{"code": 20500}'), Unknown()),
        (Reply(503), Unknown()),
        (None, Unknown()),
    ],
)
async def test_what_twilio_answers(reply: Reply | None, outcome: Outcome) -> None:
    async with serving_http(always(reply)) as server:
        assert await outcome_of(twilio(server)) == outcome

    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("told", "waiting"),
    [
        ("0", timedelta()),
        ("999999999999999999999999", timedelta(days=1)),
        (format_datetime(NOON + timedelta(minutes=5)), timedelta(minutes=5)),
        (format_datetime(NOON - timedelta(minutes=5)), timedelta()),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_how_long_a_provider_asks_to_wait(told: str | None, waiting: timedelta | None) -> None:
    assert waiting_time(Answer(429, b"", told, NOON)) == waiting


async def test_a_second_answer_to_one_message_is_not_taken_for_the_answer_to_the_next() -> None:
    numbers = count(1)

    async def answering(_: Asked) -> Reply:
        return Reply(201, b'{"id": "m-%d"}' % next(numbers), times=2)

    async with serving_http(answering) as server:
        async with HttpProvider("sms", generic(server)).session() as session:
            outcomes = [await session.send(ORDER) for _ in range(4)]

    assert outcomes == [Accepted(f"m-{number}") for number in range(1, 5)]


async def test_of_a_provider_that_answers_too_late_nobody_knows_and_it_may_have_the_message() -> None:
    go_on = asyncio.Event()

    async def answering(_: Asked) -> Reply:
        await go_on.wait()
        return Reply(201, b'{"id": "m-1"}')

    async with serving_http(answering) as server:
        outcome = await outcome_of(generic(server), seconds=0.2)
        go_on.set()

    assert (outcome, len(server.asked)) == (Unknown(), 1)


async def test_an_order_whose_end_is_unknown_is_sent_again_and_taken_once() -> None:
    provider = KeepingProvider(late=1)
    async with serving_http(provider.answer) as server:
        outcomes = [await outcome_of(generic(server), seconds=0.3), await outcome_of(generic(server))]
        provider.go_on.set()

    assert outcomes == [Unknown(), Accepted("m-1")]
    assert provider.taken == {DECISION: "m-1"}


async def test_a_provider_that_is_not_there_costs_no_attempt() -> None:
    async with serving_http() as server:
        pass

    with pytest.raises(Unavailable, match="sms"):
        await outcome_of(generic(server))


async def test_a_provider_that_goes_away_between_two_messages_was_not_handed_the_second() -> None:
    async with serving_http(always(Reply(201, b'{"id": "m-1"}', {"Connection": "close"}))) as server:
        async with HttpProvider("sms", generic(server)).session() as session:
            first = await session.send(ORDER)
            server.stop_listening()
            second = await session.send(ORDER)

    assert (first, second) == (Accepted("m-1"), Later("unreached"))


@pytest.mark.parametrize("url", ["http://sms.example/messages", "ftp://127.0.0.1", "sms.example", "http://[::2]/"])
def test_a_token_is_never_sent_in_plain_text(url: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        GenericDialect(url, SECRET)
    with pytest.raises(ValueError, match="https://"):
        TwilioDialect("AC1", SECRET, "+336", host=url)


@pytest.mark.parametrize(
    ("name", "is_known", "outcome"),
    [
        ("127.0.0.1", True, Accepted("m-1")),
        ("sms.example.org", True, Later("unreached")),
        ("127.0.0.1", False, Later("unreached")),
    ],
)
async def test_only_the_right_certificate_is_handed_a_message(
    tmp_path: Path, name: str, is_known: bool, outcome: Outcome
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(certificate)
    ca_file = tmp_path / "ca.pem"
    (authority if is_known else other).cert_pem.write_to_path(ca_file)

    async with serving_http(certificate=certificate) as server:
        dialect = GenericDialect(f"https://127.0.0.1:{server.port}/messages", SECRET)
        assert await outcome_of(dialect, ca_file=ca_file) == outcome

    assert len(server.asked) == (outcome == Accepted("m-1"))


async def test_a_proxy_of_the_environment_sees_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving_http() as proxy, serving_http() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await outcome_of(generic(server)) == Accepted("m-1")

    assert proxy.asked == []


async def test_a_token_that_a_provider_repeats_stands_in_no_error_outcome_or_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    said = SECRET.get_secret_value()
    async with serving_http(always(Reply(403, orjson.dumps({"code": f"token {said}", "id": said})))) as server:
        provider = HttpProvider("sms", generic(server))
        async with provider.session() as session:
            outcome = await session.send(ORDER)
    with pytest.raises(Unavailable) as raised:
        await outcome_of(generic(server))

    shown = "".join(traceback.format_exception(raised.value)) + caplog.text + repr((provider, outcome))
    assert "Refused(code='403'" in shown
    assert said not in shown
    assert ORDER.to not in shown
