"""The limits that keep a record harmless for every store behind it."""

import math
from collections.abc import Iterable

from pydantic import JsonValue

from fidelio_shared.messaging.errors import Rejected

MAX_BYTES = 256 * 1024
MAX_DATA_BYTES = 32 * 1024
MAX_DEPTH = 16
_MAX_KEY_CHARACTERS = 256
_MAX_VALUES = 20_000


def check_bounds(content: JsonValue) -> None:
    """Raises Rejected("beyond_limits"). orjson reads integers above 64 bits as floats: check those bodies twice."""
    pending: list[tuple[JsonValue, int]] = [(content, 1)]
    seen = 0
    while pending:
        value, depth = pending.pop()
        if isinstance(value, dict):
            for key in value:
                _check_key(key)
            items: Iterable[JsonValue] = value.values()
        elif isinstance(value, list):
            items = value
        else:
            _check_scalar(value)
            continue
        if depth > MAX_DEPTH:
            raise Rejected("beyond_limits", f"nested deeper than {MAX_DEPTH} levels; flatten it")
        seen += len(value)
        if seen > _MAX_VALUES:
            raise Rejected("beyond_limits", f"more than {_MAX_VALUES} values in one record; split it")
        for item in items:
            if isinstance(item, str):
                _check_text(item)
            else:
                pending.append((item, depth + 1))


def _check_key(key: str) -> None:
    if len(key) > _MAX_KEY_CHARACTERS:
        raise Rejected("beyond_limits", f"a key has more than {_MAX_KEY_CHARACTERS} characters; shorten it")
    if "\x00" in key or "$" in key or "." in key:
        raise Rejected("beyond_limits", "a key has a NUL, a $ or a dot; rename it")


def _check_scalar(value: JsonValue) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise Rejected("beyond_limits", "an integer needs more than 64 bits; send it as text")
    elif isinstance(value, float) and not math.isfinite(value):
        raise Rejected("beyond_limits", "a number is not finite; leave it out")


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise Rejected("beyond_limits", "a text has a NUL character; remove it")
