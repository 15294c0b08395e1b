"""What canonical JSON is, asked of an encoder without using it as its own judge."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

Encoder = Callable[[Mapping[str, object]], bytes]

texts = st.text(st.characters(codec="utf-8"), max_size=12)
moments = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.timezones())
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.sampled_from(
    [Decimal("-0.00"), Decimal("1E+5"), Decimal("1E-7"), Decimal("12.30")]
)
floats = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([-0.0, 1e22, 5e-324, 0.1 + 0.2, 1e16])
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), floats, texts, moments, decimals)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(texts, inner, max_size=5)
    ),
    max_leaves=15,
)
objects = st.dictionaries(texts, values, max_size=6)


def violations(encode: Encoder, value: Mapping[str, object]) -> list[str]:
    """What is wrong with how it encodes the value; nothing where it is canonical."""
    encoded = encode(value)
    told: list[str] = []
    numbers: list[str] = []
    decoded = json.loads(
        encoded, object_pairs_hook=lambda pairs: _noted(pairs, told), parse_float=lambda text: _kept(text, numbers)
    )
    told += [f"{text} is not the shortest for {float(text)!r}" for text in numbers if _digits(text) > _shortest(text)]
    told += ["zero is negative" for text in numbers if text.startswith("-") and float(text) == 0]
    told += [] if decoded == meaning(value) else [f"{decoded!r} is not what {value!r} means"]
    told += [] if encode(decoded) == encoded else ["encoding what was decoded gives other bytes"]
    told += [] if encode(_turned(value)) == encoded else ["the order of insertion shows"]
    return told


def plain_instant(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    day = f"{utc.year:04d}-{utc.month:02d}-{utc.day:02d}"
    return f"{day}T{utc.hour:02d}:{utc.minute:02d}:{utc.second:02d}.{utc.microsecond // 1000:03d}Z"


def _noted(pairs: list[tuple[str, object]], told: list[str]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    if keys != sorted(keys):
        told.append(f"keys {keys} are not sorted")
    return dict(pairs)


def _kept(text: str, numbers: list[str]) -> float:
    numbers.append(text)
    return float(text)


def _digits(text: str) -> int:
    mantissa = text.lower().partition("e")[0].lstrip("-").replace(".", "").strip("0")
    return len(mantissa)


def _shortest(text: str) -> int:
    return _digits(repr(float(text)))


def meaning(value: object) -> object:
    """As plain JSON values, in the order of insertion."""
    if isinstance(value, datetime):
        return plain_instant(value)
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return plain.removeprefix("-") if value == 0 else plain
    if isinstance(value, Mapping):
        return {key: meaning(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [meaning(item) for item in value]
    return value


def _turned(value: object) -> object:
    """The same, its keys inserted in the other order."""
    if isinstance(value, Mapping):
        return {key: _turned(value[key]) for key in reversed(list(value))}
    if isinstance(value, list):
        return [_turned(item) for item in value]
    return value
