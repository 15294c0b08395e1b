"""When clocks were changed, read from the time zone database itself."""

import struct
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

_HEADER = struct.Struct(">4s c 15x 6L")
_TYPE = struct.Struct(">l b B")


@lru_cache(maxsize=1024)
def changes_of(zone: str) -> tuple[datetime, ...]:
    """Every instant at which the offset became another one, as far as the file tells them one by one (RFC 9636)."""
    data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    _, _, is_utc, is_std, leaps, times, types, letters = _HEADER.unpack_from(data)
    second = _HEADER.size + times * 5 + types * 6 + letters + leaps * 8 + is_std + is_utc
    *_, times, types, _ = _HEADER.unpack_from(data, second)
    start = second + _HEADER.size
    instants = struct.unpack_from(f">{times}q", data, start)
    which = struct.unpack_from(f">{times}B", data, start + 8 * times)
    offsets = [_TYPE.unpack_from(data, start + 9 * times + _TYPE.size * each)[0] for each in range(types)]
    shown = [offsets[0], *(offsets[each] for each in which)]
    return tuple(
        datetime.fromtimestamp(at, UTC)
        for at, before, after in zip(instants, shown, shown[1:], strict=False)
        if before != after and at >= 0
    )
