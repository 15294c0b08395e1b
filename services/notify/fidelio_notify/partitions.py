"""Which partition a person's key is on."""

from dataclasses import dataclass

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.publisher import partition_of_key


@dataclass(slots=True)
class Partitions:
    """`count`: of `profiles`, `scores` and `segments` alike; known as soon as Kafka has been asked."""

    count: int = 1

    def of(self, profile: ProfileId) -> int:
        return partition_of_key(profile.encode(), self.count)
