"""A run as a series of looks at it, and the figures that it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from fidelio_deploy.errors import StackError

STEADY_FROM = 0.25


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one process: processor time since it began, and the memory that it has."""

    cpu_seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Sample:
    """`at` in seconds of a clock that never goes back; `done` counts records."""

    at: float
    done: int
    usage: Mapping[str, Usage]


@dataclass(frozen=True, slots=True)
class Figures:
    """`cpu_microseconds` per event and `peak_bytes` by process; the rates in events per second."""

    events: int
    rate: float
    steady_rate: float
    cpu_microseconds: Mapping[str, float]
    peak_bytes: Mapping[str, int]

    @property
    def cpu_sum(self) -> float:
        return sum(self.cpu_microseconds.values())


def figures(samples: Sequence[Sample], total: int) -> Figures:
    """The rates count until `total` was done; processor time until the last look, and from the first."""
    first, last = samples[0], samples[-1]
    finished = next((each for each in samples if each.done >= total), last)
    steady = next(each for each in samples if each.done - first.done >= (finished.done - first.done) * STEADY_FROM)
    events = last.done - first.done
    return Figures(
        events=events,
        rate=_rate(first, finished),
        steady_rate=_rate(steady, finished),
        cpu_microseconds={
            name: (after.cpu_seconds - first.usage[name].cpu_seconds) * 1e6 / events
            for name, after in last.usage.items()
        },
        peak_bytes={name: max(each.usage[name].memory_bytes for each in samples) for name in last.usage},
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many percent do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


def _rate(begun: Sample, ended: Sample) -> float:
    if ended.done <= begun.done or ended.at <= begun.at:
        raise StackError("it was over before it could be measured; ask for more --events")
    return (ended.done - begun.done) / (ended.at - begun.at)
