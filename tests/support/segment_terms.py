"""Words of the language of segments that several conditions share: lengths, bounds, values, ages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

Said = Mapping[str, Any]  # Any: the file as YAML reads it
_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}


def ends(at: datetime, length: str | Said) -> datetime:
    """When something that began then is over."""
    if isinstance(length, str):
        count, unit = length.split(" ")
        return at + timedelta(seconds=int(count) * _UNITS[unit.removesuffix("s")])
    return midnight(at, length["calendar_days"], length["zone"])


@cache
def midnight(at: datetime, days: int, zone: str) -> datetime:
    """The first minute that shows the day, found by looking at the clock."""
    there = ZoneInfo(zone)
    wanted = at.astimezone(there).date() + timedelta(days=days)
    look = (at + timedelta(days=days - 3)).replace(second=0, microsecond=0)
    while look.astimezone(there).date() < wanted:
        look += timedelta(minutes=1)
    return look.astimezone(UTC)


def is_in(bounds: Said, value: Any) -> bool:
    tests: Mapping[str, Callable[[Any, Any], bool]] = {
        "at_least": lambda one, other: one >= other,
        "at_most": lambda one, other: one <= other,
        "more_than": lambda one, other: one > other,
        "less_than": lambda one, other: one < other,
        "is": lambda one, other: one == other,
    }
    return value is not None and all(test(value, bounds[name]) for name, test in tests.items() if name in bounds)


def is_one_of(said: Said, values: Sequence[Any]) -> bool:
    if "exists" in said:
        return any(each is not None for each in values) is said["exists"]
    wanted = said.get("in", said.get("is"))
    listed = wanted if isinstance(wanted, list) else [wanted]
    return any(isinstance(one, bool) is isinstance(other, bool) and one == other for one in values for other in listed)


def has_age(said: Said, at: datetime | None, now: datetime) -> bool:
    if at is None:
        return False
    old = "at_least" not in said or now >= ends(at, said["at_least"])
    return old and ("less_than" not in said or now < ends(at, said["less_than"]))
