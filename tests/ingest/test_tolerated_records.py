"""Odd records that are nevertheless clear: accepted, and kept as they were meant."""

import pytest

from fidelio_ingest.handlers import interaction_decoder
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ingest import Identifier
from support.incoming import NOON_MS, a_record
from support.submissions import CHANNELS, a_submission, an_identifier, as_json, normalised

decode = interaction_decoder(CHANNELS, "wall", shipped_identity_rules())
PLAIN = as_json(a_submission())
EVENT = {"specversion": b"1.0", "id": b"e1", "source": b"shop", "type": b"order.placed"}


UNUSUAL = {
    "a prototype": (b'"data":{"__proto__":{"admin":true}}', {"__proto__": {"admin": True}}),
    "a constructor": (b'"constructor":{"a":1}', {"constructor": {"a": 1}}),
    "names that Python knows": (b'"model_config":{},"__class__":"x"', {"model_config": {}, "__class__": "x"}),
    "a name that MongoDB knows": (b'"_id":1', {"_id": 1}),
    "names of fields in data": (b'"data":{"type":"gift","identifiers":[]}', {"type": "gift", "identifiers": []}),
    "one name in data and beside it": (b'"colour":"red","data":{"colour":"blue"}', {"colour": "blue"}),
    "fields that are not the sender's": (b'"channel":"web","digest":"1:0"', {"channel": "web", "digest": "1:0"}),
    "the largest integer": (b'"data":{"n":9223372036854775807}', {"n": 2**63 - 1}),
    "the smallest integer": (b'"data":{"n":-9223372036854775808}', {"n": -(2**63)}),
    "many digits in a text": (b'"data":{"card":"12345678901234567890123"}', {"card": "12345678901234567890123"}),
    "many decimals": (b'"data":{"x":0.1234567890123456789012}', {"x": 0.12345678901234568}),
    "an empty key": (b'"data":{"":{"":1}}', {"": {"": 1}}),
    "16 levels": (b'"data":{"d":' + b"[" * 14 + b"]" * 14 + b"}", {"d": [[[[[[[[[[[[[[]]]]]]]]]]]]]]}),
}


@pytest.mark.parametrize(("extra", "data"), UNUSUAL.values(), ids=UNUSUAL)
def test_unusual_content_is_kept(extra: bytes, data: dict[str, object]) -> None:
    body = b"\n " + PLAIN[:-1] + b"," + extra + b"}\r\n"

    assert decode(a_record(body)).data == data


def test_of_a_key_that_stands_twice_the_last_one_counts() -> None:
    body = PLAIN[:-1] + b',"account_id":"first","account_id":"last"}'

    assert decode(a_record(body)).account_id == "last"


def test_minus_zero_is_zero_wherever_it_stands() -> None:
    with_minus = decode(a_record(PLAIN[:-1] + b',"traits":{"t":-0.0},"data":{"x":[-0.0,-0]}}'))
    without = decode(a_record(PLAIN[:-1] + b',"traits":{"t":0.0},"data":{"x":[0.0,0]}}'))

    assert with_minus == without


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([("x-note", b"\xff\xfe")], id="another header is not UTF-8"),
        pytest.param([("x-note", None)], id="another header is null"),
        pytest.param([("content-type", None)], id="the content type is null"),
        pytest.param([("Content-Type", b"Application/JSON; charset=utf-8")], id="capitals and a parameter"),
        pytest.param(
            [("content-type", b"text/plain"), ("content-type", b"application/json")], id="the last one counts"
        ),
        pytest.param([("content-type", b"application/vnd.fidelio.interaction+json")], id="our own type"),
        pytest.param([("ce_id", b"without ce_specversion"), ("ce_type", b"x.y")], id="an incomplete envelope"),
        pytest.param([(f"x-{n}", b"x") for n in range(5000)], id="thousands of headers"),
    ],
)
def test_headers_that_say_nothing_are_passed_over(headers: list[tuple[str, bytes | None]]) -> None:
    assert decode(a_record(PLAIN, headers=headers)) == decode(a_record(PLAIN))


def test_a_structured_event_may_carry_the_headers_of_a_binary_one() -> None:
    data = {"identifiers": [an_identifier("customer_id", "42")]}
    event = {"specversion": "1.0", "id": "e1", "source": "shop", "type": "order.placed", "data": data}
    headers = [("content-type", b"application/cloudevents+json"), ("ce_specversion", b"1.0"), ("ce_id", b"another")]

    assert decode(a_record(as_json(event), headers=headers)).source_id == "e1"


def test_what_an_events_data_says_under_the_names_of_its_attributes_is_kept() -> None:
    data = {
        "id": "order-7",
        "type": "order.placed",
        "identifiers": [an_identifier("customer_id", "42")],
        "data": {"a": 1},
    }
    headers = [(f"ce_{name}", value) for name, value in EVENT.items()]

    found = decode(a_record(as_json(data), headers=headers))

    assert (found.source, found.source_id, found.type) == ("shop", "e1", "order.placed")
    assert found.data == {"id": "order-7", "a": 1}


def test_both_modes_of_one_event_are_one_interaction() -> None:
    data = {"identifiers": [an_identifier("customer_id", "42")], "id": "order-7"}
    told = {name: value.decode() for name, value in EVENT.items()} | {"time": "2020-03-01T10:00:00Z"}
    binary = [*((f"ce_{name}", value) for name, value in EVENT.items()), ("ce_time", b"2020-03-01T10:00:00Z")]

    structured_one = decode(
        a_record(as_json({**told, "data": data}), headers=[("content-type", b"application/cloudevents+json")])
    )

    assert structured_one == decode(a_record(as_json(data), headers=binary))


def test_an_unusable_identifier_does_not_condemn_the_usable_ones() -> None:
    found = normalised(
        identifiers=[
            an_identifier("email", ""),
            an_identifier("phone", "unknown"),
            an_identifier("customer_id", " 42 "),
            an_identifier("favourite_colour", "red"),
        ]
    )

    assert found.identifiers == (
        Identifier(kind="customer_id", value="42"),
        Identifier(kind="described.favourite_colour", value="red"),
    )


def test_a_senders_clock_is_corrected_by_when_it_sent() -> None:
    found = normalised(occurred_at="2019-03-01T09:30:00Z", sent_at="2019-03-01T10:00:00.0005Z")

    assert found.occurred_at.isoformat() == "2026-03-01T09:30:02.122000+00:00"


def test_a_replayed_records_clock_is_corrected_by_when_it_first_came() -> None:
    body = as_json(a_submission(occurred_at="2019-03-01T09:30:00Z", sent_at="2019-03-01T10:00:00Z"))
    three_days_later = NOON_MS + 3 * 86_400_000
    replay = [("fidelio-first-appended", str(NOON_MS).encode())]

    first = decode(a_record(body))
    again = decode(a_record(body, timestamp=three_days_later, headers=replay))

    assert again == first.model_copy(update={"received_at": again.received_at})
    assert decode(a_record(body, timestamp=three_days_later)).occurred_at != first.occurred_at


def test_a_replay_cannot_claim_to_have_come_before_it_was_there() -> None:
    body = as_json(a_submission(occurred_at=...))
    tomorrow = [("fidelio-first-appended", str(NOON_MS + 86_400_000).encode())]

    assert decode(a_record(body, headers=tomorrow)) == decode(a_record(body))


def test_on_the_stream_clock_a_record_is_received_when_it_occurred() -> None:
    found = normalised(clock="stream", occurred_at="1997-05-01T12:00:00.1239+02:00")

    assert found.received_at == found.occurred_at
    assert found.occurred_at.isoformat() == "1997-05-01T12:00:00.123000+02:00"


def test_the_time_of_sending_is_no_part_of_what_was_said() -> None:
    early, late = (
        normalised(occurred_at="2020-03-01T10:00:00Z", sent_at=sent_at)
        for sent_at in ("2020-03-01T10:00:01Z", "2020-03-01T10:00:09Z")
    )

    assert early.digest == late.digest
    assert early.digest != normalised(occurred_at="2020-03-01T10:00:00.001Z").digest
