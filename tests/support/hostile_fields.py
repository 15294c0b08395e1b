"""Changes that spoil a submission; by name."""

from support.submissions import CANARY, an_identifier


def wrong_fields() -> dict[str, dict[str, object]]:
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


def wrong_values() -> dict[str, dict[str, object]]:
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


def wrong_clocks() -> dict[str, dict[str, object]]:
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


def nobody() -> dict[str, dict[str, object]]:
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
