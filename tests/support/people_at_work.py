"""Resolve and fold of one database, one batch after the other, until nothing is left to say."""

from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.topics import TIMELINE
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.storage.mongo import Database
from support.profile_steps import RecordingPublisher, a_fold, a_resolver


class People:
    """Resolve and fold over one database; what the API publishes is folded when the test says so."""

    def __init__(self, database: Database) -> None:
        self.database, self.asked = database, RecordingPublisher()
        self.resolver, self.fold = a_resolver(database), a_fold(database)
        self.said: list[Outgoing] = []

    async def say(self, *interactions: Interaction) -> None:
        already = len(self.resolver.published(TIMELINE.name))
        await self.resolver.settle(*map(encode, interactions))
        await self._settle(self.resolver.published(TIMELINE.name)[already:])

    async def carry_out(self) -> None:
        records = [each.value or b"" for each in self.asked.records if each.topic == TIMELINE.name]
        self.said += self.asked.records
        self.asked.records.clear()
        await self._settle(records)

    async def _settle(self, records: list[bytes]) -> None:
        """And what fold says to itself on other keys, until it says nothing more."""
        while records:
            already = len(self.fold.published(TIMELINE.name))
            await self.fold.settle(*records)
            records = self.fold.published(TIMELINE.name)[already:]
