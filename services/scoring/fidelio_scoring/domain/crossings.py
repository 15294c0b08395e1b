"""When the band changes if nothing happens: found without scanning, and provably the first time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.churn import GONE, Behaviour, ChurnModel, heads_for
from fidelio_scoring.domain.crossings_in_silence import InSilence
from fidelio_scoring.domain.crossings_on_minutes import OnMinutes, curves_of

LOOK_AHEAD_DAYS = 20 * 365
LEAPS_DAYS = (112, 14)
"""Tried first, the longer one first: one look ahead settles most customers."""
SPANS_SEARCHED = 2
"""Three days: a change within them is looked for, a later one is left for a later look."""


def next_band_change(behaviour: Behaviour, band: Band, *, after: datetime, model: ChurnModel) -> datetime | None:
    """The first instant after `after` at which `judge` leaves `band` if nothing happens; None beyond 20 years.

    Of somebody of whom only purchases are known, to the millisecond. Where signals fade, the risk may fall and rise:
    then it is looked at on whole minutes (UTC), and the first of those is found. Neither depends on where the search
    begins, so reviews are the same however snapshots were cut into batches.
    """
    search = _search(behaviour, band, model)
    if search is None:
        return None
    start = search.tick(after)
    for low, high in _spans(search, start, _horizon(search, start)):
        if not search.stays(low, high) and (found := search.first_in(low, high)) is not None:
            return search.instant(found)
    return None


def next_band_look(
    behaviour: Behaviour, band: Band, *, after: datetime, before: datetime | None, model: ChurnModel
) -> datetime | None:
    """`next_band_change` where it is near or only purchases are known; else an instant before it, up to which the band
    provably stays: most customers are heard of again before it comes, and to know it would be work for nothing.

    `before`: when they are looked at anyhow. None where the band stays until then, or for good, as the highest does
    where only purchases are known: silence does not lower a risk.
    """
    search = _search(behaviour, band, model)
    if search is None:
        return None
    start = search.tick(after)
    limit = search.tick(before) if before else _horizon(search, start)
    if isinstance(search, OnMinutes):
        return _look_on_minutes(search, start, limit)
    if band is Band.HIGH or search.stays(start, limit):
        return None
    return next_band_change(behaviour, band, after=after, model=model)


def _look_on_minutes(search: OnMinutes, start: int, limit: int) -> datetime | None:
    leaps = [min(start + days * search.ticks_a_day, limit) for days in LEAPS_DAYS]
    for far in dict.fromkeys(leaps):
        if search.stays(start, far):
            return None if far == limit else search.instant(far)
    for number, (low, high) in enumerate(_spans(search, start, limit)):
        if search.stays(low, high):
            continue
        if number >= SPANS_SEARCHED:
            return search.instant(low)
        if (found := search.first_in(low, high)) is not None:
            return search.instant(found)
    return None


class _Search(Protocol):
    """Over whole ticks since some instant."""

    @property
    def ticks_a_day(self) -> int: ...
    def tick(self, at: datetime) -> int: ...
    def instant(self, tick: int) -> datetime: ...
    def stays(self, low: int, high: int) -> bool:
        """Whether the band is provably the same in (low, high]."""

    def first_in(self, low: int, high: int) -> int | None:
        """The first tick in (low, high] of another band."""


def _search(behaviour: Behaviour, band: Band, model: ChurnModel) -> _Search | None:
    heads = heads_for(behaviour, model)
    if not heads:
        return None
    if behaviour.purchases and behaviour.silence and all(head.name == GONE for head in heads):
        return InSilence(behaviour.purchases, behaviour.silence, heads, band, model.bands)
    return OnMinutes(behaviour, curves_of(behaviour, heads), band, model)


def _horizon(search: _Search, start: int) -> int:
    return start + LOOK_AHEAD_DAYS * search.ticks_a_day


def _spans(search: _Search, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A day, and then each as long as all before it together."""
    low, step = start, search.ticks_a_day
    while low < end:
        high = min(low + step, end)
        yield low, high
        low, step = high, step * 2
