"""Quiet hours by the clocks of all places where a person may be."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from fidelio_notify.domain.playbooks.model import QuietHours
from fidelio_shared.declarations.lengths import time_zone

_DAY = timedelta(days=1)
_CHANGED_CLOCKS = timedelta(hours=1)
_LOOKS_AHEAD = 3 * _DAY
_DAYS_OF_A_YEAR = 366


@lru_cache(maxsize=4096)
def quiet_until(now: datetime, zones: tuple[str, ...], quiet: tuple[QuietHours, ...]) -> datetime | None:
    """The first instant, `now` or later, that is outside all quiet hours in every zone.

    What counts is what the clock on the wall shows then: an hour that is shown twice is quiet twice, one that is left
    out is not waited for. Quiet hours that end when they begin are none. None: no such instant within three days.
    Remembered: whole pages of decisions are judged as of one instant.
    """
    clocks = [(time_zone(zone), hours) for zone in zones for hours in quiet if hours.begins != hours.ends]
    at = now.astimezone(UTC)
    last = at + _LOOKS_AHEAD
    while at <= last:
        later = max((_quiet_up_to(at, zone, hours) for zone, hours in clocks), default=at)
        if later == at:
            return at
        at = later
    return None


def leaves_a_window(zones: tuple[str, ...], quiet: tuple[QuietHours, ...], since: datetime) -> bool:
    """Whether, on every day of the year after `since`, there is a time outside quiet hours in every zone."""
    return all(_is_soon_over(since + day * _DAY, zones, quiet) for day in range(_DAYS_OF_A_YEAR))


def _is_soon_over(at: datetime, zones: tuple[str, ...], quiet: tuple[QuietHours, ...]) -> bool:
    until = quiet_until(at, zones, quiet)
    return until is not None and until - at <= _DAY + _CHANGED_CLOCKS


def _quiet_up_to(at: datetime, zone: ZoneInfo, hours: QuietHours) -> datetime:
    """`at` itself where it is not quiet then; else where quiet hours end, or where the clock is changed before: no zone
    does that twice within a day."""
    clock = at.astimezone(zone).time()
    if not _is_quiet(clock, hours):
        return at
    end = at + _ahead(clock, hours.ends)
    is_changed = end.astimezone(zone).utcoffset() != at.astimezone(zone).utcoffset()
    return _change_of_clock(at, end, zone) if is_changed else end


def _is_quiet(clock: time, hours: QuietHours) -> bool:
    if hours.begins < hours.ends:
        return hours.begins <= clock < hours.ends
    return clock >= hours.begins or clock < hours.ends


def _ahead(clock: time, other: time) -> timedelta:
    """From one time of the day to the next time it is the other."""
    ahead = _since_midnight(other) - _since_midnight(clock)
    return ahead if ahead > timedelta() else ahead + _DAY


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)


def _change_of_clock(after: datetime, until: datetime, zone: ZoneInfo) -> datetime:
    """The first instant with another offset than `after` has: clocks change at full seconds."""
    before, changed = int(after.timestamp()), int(until.timestamp()) + 1
    offset = after.astimezone(zone).utcoffset()
    while changed - before > 1:
        middle = (before + changed) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            before = middle
        else:
            changed = middle
    return datetime.fromtimestamp(changed, UTC)
