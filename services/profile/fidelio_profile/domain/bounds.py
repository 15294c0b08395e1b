"""How long a text may be to be kept, so that a state stays below 56 KiB, and a profile with all else below 64 KiB."""

import orjson

_WORST_CHARACTER = 6
"""Bytes of a control character in JSON: no character takes more, in JSON or in BSON."""


def fits(text: str, most_bytes: int) -> bool:
    """As JSON, which is never shorter than BSON."""
    return len(text) * _WORST_CHARACTER <= most_bytes or len(orjson.dumps(text)) - 2 <= most_bytes


def cut(text: str, most_bytes: int) -> str:
    """The longest beginning that fits."""
    if fits(text, most_bytes):
        return text
    return next(text[:length] for length in range(most_bytes, -1, -1) if fits(text[:length], most_bytes))
