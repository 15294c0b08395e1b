"""What notify does with news: it keeps the contact cards, and proposes where a playbook is triggered."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fidelio_notify.adapters.mongo_contacts import MongoContactStore
from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore
from fidelio_notify.decoding import News
from fidelio_notify.domain.contacts import Contact
from fidelio_notify.domain.decisions import propose
from fidelio_notify.domain.playbooks import Playbook, is_triggered
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.scoring import ScoreChanged
from fidelio_shared.messaging.batch import Batch, Refusal

Now = Callable[[], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class NotifyHandlers:
    contacts: MongoContactStore
    decisions: MongoDecisionStore
    playbook: Playbook

    async def follow_news(self, batch: Batch[News]) -> Sequence[Refusal]:
        await self.contacts.save(_latest_contacts(batch.values))
        proposals = [
            (propose(self.playbook, item.value), item.record.partition)
            for item in batch.items
            if isinstance(item.value, ScoreChanged) and is_triggered(self.playbook, item.value)
        ]
        await self.decisions.insert(proposals, stored_at=datetime.now(UTC))
        return ()


def _latest_contacts(news: Sequence[News]) -> Iterable[Contact]:
    latest: dict[ProfileId, Contact] = {}
    for each in news:
        if isinstance(each, Contact):
            known = latest.get(each.profile)
            if known is None or (each.epoch, each.revision) > (known.epoch, known.revision):
                latest[each.profile] = each
    return latest.values()
