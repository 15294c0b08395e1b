"""Bodies that are no JSON, too much of it, or no object; by name."""

import gzip

from support.submissions import CANARY, a_telling_submission, an_identifier, as_json


def not_json() -> dict[str, bytes]:
    good = as_json(a_telling_submission())
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
        "Latin-1": as_json(a_telling_submission(account_id="Société Générale")).decode().encode("latin-1"),
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


def beyond_limits() -> dict[str, bytes]:
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
    good = as_json(a_telling_submission())
    return {
        **{name: as_json(a_telling_submission(**named)) for name, named in told.items()},
        **{name: good[:-1] + f',"data":{{"x":{number}}}}}'.encode() for name, number in numbers.items()},
        "2,000 levels": good[:-1] + b',"data":' + b"[" * 2000 + b"]" * 2000 + b"}",
        "1,000 levels": good[:-1] + b',"data":' + b"[" * 1000 + b"]" * 1000 + b"}",
    }


def _nested(levels: int) -> object:
    value: object = CANARY
    for _ in range(levels):
        value = [value]
    return {"deep": value}


def no_object() -> dict[str, bytes]:
    return {
        "an array": as_json([a_telling_submission()]),
        "a text": as_json(CANARY),
        "a number": b"12",
        "null": b"null",
        "true": b"true",
        "an empty object": b"{}",
        "another system's object": as_json({"event": "Order Completed", "userId": CANARY}),
    }
