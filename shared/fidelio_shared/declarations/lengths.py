"""Lengths of time: so many seconds, or so many days of a calendar.

Everywhere, what is bounded by a length from an instant has ended exactly at instant + length, not a millisecond later.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from fidelio_shared.declarations.words import Words

LONGEST = timedelta(days=7320)
_MILLISECOND = timedelta(milliseconds=1)
_LENGTH = re.compile(r"([1-9][0-9]{0,7}) (second|minute|hour|day|week)s?")
_FRENCH = {"second": "seconde", "minute": "minute", "hour": "heure", "day": "jour", "week": "semaine"}


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A day is 86,400 seconds, whatever clocks do."""

    count: int
    unit: str
    span: timedelta

    def after(self, at: datetime) -> datetime:
        return at + self.span

    @property
    def words(self) -> Words:
        plural = "" if self.count == 1 else "s"
        return Words(f"{self.count} {self.unit}{plural}", f"{self.count} {_FRENCH[self.unit]}{plural}")


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """Until the day so many days after that of the instant begins where `zone` is the time."""

    days: int
    zone: str

    def after(self, at: datetime) -> datetime:
        return first_instant(at.astimezone(time_zone(self.zone)).date() + timedelta(days=self.days), self.zone)

    @property
    def words(self) -> Words:
        return Words(f"{self.days} calendar days ({self.zone})", f"{self.days} jours calendaires ({self.zone})")


Length = Elapsed | CalendarDays


def elapsed(text: str) -> Elapsed | None:
    """None for what is no length of time, none up to `LONGEST`, or no whole one."""
    told = _LENGTH.fullmatch(text)
    if told is None:
        return None
    span = int(told[1]) * timedelta(**{f"{told[2]}s": 1})
    return Elapsed(int(told[1]), told[2], span) if span <= LONGEST else None


def is_time_zone(name: str) -> bool:
    return name in _zone_names()


@lru_cache(maxsize=1024)
def time_zone(name: str) -> ZoneInfo:
    """Of the pinned package, not of the machine: every process must know the same."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as stream:
        return ZoneInfo.from_file(stream, name)


@lru_cache(maxsize=4096)
def first_instant(day: date, zone: str) -> datetime:
    """The first at which a clock there shows this day or a later one: midnight, or where the clock jumps over it."""
    midnight = datetime.combine(day, time(), time_zone(zone))
    found = midnight.astimezone(UTC)
    if found.astimezone(midnight.tzinfo).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return found
    before = midnight.replace(fold=1).astimezone(UTC)
    while found - before > _MILLISECOND:
        middle = before + (found - before) // (2 * _MILLISECOND) * _MILLISECOND
        if middle.astimezone(midnight.tzinfo).date() >= day:
            found = middle
        else:
            before = middle
    return found


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text().split())
