"""The one encoder: equal values have equal bytes, whoever writes them and after any storage round trip."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NewType

import orjson
from pydantic import BaseModel

Instant = NewType("Instant", str)
"""UTC, three decimals, `Z`: fixed width, so that instants sort as text (years 1000 to 9999)."""

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
_NEGATIVE_ZEROS = (b"-0.0,", b"-0.0}", b"-0.0]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MILLISECOND = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z."""


@lru_cache(maxsize=4096)  # an interaction's two instants are written some ten times on its way through a step
def instant(moment: datetime) -> Instant:
    """Microseconds are cut, never rounded: an instant never lies later than what it names.

    A time without a zone is refused: it would be read in the machine's own.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone names no instant")
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return Instant(text[:23] + "Z")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def milliseconds(text: str) -> int:
    """Since 1970-01-01T00:00Z; exact."""
    gap = datetime.fromisoformat(text) - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1000 + gap.microseconds // 1000


def from_milliseconds(count: int) -> Instant:
    return instant(_EPOCH + timedelta(milliseconds=count))


def encode(value: BaseModel | Mapping[str, object]) -> bytes:
    """JSON with sorted keys, canonical instants, decimals as text, shortest floats and no `-0.0`.

    Floats are finite by contract (models refuse others, ingest refuses them in free data): JSON has no word for them.
    Models are read field by field, three times as fast as by `model_dump`: contracts have no aliases or serializers.
    """
    text = orjson.dumps(value, default=_encode_other, option=_OPTIONS)
    if any(each in text for each in _NEGATIVE_ZEROS):
        text = orjson.dumps(_without_negative_zero(value), default=_encode_other, option=_OPTIONS)
    return text


def embed(encoded: bytes) -> orjson.Fragment:
    """Canonical bytes to stand inside a larger value without being read and written again."""
    return orjson.Fragment(encoded)


def _encode_other(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.__dict__
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"cannot encode a {type(value).__name__}; use plain JSON values, instants or decimals")


def decimal_text(value: Decimal) -> str:
    """Positional, as many decimals as given, and `0` never negative."""
    return f"{abs(value):f}" if value == 0 else f"{value:f}"


def _without_negative_zero(value: object) -> object:
    if isinstance(value, BaseModel):
        return _without_negative_zero(value.__dict__)
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, Mapping):
        return {key: _without_negative_zero(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_negative_zero(item) for item in value]
    return value
