"""Records that nobody should send, and the one reason for which each of them must be refused.

Every one holds CANARY where a person's data would be: no text that Fidelio writes about a record may repeat it.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass

from support.submissions import a_submission, an_identifier, as_json

CANARY = "canary5d1f@leak.example"
CLOUDEVENT = "application/cloudevents+json"
LARGEST_BY_DEFAULT = 1_048_376
"""What a topic takes with Kafka's own max.message.bytes, as one record without key and headers."""

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Hostile:
    name: str
    reason: str
    value: bytes | None
    headers: Headers = ()
    channel: str = "store"


def hostile_records() -> tuple[Hostile, ...]:
    return (
        *_bodies("not_json", _not_json()),
        *_bodies("beyond_limits", _beyond_limits()),
        *_bodies("schema", _no_object()),
        *_submissions("schema", _wrong_fields()),
        *_submissions("schema", _wrong_values()),
        *_submissions("time_out_of_range", _wrong_clocks()),
        *_submissions("unidentifiable", _nobody()),
        *_envelopes(),
        *_content_types(),
        *_not_permitted(),
        Hostile("a tombstone", "tombstone", None),
        Hostile("a record of one byte too many", "too_large", _of_size(256 * 1024 + 1)),
        Hostile("the largest record that a broker takes by default", "too_large", _of_size(LARGEST_BY_DEFAULT)),
    )


def _bodies(reason: str, bodies: dict[str, bytes]) -> Iterator[Hostile]:
    for name, body in bodies.items():
        yield Hostile(name, reason, body)


def _submissions(reason: str, changes: dict[str, dict[str, object]]) -> Iterator[Hostile]:
    for name, named in changes.items():
        yield Hostile(name, reason, as_json(_told(**named)))


def _told(**named: object) -> dict[str, object]:
    return a_submission(**{"identifiers": [an_identifier("email", CANARY)]} | named)


def _not_json() -> dict[str, bytes]:
    good = as_json(_told())
    return {
        "no bytes": b"",
        "blanks": b" \n ",
        "plain words": CANARY.encode(),
        "a truncated object": good[:-9],
        "a trailing comma": good[:-1] + b",}",
        "single quotes": good.replace(b'"', b"'"),
        "a comment": b"// note\n" + good,
        "two objects": good + b"\n" + good,
        "an unquoted key": b"{source: 1}",
        "NaN": good[:-1] + b',"data":{"x":NaN}}',
        "Infinity": good[:-1] + b',"data":{"x":Infinity}}',
        "minus Infinity": good[:-1] + b',"data":{"x":-Infinity}}',
        "a number with a leading zero": good[:-1] + b',"data":{"x":007}}',
        "a hexadecimal number": good[:-1] + b',"data":{"x":0x1F}}',
        "a raw control character": good.replace(b"order.placed", b"order\x01placed"),
        "UTF-16 with its mark": good.decode().encode("utf-16"),
        "UTF-16 without a mark": good.decode().encode("utf-16-le"),
        "UTF-32": good.decode().encode("utf-32"),
        "a byte order mark": b"\xef\xbb\xbf" + good,
        "Latin-1": as_json(_told(account_id="Société Générale")).decode().encode("latin-1"),
        "truncated UTF-8": good.replace(CANARY.encode(), CANARY.encode() + b"\xe2\x82"),
        "overlong UTF-8": good.replace(CANARY.encode(), CANARY.encode() + b"\xc0\x80"),
        "a lone surrogate, escaped": good.replace(CANARY.encode(), CANARY.encode() + b"\\ud800"),
        "a lone surrogate, encoded": good.replace(CANARY.encode(), CANARY.encode() + b"\xed\xa0\x80"),
        "a surrogate pair in CESU-8": good.replace(CANARY.encode(), b"\xed\xa0\xbd\xed\xb8\x80"),
        "gzip": gzip.compress(good, mtime=0),
        "XML": f"<order customer='{CANARY}'/>".encode(),
        "a form": f"email={CANARY}&id=1".encode(),
        "NUL bytes": b"\x00" * 64,
        "random bytes": bytes(range(255, 0, -1)),
        "an unclosed array of 600 levels": b'{"data":' + b"[" * 600,
    }


def _beyond_limits() -> dict[str, bytes]:
    told = {
        "NUL in a key": {"data": {"a\x00b": CANARY}},
        "NUL in a value": {"data": {"a": f"{CANARY}\x00"}},
        "NUL in an identifier": {"identifiers": [an_identifier("email", f"{CANARY}\x00")]},
        "$ in a key": {"data": {"$where": f"this.email == '{CANARY}'"}},
        "$ inside a key": {"data": {"a$b": CANARY}},
        "a query as an identifier": {"identifiers": [an_identifier("email", {"$ne": None})]},
        "a query as an id": {"id": {"$gt": ""}},
        "a dot in a key": {"data": {"a.b": CANARY}},
        "a dot in a trait": {"traits": {CANARY: "a person's address as a key"}},
        "$ in a trait": {"traits": {"$set": CANARY}},
        "a very long key": {"data": {"k" * 257: CANARY}},
        "17 levels": {"data": _nested(15)},
        "more than 32 KiB of data": {"data": {"text": CANARY * 1500}},
        "more than 32 KiB beside data": {"text": CANARY * 1500},
        "more than 20,000 values": {"data": {"values": [0] * 20_001}},
    }
    numbers = {
        "2 to the 63": str(2**63),
        "less than -2 to the 63": str(-(2**63) - 1),
        "2 to the 64": str(2**64),
        "less than -2 to the 64": str(-(2**64) - 1),
        "an integer of 300 digits": "9" * 300,
        "an integer of 5,000 digits": "9" * 5000,
        "1e400": "1e400",
        "-1e400": "-1e400",
    }
    good = as_json(_told())
    return {
        **{name: as_json(_told(**named)) for name, named in told.items()},
        **{name: good[:-1] + f',"data":{{"x":{number}}}}}'.encode() for name, number in numbers.items()},
        "2,000 levels": good[:-1] + b',"data":' + b"[" * 2000 + b"]" * 2000 + b"}",
        "1,000 levels": good[:-1] + b',"data":' + b"[" * 1000 + b"]" * 1000 + b"}",
    }


def _nested(levels: int) -> object:
    value: object = CANARY
    for _ in range(levels):
        value = [value]
    return {"deep": value}


def _no_object() -> dict[str, bytes]:
    return {
        "an array": as_json([_told()]),
        "a text": as_json(CANARY),
        "a number": b"12",
        "null": b"null",
        "true": b"true",
        "an empty object": b"{}",
        "another system's object": as_json({"event": "Order Completed", "userId": CANARY}),
    }


def _wrong_fields() -> dict[str, dict[str, object]]:
    return {
        "no source": {"source": ...},
        "an empty source": {"source": ""},
        "a source of 513 characters": {"source": "s" * 513},
        "a source that is a list": {"source": [CANARY]},
        "no id": {"id": ...},
        "an id that is null": {"id": None},
        "an id that is a number": {"id": 4711},
        "an id that is an object": {"id": {"email": CANARY}},
        "no type": {"type": ...},
        "a type in capitals": {"type": "Order.Placed"},
        "a type without a dot": {"type": "order"},
        "a type with a line break": {"type": "order.placed\n"},
        "a type of 65 characters": {"type": "order." + "p" * 59},
        "no identifiers": {"identifiers": ...},
        "identifiers that are null": {"identifiers": None},
        "identifiers that are an object": {"identifiers": {"email": CANARY}},
        "identifiers that are a text": {"identifiers": CANARY},
        "21 identifiers": {"identifiers": [an_identifier("device_id", f"{n} {CANARY}") for n in range(21)]},
        "an identifier that is a text": {"identifiers": [CANARY]},
        "an identifier without a kind": {"identifiers": [{"value": CANARY}]},
        "an identifier that is a number": {"identifiers": [an_identifier("customer_id", 42)]},
        "an identifier that is an object": {"identifiers": [an_identifier("email", {"address": CANARY})]},
        "an identifier of 513 characters": {"identifiers": [an_identifier("email", "x" * 513)]},
        "a kind of 129 characters": {"identifiers": [an_identifier("k" * 129, CANARY)]},
        "traits that are a list": {"traits": [CANARY]},
        "101 traits": {"traits": {f"t{n}": CANARY for n in range(101)}},
        "a trait that is an object": {"traits": {"address": {"street": CANARY}}},
        "a trait that is a list": {"traits": {"emails": [CANARY]}},
        "a trait of 129 characters": {"traits": {"k" * 129: CANARY}},
        "a trait without a name": {"traits": {"": CANARY}},
        "data that is a list": {"data": [CANARY]},
        "data that is a text": {"data": CANARY},
        "an account that is a number": {"account_id": 5},
        "a reference that is a text": {"reference": CANARY},
        "a reference without an id": {"reference": {"kind": "order"}},
    }


def _wrong_values() -> dict[str, dict[str, object]]:
    return {
        **{f"a time that is {name}": {"occurred_at": value} for name, value in _wrong_times().items()},
        "a sending time without a zone": {"sent_at": "2026-03-01T10:00:00"},
        "csat 6": {"rating": {"scale": "csat", "value": 6}},
        "nps 11": {"rating": {"scale": "nps", "value": 11}},
        "ces 0": {"rating": {"scale": "ces", "value": 0}},
        "a rating of 101 on an unknown scale": {"rating": {"scale": "stars", "value": 101}},
        "a rating that is true": {"rating": {"scale": "csat", "value": True}},
        "a rating that is a text": {"rating": {"scale": "csat", "value": "4"}},
        "a rating between two": {"rating": {"scale": "csat", "value": 4.5}},
        "a rating without a scale": {"rating": {"value": 4}},
        "a currency in small letters": {"amount": {"value": "1", "currency": "eur"}},
        "a currency of four letters": {"amount": {"value": "1", "currency": "EURO"}},
        "a currency sign": {"amount": {"value": "1", "currency": "€"}},
        "no currency": {"amount": {"value": "1"}},
        "an amount of 40 digits": {"amount": {"value": "1" * 40, "currency": "EUR"}},
        "an amount of five decimals": {"amount": {"value": "0.00001", "currency": "EUR"}},
        "an amount with a large exponent": {"amount": {"value": "1E+30", "currency": "EUR"}},
        "an amount that is NaN": {"amount": {"value": "NaN", "currency": "EUR"}},
        "an amount that is Infinity": {"amount": {"value": "-Infinity", "currency": "EUR"}},
        "an amount with a comma": {"amount": {"value": "12,30", "currency": "EUR"}},
        "an amount that is true": {"amount": {"value": True, "currency": "EUR"}},
        "an amount that is a bare number": {"amount": 12},
        "a consent that is a text": {"consent": CANARY},
        "a consent that is neither": {"consent": {"purpose": "marketing", "channel": "email", "status": "maybe"}},
        "a consent without a purpose": {"consent": {"channel": "email", "status": "granted"}},
        "a consent that ends without a zone": _consent_until("2027-01-01T00:00:00"),
        "a consent that ends beyond the calendar": _consent_until("9999-12-31T23:59:59-14:00"),
        "a consent that began before the calendar": _consent_until("0001-01-01T00:00:00+14:00"),
    }


def _wrong_times() -> dict[str, object]:
    return {
        "naive": "2020-03-01T10:00:00",
        "a day": "2020-03-01",
        "a number": 1_583_056_800,
        "a number as text": "1583056800",
        "a number with decimals as text": "1583056800.5",
        "true": True,
        "an object": {"date": "2020-03-01"},
        "words": CANARY,
        "in a month 13": "2020-13-01T10:00:00Z",
        "on a day 30 of February": "2020-02-30T10:00:00Z",
        "in a zone of 25 hours": "2020-03-01T10:00:00+25:00",
        "in a year 0": "0000-01-01T00:00:00Z",
        "in a year of five digits": "10000-01-01T00:00:00Z",
    }


def _consent_until(instant: str) -> dict[str, object]:
    consent = {"purpose": "marketing", "channel": "email", "status": "granted", "expires_at": instant}
    return {"type": "consent.changed", "consent": consent}


def _wrong_clocks() -> dict[str, dict[str, object]]:
    return {
        "a clock in 1970": {"occurred_at": "1970-01-01T00:00:00Z"},
        "a clock in 2090": {"occurred_at": "2090-01-01T00:00:00Z"},
        "a clock in the year 1": {"occurred_at": "0001-01-01T00:00:00Z"},
        "a clock before the year 1": {"occurred_at": "0001-01-01T00:00:00+14:00"},
        "a clock in the year 9999": {"occurred_at": "9999-12-31T23:59:59Z"},
        "a clock after the year 9999": {"occurred_at": "9999-12-31T23:59:59-14:00"},
        "sent millennia after": {"occurred_at": "0001-01-01T00:00:00Z", "sent_at": "9999-12-31T23:59:59Z"},
        "sent millennia before": {"occurred_at": "9999-12-31T23:59:59Z", "sent_at": "0001-01-01T00:00:00Z"},
        "sent an hour before": {"occurred_at": "2020-03-01T11:00:00Z", "sent_at": "2020-03-01T10:00:00Z"},
        "sent 21 years after": {"occurred_at": "1999-03-01T10:00:00Z", "sent_at": "2020-03-01T10:00:00Z"},
    }


def _nobody() -> dict[str, dict[str, object]]:
    found = {
        "an empty list of identifiers": [],
        "an empty identifier": [an_identifier("customer_id", "")],
        "a blank identifier": [an_identifier("customer_id", " \t\u00a0")],
        "no e-mail address": [an_identifier("email", CANARY.replace("@", " at "))],
        "an e-mail address without a name": [an_identifier("email", CANARY[CANARY.index("@") :])],
        "two e-mail addresses in one": [an_identifier("email", f"{CANARY},{CANARY}")],
        "an e-mail address with a line break": [an_identifier("email", CANARY.replace("@", "\n@"))],
        "a phone number without its country": [an_identifier("phone", "06 12 34 56 78")],
        "words for a phone number": [an_identifier("phone", CANARY)],
        "too short a phone number": [an_identifier("phone", "+33 1")],
        "a kind that never links": [an_identifier("favourite_colour", CANARY)],
        "a kind in capitals": [an_identifier("EMAIL", CANARY)],
        "a text that grows beyond its limit": [an_identifier("customer_id", "\u0958" * 512)],
        "nothing usable among many": [an_identifier("email", "x"), an_identifier("phone", "y")],
    }
    return {name: {"identifiers": identifiers} for name, identifiers in found.items()}


def _binary(**attributes: bytes | None) -> Headers:
    plain: dict[str, bytes | None] = {"specversion": b"1.0", "id": b"e1", "source": b"shop", "type": b"order.placed"}
    told = {**plain, **attributes}
    return tuple((f"ce_{name}", value) for name, value in told.items() if value != b"left out")


def _envelopes() -> Iterator[Hostile]:
    data = {"identifiers": [an_identifier("email", CANARY)], "id": "order-7", "source": "x", "type": "order.placed"}
    structured = {"specversion": "1.0", "id": "e1", "source": "shop", "type": "order.placed", "data": data}
    broken = {
        "a structured event without specversion": {"specversion": ...},
        "a structured event of version 0.3": {"specversion": "0.3"},
        "a structured event of version 1.0, a number": {"specversion": 1.0},
        "a structured event in Base64": {"data_base64": "e30="},
        "a structured event without data": {"data": ...},
        "a structured event whose data is a list": {"data": [CANARY]},
        "a structured event whose data is a text": {"data": as_json(data).decode()},
        "a structured event without id": {"id": ...},
        "a structured event with an empty id": {"id": ""},
        "a structured event without type": {"type": ...},
        "a structured event whose id is a number": {"id": 5},
    }
    for name, change in broken.items():
        event = {key: value for key, value in {**structured, **change}.items() if value is not ...}
        yield Hostile(name, "schema", as_json(event), (("content-type", CLOUDEVENT.encode()),))
    yield Hostile("a structured event that is a list", "schema", b"[]", (("content-type", CLOUDEVENT.encode()),))
    body, canary = as_json(data), CANARY.encode()
    for name, headers in {
        "a binary event without id": _binary(id=b"left out"),
        "a binary event whose id is null": _binary(id=None),
        "a binary event with an empty id": _binary(id=b""),
        "a binary event without source": _binary(source=b"left out"),
        "a binary event without type": _binary(type=b"left out"),
        "a binary event of version 0.3": _binary(specversion=b"0.3"),
        "a binary event whose version is null": _binary(specversion=None),
        "a binary event whose time is words": _binary(time=canary),
    }.items():
        yield Hostile(name, "schema", body, headers)
    for name, headers in {
        "a binary event whose id is not UTF-8": _binary(id=canary + b"\xff"),
        "a binary event whose source is not UTF-8": _binary(source=canary + b"\xc3"),
        "a binary event whose version is not UTF-8": _binary(specversion=b"\xfe1.0"),
        "a content type that is not UTF-8": (("content-type", canary + b"\xff"),),
        "a replay's time that is words": (("fidelio-first-appended", canary),),
        "a replay's time of 5,000 digits": (("fidelio-first-appended", b"9" * 5000),),
    }.items():
        yield Hostile(name, "bad_header", body, headers)
    yield Hostile("a binary event with NUL in its id", "beyond_limits", body, _binary(id=canary + b"\x00"))
    yield Hostile("a binary event whose data is a list", "schema", as_json([data]), _binary())
    yield Hostile("a binary event with no bytes of data", "not_json", b"", _binary())
    yield Hostile("a binary event without data", "tombstone", None, _binary())


def _content_types() -> Iterator[Hostile]:
    body = as_json(_told())
    for content_type in (
        "text/plain",
        "application/xml",
        "avro/binary",
        "application/x-protobuf",
        "application/cloudevents",
        "application/cloudevents-batch+json",
        "application/cloudevents+avro",
        "json",
    ):
        yield Hostile(f"content type {content_type}", "unknown_content_type", body, _typed(content_type))
    typed = (*_binary(), *_typed("text/xml"))
    yield Hostile("a binary event of XML", "unknown_content_type", body, typed)


def _typed(content_type: str) -> Headers:
    return (("content-type", content_type.encode()),)


def _not_permitted() -> Iterator[Hostile]:
    for channel, interaction_type in (
        ("store", "erasure.requested"),
        ("web", "erasure.requested"),
        ("billing", "consent.changed"),
        ("store", "ticket.opened"),
        ("survey", "order.placed"),
        ("store", "orders.placed"),
        ("store", "fidelio.internal"),
    ):
        body = as_json(_told(type=interaction_type))
        yield Hostile(f"{interaction_type} from {channel}", "not_permitted", body, channel=channel)


def _of_size(count: int) -> bytes:
    plain = len(as_json(_told(account_id="")))
    return as_json(_told(account_id="x" * (count - plain)))
