"""Resolve and fold over one database, side by side with the API: what one says is carried out to the end."""

from collections.abc import Iterable

from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.topics import TIMELINE
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.storage.mongo import Database
from support.profile_steps import RecordingPublisher, a_fold, a_resolver


class PeopleSteps:
    def __init__(self, database: Database) -> None:
        self.resolver, self.fold = a_resolver(database), a_fold(database)

    async def tell(self, *interactions: Interaction) -> None:
        """One after the other, each folded before the next is resolved."""
        for each in interactions:
            await self.carry_out(await self.resolve(each))

    async def resolve(self, *interactions: Interaction) -> list[bytes]:
        """What is on its way to fold then."""
        before = len(self.resolver.published(TIMELINE.name))
        await self.resolver.settle(*map(encode, interactions))
        return self.resolver.published(TIMELINE.name)[before:]

    async def carry_out(self, records: list[bytes]) -> None:
        """With all that fold says of it to other keys."""
        while records:
            before = len(self.fold.published(TIMELINE.name))
            await self.fold.settle(*records)
            assert (self.fold.dead_letters(), self.fold.halts) == ({}, [])
            records = self.fold.published(TIMELINE.name)[before:]


class FoldedAtOnce(RecordingPublisher):
    """As Kafka, and a fold that is never behind."""

    def __init__(self, steps: PeopleSteps) -> None:
        super().__init__()
        self._steps = steps

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        told = list(records)
        await super().publish_all(told)
        await self._steps.carry_out([each.value or b"" for each in told if each.topic == TIMELINE.name])


class NeverPublished(RecordingPublisher):
    """As a process that ends before it publishes."""

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        raise Unavailable("kafka")
