"""What notify does with news: it keeps the contact cards, and proposes where a playbook is triggered."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fidelio_notify.adapters.mongo_contacts import MongoContactStore
from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore
from fidelio_notify.decoding import News
from fidelio_notify.domain.check_in import Playbook
from fidelio_notify.domain.contacts import Contact
from fidelio_notify.domain.decisions import Proposal, propose
from fidelio_notify.records import confirmation_records
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.scoring import ScoreChanged
from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.publisher import Publisher

Now = Callable[[], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class NotifyHandlers:
    contacts: MongoContactStore
    decisions: MongoDecisionStore
    playbook: Playbook
    publisher: Publisher

    async def follow_news(self, batch: Batch[News | None]) -> Sequence[Refusal]:
        await self.contacts.save(_latest_contacts(batch.values))
        await self._forget([each for each in batch.values if isinstance(each, Contact) and each.erased_at])
        proposals = [
            (proposal, item.record.partition)
            for item in batch.items
            if isinstance(item.value, ScoreChanged) and (proposal := propose(self.playbook, item.value))
        ]
        await self.decisions.insert(await self._without_erased(proposals), stored_at=datetime.now(UTC))
        return ()

    async def _forget(self, erased: Sequence[Contact]) -> None:
        """Confirmed again where it comes again: a process may have ended before it said so."""
        if erased:
            await self.decisions.forget(each.profile for each in erased)
            await self.publisher.publish_all(confirmation_records(erased))

    async def _without_erased(self, proposals: Sequence[tuple[Proposal, int]]) -> Sequence[tuple[Proposal, int]]:
        if not proposals:
            return ()
        contacts = await self.contacts.load({proposal.profile for proposal, _ in proposals})
        erased = {profile for profile, contact in contacts.items() if contact.erased_at}
        return [each for each in proposals if each[0].profile not in erased]


def _latest_contacts(news: Sequence[News | None]) -> Iterable[Contact]:
    latest: dict[ProfileId, Contact] = {}
    for each in news:
        if isinstance(each, Contact):
            known = latest.get(each.profile)
            if known is None or (each.epoch, each.revision) > (known.epoch, known.revision):
                latest[each.profile] = each
    return latest.values()
