"""Bands of risk, with hysteresis: a band is left at a lower risk than it was entered at."""

from dataclasses import dataclass
from enum import StrEnum


class Band(StrEnum):
    LOW = "low"
    WATCH = "watch"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """0 < leave <= enter < 1."""

    enter: float
    leave: float


@dataclass(frozen=True, slots=True)
class Bands:
    """Both thresholds of `watch` lie below those of `high`."""

    watch: Thresholds
    high: Thresholds


def band_for(risk: float, previous: Band | None, bands: Bands) -> Band:
    """The band after `previous`; None, never banded before, enters like `low`. Non-decreasing in risk."""
    if risk >= (bands.high.leave if previous is Band.HIGH else bands.high.enter):
        return Band.HIGH
    if risk >= (bands.watch.enter if previous in (None, Band.LOW) else bands.watch.leave):
        return Band.WATCH
    return Band.LOW
