"""What one poll fetched, each record decoded on its own, so that a broken one cannot condemn its neighbours."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from fidelio_shared.messaging.errors import Rejected, Stale
from fidelio_shared.messaging.records import Incoming

T = TypeVar("T")


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
    """`still_owned` says whether the partitions are this process's still; `check_age` raises Stale where it is old."""

    items: tuple[Decoded[T], ...]
    still_owned: Callable[[], bool]
    check_age: Callable[[], None]

    @property
    def values(self) -> tuple[T, ...]:
        return tuple(item.value for item in self.items)

    @property
    def size_bytes(self) -> int:
        return sum(len(item.record.value or b"") for item in self.items)

    def only(self, items: Iterable[Decoded[T]]) -> "Batch[T]":
        return replace(self, items=tuple(items))

    def check_publishable(self) -> None:
        """Raises Stale: a publication that comes late would leave an old revision as the last of its key."""
        if not self.still_owned():
            raise Stale("the batch's partitions moved to another process")
        self.check_age()


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
