"""Nobody is woken up: quiet hours by the clocks of the places where a person may be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_notify.domain.gates import local_time
from fidelio_notify.domain.gates.local_time import leaves_a_window, quiet_until
from fidelio_notify.domain.playbooks.model import PACIFIC_TO_EASTERN_EUROPE, QuietHours
from fidelio_shared.declarations.lengths import _zone_names, time_zone
from support.clock_changes import changes_of
from support.effort import CI
from support.gate_cases import at, hours

NIGHT = "21:00-08:00"
SAME = "the same instant"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


TABLE = [
    ("by day", "Europe/Paris", NIGHT, "2026-01-15T12:00Z", SAME),
    ("by night in winter", "Europe/Paris", NIGHT, "2026-01-15T22:30Z", "2026-01-16T07:00Z"),
    ("by night in summer", "Europe/Paris", NIGHT, "2026-07-15T19:30Z", "2026-07-16T06:00Z"),
    ("after midnight", "Europe/Paris", NIGHT, "2026-01-16T00:30Z", "2026-01-16T07:00Z"),
    ("it begins", "Europe/Paris", NIGHT, "2026-07-15T19:00Z", "2026-07-16T06:00Z"),
    ("it is about to begin", "Europe/Paris", NIGHT, "2026-07-15T18:59:59.999Z", SAME),
    ("it has ended", "Europe/Paris", NIGHT, "2026-07-16T06:00Z", SAME),
    ("it is about to end", "Europe/Paris", NIGHT, "2026-07-16T05:59:59.999Z", "2026-07-16T06:00Z"),
    ("within a day", "Europe/Madrid", "13:00-15:00", "2026-06-01T11:30Z", "2026-06-01T13:00Z"),
    ("begins when it ends", "Europe/Paris", "08:00-08:00", "2026-06-01T06:00Z", SAME),
    ("until midnight", "Europe/Paris", "21:00-00:00", "2026-06-01T20:00Z", "2026-06-01T22:00Z"),
    ("from midnight", "Europe/Paris", "00:00-08:00", "2026-06-01T22:00Z", "2026-06-02T06:00Z"),
    ("one hour less", "Europe/Paris", NIGHT, "2026-03-28T22:00Z", "2026-03-29T06:00Z"),
    ("ends while no clock shows it", "Europe/Paris", "22:00-02:30", "2026-03-29T00:30Z", "2026-03-29T01:00Z"),
    ("before it begins unseen", "Europe/Paris", "02:30-06:00", "2026-03-29T00:59Z", SAME),
    ("begins unseen", "Europe/Paris", "02:30-06:00", "2026-03-29T01:00Z", "2026-03-29T04:00Z"),
    ("left out altogether", "Europe/Paris", "02:10-02:50", "2026-03-29T01:00Z", SAME),
    ("one hour more", "Europe/Paris", NIGHT, "2026-10-24T20:00Z", "2026-10-25T07:00Z"),
    ("ends twice, the first", "Europe/Paris", "22:00-02:30", "2026-10-25T00:15Z", "2026-10-25T00:30Z"),
    ("between two ends", "Europe/Paris", "22:00-02:30", "2026-10-25T00:45Z", SAME),
    ("ends twice, the second", "Europe/Paris", "22:00-02:30", "2026-10-25T01:10Z", "2026-10-25T01:30Z"),
    ("shown twice at a stretch", "Europe/Paris", "02:00-03:00", "2026-10-25T00:30Z", "2026-10-25T02:00Z"),
    ("begins twice", "Europe/Paris", "02:30-06:00", "2026-10-25T00:40Z", "2026-10-25T01:00Z"),
    ("one hour less", "America/New_York", NIGHT, "2026-03-08T03:00Z", "2026-03-08T12:00Z"),
    ("one hour more", "America/New_York", NIGHT, "2026-11-01T02:00Z", "2026-11-01T13:00Z"),
    ("half an hour", "Asia/Kolkata", NIGHT, "2026-05-01T16:00Z", "2026-05-02T02:30Z"),
    ("three quarters", "Asia/Kathmandu", NIGHT, "2026-05-01T16:00Z", "2026-05-02T02:15Z"),
    ("three quarters", "Australia/Eucla", NIGHT, "2026-06-01T13:00Z", "2026-06-01T23:15Z"),
    ("three quarters in winter", "Pacific/Chatham", NIGHT, "2026-06-01T10:00Z", "2026-06-01T19:15Z"),
    ("three quarters in summer", "Pacific/Chatham", NIGHT, "2026-01-01T10:00Z", "2026-01-01T18:15Z"),
    ("three quarters, one less", "Pacific/Chatham", NIGHT, "2026-09-26T10:00Z", "2026-09-26T18:15Z"),
    ("half an hour west", "America/St_Johns", NIGHT, "2026-01-10T01:00Z", "2026-01-10T11:30Z"),
    ("half an hour west, one less", "America/St_Johns", NIGHT, "2026-03-08T01:00Z", "2026-03-08T10:30Z"),
    ("half an hour far west", "Pacific/Marquesas", NIGHT, "2026-03-01T07:00Z", "2026-03-01T17:30Z"),
    ("half an hour, one more", "Australia/Adelaide", NIGHT, "2026-04-04T11:00Z", "2026-04-04T22:30Z"),
    ("half an hour less", "Australia/Lord_Howe", NIGHT, "2026-10-03T11:00Z", "2026-10-03T21:00Z"),
    ("half an hour more", "Australia/Lord_Howe", NIGHT, "2026-04-04T10:30Z", "2026-04-04T21:30Z"),
    ("ends unseen", "Australia/Lord_Howe", "22:00-02:15", "2026-10-03T15:00Z", "2026-10-03T15:30Z"),
    ("between two ends", "Australia/Lord_Howe", "22:00-01:45", "2026-04-04T14:50Z", SAME),
    ("ends again", "Australia/Lord_Howe", "22:00-01:45", "2026-04-04T15:05Z", "2026-04-04T15:15Z"),
    ("where the day is first", "Pacific/Kiritimati", NIGHT, "2026-03-01T08:00Z", "2026-03-01T18:00Z"),
    ("where the day is last", "Pacific/Pago_Pago", NIGHT, "2026-03-01T08:30Z", "2026-03-01T19:00Z"),
    ("30 December 2011 was none", "Pacific/Apia", NIGHT, "2011-12-30T08:00Z", "2011-12-30T18:00Z"),
    ("midnight to another date", "Pacific/Apia", "22:00-00:00", "2011-12-30T08:00Z", "2011-12-30T10:00Z"),
    ("30 December 2011 was none", "Pacific/Fakaofo", NIGHT, "2011-12-30T09:00Z", "2011-12-30T19:00Z"),
    ("21 August 1993 was none", "Pacific/Kwajalein", NIGHT, "1993-08-21T10:00Z", "1993-08-21T20:00Z"),
    ("Ramadan begins", "Africa/Casablanca", NIGHT, "2026-02-14T21:00Z", "2026-02-15T08:00Z"),
    ("Ramadan ends", "Africa/Casablanca", NIGHT, "2026-03-21T22:00Z", "2026-03-22T07:00Z"),
    ("Ramadan, between", "Africa/Casablanca", "22:00-02:30", "2026-02-15T01:45Z", SAME),
    ("Ramadan, again", "Africa/Casablanca", "22:00-02:30", "2026-02-15T02:10Z", "2026-02-15T02:30Z"),
    ("two hours less", "Antarctica/Troll", NIGHT, "2026-03-28T22:00Z", "2026-03-29T06:00Z"),
    ("two hours more", "Antarctica/Troll", NIGHT, "2026-10-24T21:00Z", "2026-10-25T08:00Z"),
    ("another offset for good", "Europe/Volgograd", NIGHT, "2020-12-26T18:00Z", "2020-12-27T05:00Z"),
    ("another offset for good", "Asia/Pyongyang", NIGHT, "2018-05-04T13:00Z", "2018-05-04T23:00Z"),
    ("another offset for good", "Africa/Juba", NIGHT, "2021-01-31T19:00Z", "2021-02-01T06:00Z"),
    ("another offset for good", "Asia/Almaty", NIGHT, "2024-02-29T16:00Z", "2024-03-01T03:00Z"),
    ("another offset for good", "America/Caracas", NIGHT, "2016-05-01T03:00Z", "2016-05-01T12:00Z"),
    ("no midnight", "America/Sao_Paulo", "22:00-00:30", "2018-11-04T02:00Z", "2018-11-04T03:00Z"),
    ("no midnight", "Africa/Cairo", "22:00-00:30", "2026-04-23T21:00Z", "2026-04-23T22:00Z"),
    ("no midnight", "America/Santiago", NIGHT, "2026-09-06T02:00Z", "2026-09-06T11:00Z"),
    ("no midnight", "America/Havana", NIGHT, "2026-03-08T03:00Z", "2026-03-08T12:00Z"),
    ("two midnights, between", "America/Havana", "22:00-00:30", "2025-11-02T04:45Z", SAME),
    ("two midnights, the second", "America/Havana", "22:00-00:30", "2025-11-02T05:10Z", "2025-11-02T05:30Z"),
    ("in 2026 one midnight only", "America/Havana", "22:00-00:30", "2026-11-01T05:10Z", SAME),
    ("an old name", "US/Eastern", NIGHT, "2026-01-16T02:00Z", "2026-01-16T13:00Z"),
    (
        "coast to coast, early",
        "America/New_York America/Los_Angeles",
        NIGHT,
        "2026-01-15T13:00Z",
        "2026-01-15T16:00Z",
    ),
    ("coast to coast, day", "America/New_York America/Los_Angeles", NIGHT, "2026-01-16T01:30Z", SAME),
    (
        "coast to coast, late",
        "America/New_York America/Los_Angeles",
        NIGHT,
        "2026-01-16T02:00Z",
        "2026-01-16T16:00Z",
    ),
    ("antipodes, at night", "Europe/Paris Pacific/Auckland", NIGHT, "2026-01-15T09:00Z", "2026-01-15T19:00Z"),
    ("antipodes, by day", "Europe/Paris Pacific/Auckland", NIGHT, "2026-01-15T20:30Z", "2026-01-16T07:00Z"),
    ("nowhere in particular", "", NIGHT, "2026-01-15T23:00Z", SAME),
]


@pytest.mark.parametrize(("title", "zones", "quiet", "now", "until"), TABLE)
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(
    title: str, zones: str, quiet: str, now: str, until: str
) -> None:
    assert _found(zones, quiet, now) == at(now if until == SAME else until), title


def _found(zones: str, quiet: str, now: str) -> datetime | None:
    return quiet_until(at(now), tuple(zones.split()), (hours(quiet),))


def _clocks_are_never_changed(at: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    clock = at.astimezone(zone).time()
    return at + local_time._ahead(clock, quiet.ends) if local_time._is_quiet(clock, quiet) else at


def _by_the_calendar(at: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    """What the clock shows at the end, whether it ever does, or twice."""
    here = at.astimezone(zone)
    if not local_time._is_quiet(here.time(), quiet):
        return at
    end = datetime.combine(here.date(), quiet.ends, zone)
    return (end if end > here else end + DAY).astimezone(UTC)


def _by_the_calendar_the_second_time(at: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    end = _by_the_calendar(at, zone, quiet)
    return end if end == at else end.astimezone(zone).replace(fold=1).astimezone(UTC)


@pytest.fixture
def _nothing_is_remembered() -> Iterator[None]:
    quiet_until.cache_clear()
    yield
    quiet_until.cache_clear()


@pytest.mark.parametrize(
    "instead",
    [_clocks_are_never_changed, _by_the_calendar, _by_the_calendar_the_second_time],
    ids=lambda each: each.__name__,
)
@pytest.mark.usefixtures("_nothing_is_remembered")
def test_a_wrong_clock_is_found_out(instead: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_time, "_quiet_up_to", instead)
    assert any(_found(*row[1:4]) != at(row[3] if row[4] == SAME else row[4]) for row in TABLE)


def test_hours_that_follow_each_other_are_one_quiet_time() -> None:
    quiet = (hours("12:00-14:00"), hours("14:00-15:30"), hours("21:00-08:00"))
    assert quiet_until(at("2026-01-15T11:10Z"), ("Europe/Paris",), quiet) == at("2026-01-15T14:30Z")


def test_where_it_is_never_day_for_all_there_is_no_instant() -> None:
    around_the_earth = ("Pacific/Kiritimati", "Asia/Kolkata", "Europe/London", "Pacific/Pago_Pago")
    assert quiet_until(at("2026-01-15T12:00Z"), around_the_earth, (hours(NIGHT),)) is None


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-15T12:00Z", "2026-01-15T16:00Z"),
        ("2026-01-15T16:00Z", "2026-01-15T16:00Z"),
        ("2026-01-15T19:00Z", "2026-01-16T16:00Z"),
        ("2026-07-15T12:00Z", "2026-07-15T15:00Z"),
        ("2026-07-15T18:00Z", "2026-07-16T15:00Z"),
        ("2026-03-15T12:00Z", "2026-03-15T15:00Z"),
        ("2026-03-15T18:59Z", "2026-03-15T18:59Z"),
    ],
)
def test_somebody_who_may_be_anywhere_is_written_to_when_it_is_day_everywhere(now: str, until: str) -> None:
    assert quiet_until(at(now), PACIFIC_TO_EASTERN_EUROPE, (hours(NIGHT),)) == at(until)


@pytest.mark.parametrize(
    ("quiet", "has_window"),
    [("21:00-08:00", True), ("20:00-09:00", True), ("19:00-10:00", False), ("08:00-08:00", True)],
)
def test_the_zones_that_hold_unless_others_are_declared_leave_a_window_every_day(quiet: str, has_window: bool) -> None:
    assert leaves_a_window(PACIFIC_TO_EASTERN_EUROPE, (hours(quiet),), at("2026-01-01T00:00Z")) is has_window


def test_a_window_that_is_only_there_in_summer_is_none() -> None:
    zones = ("America/Los_Angeles", "Europe/Moscow")
    assert [
        leaves_a_window(zones, (hours(each),), at("2026-01-01T00:00Z")) for each in ("20:00-08:00", "19:00-08:00")
    ] == [True, False]


def test_no_zone_changed_its_clock_twice_within_a_day_and_a_half() -> None:
    """What the search for the end of quiet hours relies on."""
    twice = [
        (zone, before)
        for zone in _zone_names()
        for before, after in pairwise(changes_of(zone))
        if after - before < 1.5 * DAY
    ]
    assert twice == []


@st.composite
def _moments(draw: st.DrawFn) -> tuple[tuple[str, ...], datetime]:
    """Around a change of the clock in the first zone."""
    zones = draw(st.lists(st.sampled_from(sorted(_zone_names())), min_size=1, max_size=2))
    changes = [each for each in changes_of(zones[0]) if each.year >= 1973] or [at("2026-03-29T01:00Z")]
    return tuple(zones), draw(st.sampled_from(changes)) + draw(st.integers(-1500, 300)) * MINUTE


_clock = st.integers(0, 287).map(lambda k: f"{k // 12:02}:{k % 12 * 5:02}")


@CI
@given(_moments(), st.lists(st.builds("{}-{}".format, _clock, _clock).map(hours), min_size=1, max_size=2).map(tuple))
def test_quiet_hours_end_when_a_look_at_the_clock_every_minute_says_so(
    moment: tuple[tuple[str, ...], datetime], quiet: tuple[QuietHours, ...]
) -> None:
    zones, now = moment
    assert quiet_until(now, zones, quiet) == _looked_up(now, zones, quiet)


def _looked_up(now: datetime, zones: tuple[str, ...], quiet: tuple[QuietHours, ...]) -> datetime | None:
    coming = (now + k * MINUTE for k in range(3 * 1440 + 1))
    return next((each for each in coming if not any(_is_quiet(each, zone, quiet) for zone in zones)), None)


def _is_quiet(instant: datetime, zone: str, quiet: tuple[QuietHours, ...]) -> bool:
    clock = _minutes(instant.astimezone(time_zone(zone)))
    return any(
        (clock - _minutes(each.begins)) % 1440 < (_minutes(each.ends) - _minutes(each.begins)) % 1440 for each in quiet
    )


def _minutes(clock: object) -> int:
    return clock.hour * 60 + clock.minute  # type: ignore[attr-defined, no-any-return]
