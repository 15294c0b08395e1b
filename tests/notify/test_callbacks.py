"""What providers tell afterwards is believed where it is signed, and is one interaction however often it is told."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from fidelio_notify.domain.callbacks import (
    Callback,
    Forged,
    Ignored,
    Told,
    Unreadable,
    interaction_record,
    read_generic,
    unwanted,
)
from fidelio_notify.domain.signatures import is_secret, signed_headers
from fidelio_notify.domain.twilio_callbacks import read_twilio, twilio_signature
from fidelio_shared.contracts.ids import hash16
from support.at_the_door import taken_in

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
FORMER_SECRET = "whsec_" + base64.b64encode(b"f" * 32).decode()
DECISION = hash16("told")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ADDRESS = "+33677001122"
BOUNCED = Told("provider/sms", "evt-1", "sms", "bounced", NOON, DECISION, is_permanent=True, code="no_number")


def told_generically(
    content: object, *, secret: str = SECRET, at: datetime = NOON, event: str = "evt-1", **headers: str
) -> Callback:
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    signed = {**signed_headers([secret], message_id=event, content=body, now=at), **headers}
    return read_generic([SECRET, FORMER_SECRET], signed, body, channel="sms", now=NOON)


A_BOUNCE = {
    "type": "message.bounced",
    "decision": DECISION,
    "at": "2026-03-01T12:00:00Z",
    "is_permanent": True,
    "code": "no_number",
}


def test_a_bounce_by_the_generic_contract() -> None:
    assert told_generically(A_BOUNCE) == BOUNCED


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"type": "message.delivered", "decision": DECISION}, replace(BOUNCED, what="delivered")),
        ({"type": "message.replied", "to": ADDRESS}, replace(BOUNCED, what="replied", decision=None, address=ADDRESS)),
        ({"type": "message.unsubscribed", "decision": DECISION}, replace(BOUNCED, what="unsubscribed")),
        ({"type": "message.complained", "decision": DECISION}, replace(BOUNCED, what="complained")),
        ({"type": "message.bounced", "decision": DECISION}, BOUNCED),
    ],
)
def test_what_a_provider_may_tell(content: object, told: Told) -> None:
    assert told_generically(content) == replace(told, at=None, is_permanent=False, code=None)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ({"type": "message.queued", "decision": DECISION}, Ignored()),
        ({"type": "message.bounced"}, Unreadable()),
        ({"type": "message.bounced", "decision": "7"}, Unreadable()),
        ({"type": "message.bounced", "decision": DECISION, "at": "2026-03-01T12:00:00"}, Unreadable()),
        ({"decision": DECISION}, Unreadable()),
        (b"", Unreadable()),
        (b"[]", Unreadable()),
        (b"{", Unreadable()),
        (b"\xff", Forged()),
        (b" " * 70_000, Forged()),
    ],
)
def test_what_is_not_by_the_contract(content: object, answer: Callback) -> None:
    signed = content if content != b"\xff" else b"{}"
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    headers = signed_headers(
        [SECRET], message_id="evt-1", content=signed if isinstance(signed, bytes) else body, now=NOON
    )

    assert read_generic([SECRET], headers, body, channel="sms", now=NOON) == answer


@pytest.mark.parametrize("moved", [timedelta(minutes=5), -timedelta(minutes=5), timedelta()])
def test_a_callback_of_the_last_five_minutes_is_believed(moved: timedelta) -> None:
    assert told_generically(A_BOUNCE, at=NOON + moved) == BOUNCED


@pytest.mark.parametrize("moved", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)])
def test_an_older_one_is_a_replay_and_one_from_the_future_is_none(moved: timedelta) -> None:
    assert told_generically(A_BOUNCE, at=NOON + moved) == Forged()


def test_a_former_secret_still_counts_and_a_foreign_one_does_not() -> None:
    foreign = "whsec_" + base64.b64encode(b"e" * 32).decode()

    assert told_generically(A_BOUNCE, secret=FORMER_SECRET) == BOUNCED
    assert told_generically(A_BOUNCE, secret=foreign) == Forged()


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "evt-2"},
        {"webhook-timestamp": str(int(NOON.timestamp()) + 1)},
        {"webhook-timestamp": "1e3"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-timestamp": "٣"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v1," + "A" * 5000},
        {"webhook-signature": "v2,x v1,y v1,"},
    ],
)
def test_what_was_changed_on_the_way_is_forged(changed: dict[str, str]) -> None:
    assert told_generically(A_BOUNCE, **changed) == Forged()


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_whatever_the_headers_are_nothing_unsigned_is_believed(headers: dict[str, str]) -> None:
    assert read_generic([SECRET], headers, orjson.dumps(A_BOUNCE), channel="sms", now=NOON) == Forged()


def test_the_signature_is_the_one_of_the_specification() -> None:
    """Its published example."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)

    assert signed_headers([secret], message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", content=body, now=at) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_library_verifies_what_is_signed_with_a_new_and_a_former_secret() -> None:
    now = datetime.now(UTC)
    headers = signed_headers([SECRET, FORMER_SECRET], message_id="evt", content=b'{"a":1}', now=now)

    assert [Webhook(each).verify(b'{"a":1}', dict(headers)) for each in (SECRET, FORMER_SECRET)] == [{"a": 1}] * 2


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        (SECRET, True),
        (SECRET.removeprefix("whsec_"), False),
        ("whsec_", False),
        ("whsec_" + base64.b64encode(b"k" * 23).decode(), False),
        ("whsec_" + base64.b64encode(b"k" * 65).decode(), False),
        ("whsec_" + "é" * 40, False),
        ("whsec_" + "!" * 40, False),
    ],
)
def test_what_is_a_secret(text: str, is_good: bool) -> None:
    assert is_secret(text) is is_good


TOKEN = "twilio-token"
URL = f"https://fidelio.example/told/twilio?decision={DECISION}"


def told_by_twilio(
    fields: dict[str, str], *, url: str = URL, token: str = TOKEN, sign: Callable[[str], str] = str
) -> Callback:
    signature = twilio_signature(token, url, {name: [value] for name, value in fields.items()})
    return read_twilio(TOKEN, url, sign(signature), urlencode(fields).encode())


def a_status(status: str, **more: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "MessageStatus": status, "To": ADDRESS, "From": "+33600000000", **more}


DELIVERED = Told("provider/twilio", "SM1/delivered", "sms", "delivered", decision=DECISION, address=ADDRESS)
FAILED = replace(DELIVERED, event="SM1/failed", what="bounced")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (a_status("delivered"), DELIVERED),
        (a_status("failed", ErrorCode="30005"), replace(FAILED, is_permanent=True, code="30005")),
        (a_status("failed", ErrorCode="30003"), replace(FAILED, code="30003")),
        (a_status("failed"), FAILED),
        (a_status("failed", ErrorCode="21610"), replace(FAILED, what="unsubscribed", code="21610")),
        (a_status("undelivered"), replace(FAILED, event="SM1/undelivered")),
        (a_status("sent"), Ignored()),
        (a_status("queued"), Ignored()),
        ({"MessageSid": "SM1", "MessageStatus": "delivered"}, Unreadable()),
        ({"MessageStatus": "delivered", "To": ADDRESS}, Unreadable()),
        ({"MessageSid": "SM1"}, Ignored()),
        (
            {"MessageSid": "SM2", "From": ADDRESS, "Body": "Merci !"},
            Told("provider/twilio", "SM2/received", "sms", "replied", address=ADDRESS),
        ),
        (
            {"MessageSid": "SM2", "From": ADDRESS, "Body": "STOP", "OptOutType": "STOP"},
            Told("provider/twilio", "SM2/received", "sms", "unsubscribed", address=ADDRESS),
        ),
    ],
)
def test_what_twilio_tells(fields: dict[str, str], told: Callback) -> None:
    assert told_by_twilio(fields) == told


@pytest.mark.parametrize("url", [URL.partition("?")[0], URL[:-1], URL + "0"])
def test_a_status_without_its_decision_is_nobodys(url: str) -> None:
    assert told_by_twilio(a_status("delivered"), url=url) == Unreadable()


def test_what_twilio_did_not_sign_is_forged() -> None:
    fields = a_status("delivered")
    signature = twilio_signature(TOKEN, URL, {name: [value] for name, value in fields.items()})
    other = URL.replace(DECISION, hash16("of somebody else"))

    assert told_by_twilio(fields, token="other") == Forged()
    assert read_twilio(TOKEN, other, signature, urlencode(fields).encode()) == Forged()
    assert read_twilio(TOKEN, URL, signature, urlencode(a_status("failed")).encode()) == Forged()
    assert read_twilio(TOKEN, URL, "é", urlencode(fields).encode()) == Forged()
    assert read_twilio(TOKEN, URL, signature, b"a=1&" * 300) == Forged()
    assert read_twilio(TOKEN, URL, signature, b"\xff") == Forged()


def test_twilios_signature_is_the_one_of_its_documentation() -> None:
    fields = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": ["+12349013030"],
        "Digits": ["1234"],
        "From": ["+12349013030"],
        "To": ["+18005551212"],
    }

    assert twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields) == (
        "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    )


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (BOUNCED, "bounced"),
        (replace(BOUNCED, is_permanent=False), None),
        (replace(BOUNCED, what="complained"), "complained"),
        (replace(BOUNCED, what="unsubscribed"), "unsubscribed"),
        (replace(BOUNCED, what="delivered"), None),
        (replace(BOUNCED, what="replied"), None),
    ],
)
def test_who_belongs_on_the_suppression_list(told: Told, why: str | None) -> None:
    assert unwanted(told) == why


def test_a_bounce_is_taken_in_by_ingest_on_the_channel_of_its_message() -> None:
    record = interaction_record(BOUNCED, ADDRESS, now=NOON)

    interaction = taken_in(record, at=NOON)
    assert interaction.model_dump(exclude={"id", "digest", "source_id"}, exclude_defaults=True) == {
        "source": "provider/sms",
        "channel": "sms",
        "type": "message.bounced",
        "occurred_at": NOON,
        "received_at": NOON,
        "identifiers": ({"kind": "phone", "value": ADDRESS},),
        "reference": {"kind": "decision", "id": DECISION},
        "data": {"code": "no_number", "is_permanent": True},
    }
    assert (record.topic, record.key) == ("channels.sms", DECISION.encode())


@pytest.mark.parametrize("told", [BOUNCED, DELIVERED])
def test_what_is_told_twice_is_one_interaction(told: Told) -> None:
    """The same id with another digest would be refused as a conflict."""
    first, second = (taken_in(interaction_record(told, ADDRESS, now=at), at=at) for at in (NOON, LATER))

    assert (first.id, first.digest) == (second.id, second.digest)


def test_two_events_of_one_message_are_two_interactions() -> None:
    events = (BOUNCED, replace(BOUNCED, event="evt-2"))

    assert len({taken_in(interaction_record(each, ADDRESS, now=NOON), at=NOON).id for each in events}) == 2


def test_an_answer_of_which_no_decision_is_known_refers_to_none_and_happened_when_it_came() -> None:
    told = Told("provider/twilio", "SM2/received", "sms", "replied", address=ADDRESS)
    interaction = taken_in(interaction_record(told, ADDRESS, now=NOON), at=LATER)

    assert (interaction.type, interaction.reference, interaction.occurred_at) == ("message.replied", None, LATER)
