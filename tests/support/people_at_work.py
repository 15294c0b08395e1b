"""Resolve and fold of one database, one batch after the other, until nothing is left to say."""

from collections.abc import Iterable

from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.topics import TIMELINE
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.storage.mongo import Database
from support.profile_steps import RecordingPublisher, a_fold, a_resolver


class People:
    """Resolve and fold over one database; what is `asked` over the API is folded when the test says so."""

    def __init__(self, database: Database) -> None:
        self.database, self.asked = database, RecordingPublisher()
        self.resolver, self.fold = a_resolver(database), a_fold(database)
        self.said: list[Outgoing] = []

    async def say(self, *interactions: Interaction) -> None:
        await self.settle(await self.resolve(*interactions))

    async def resolve(self, *interactions: Interaction) -> list[bytes]:
        """What is on its way to fold then."""
        already = len(self.resolver.published(TIMELINE.name))
        await self.resolver.settle(*map(encode, interactions))
        return self.resolver.published(TIMELINE.name)[already:]

    async def carry_out(self) -> None:
        records = _timeline(self.asked.records)
        self.said += self.asked.records
        self.asked.records.clear()
        await self.settle(records)

    async def settle(self, records: list[bytes]) -> None:
        """And what fold says to itself on other keys, until it says nothing more."""
        while records:
            already = len(self.fold.published(TIMELINE.name))
            await self.fold.settle(*records)
            records = self.fold.published(TIMELINE.name)[already:]


class FoldedAtOnce(RecordingPublisher):
    """As Kafka, and a fold that is never behind."""

    def __init__(self, people: People) -> None:
        super().__init__()
        self._people = people

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        told = list(records)
        await super().publish_all(told)
        await self._people.settle(_timeline(told))


class NeverPublished(RecordingPublisher):
    """As a process that ends before it publishes."""

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        raise Unavailable("kafka")


def _timeline(records: Iterable[Outgoing]) -> list[bytes]:
    return [each.value or b"" for each in records if each.topic == TIMELINE.name]
