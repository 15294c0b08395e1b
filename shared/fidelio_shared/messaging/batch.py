"""What one poll fetched, each record decoded on its own, so that a broken one cannot condemn its neighbours."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from fidelio_shared.messaging.errors import Rejected, Stale
from fidelio_shared.messaging.records import Incoming

T = TypeVar("T")
MAX_AGE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Decoded(Generic[T]):
    record: Incoming
    value: T

    def refuse(self, rejected: Rejected) -> "Refusal":
        return Refusal(self.record, rejected)


@dataclass(frozen=True, slots=True)
class Refusal:
    record: Incoming
    rejected: Rejected


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """`still_owned` says whether the partitions are this process's still; `age_seconds` how long ago it was fetched."""

    items: tuple[Decoded[T], ...]
    still_owned: Callable[[], bool]
    age_seconds: Callable[[], float]

    @property
    def values(self) -> tuple[T, ...]:
        return tuple(item.value for item in self.items)

    def only(self, items: Iterable[Decoded[T]]) -> "Batch[T]":
        return replace(self, items=tuple(items))

    def check_publishable(self) -> None:
        """Raises Stale: a publication that comes late would leave an old revision as the last of its key."""
        if not self.still_owned():
            raise Stale("the batch's partitions moved to another process")
        check_age(self.age_seconds())


def check_age(seconds: float) -> None:
    """Raises Stale where what was read so long ago might be another process's by now."""
    if seconds > MAX_AGE_SECONDS:
        raise Stale(f"the batch was fetched over {MAX_AGE_SECONDS:.0f} s ago")


def decode_all(
    records: Sequence[Incoming], decode: Callable[[Incoming], T]
) -> tuple[tuple[Decoded[T], ...], list[Refusal]]:
    decoded: list[Decoded[T]] = []
    refusals: list[Refusal] = []
    for record in records:
        try:
            decoded.append(Decoded(record, decode(record)))
        except Rejected as rejected:
            refusals.append(Refusal(record, rejected))
    return tuple(decoded), refusals
