"""Topics in memory: partitions in order, and how far each group has committed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Topic(Generic[T]):
    logs: list[list[T]]
    committed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.committed = [0] * len(self.logs)

    def fetch(self, partitions: Sequence[int], most: int) -> tuple[list[T], dict[int, int]]:
        """So many records of each partition, and the offsets after them."""
        batch: list[T] = []
        offsets: dict[int, int] = {}
        for each in partitions:
            records = self.logs[each][self.committed[each] :][:most]
            batch += records
            offsets[each] = self.committed[each] + len(records)
        return batch, offsets

    def commit(self, offsets: dict[int, int]) -> None:
        for partition, offset in offsets.items():
            self.committed[partition] = offset

    @property
    def is_drained(self) -> bool:
        return self.committed == [len(each) for each in self.logs]


def a_topic(partitions: int) -> Topic[T]:
    return Topic([[] for _ in range(partitions)])
