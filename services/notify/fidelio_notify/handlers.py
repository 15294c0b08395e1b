"""What notify does with news: it keeps the cards, and proposes where a playbook is triggered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fidelio_notify.adapters.mongo_decisions import Proposed
from fidelio_notify.decoding import News
from fidelio_notify.domain.cards import Card, PersonSnapshot, card_from
from fidelio_notify.domain.decisions import due_at, proposed
from fidelio_notify.domain.playbooks.model import Playbooks
from fidelio_notify.domain.playbooks.triggers import proposals, unfired
from fidelio_notify.domain.proposals import Proposal
from fidelio_notify.domain.uplift.exposures import happened_since, marks
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.records import confirmation_records
from fidelio_notify.stores import Stores
from fidelio_notify.times import Times
from fidelio_shared.contracts.scoring import SegmentChanged
from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.publisher import Publisher


@dataclass(frozen=True, slots=True)
class NotifyHandlers:
    """`count_unfired`: decisions that there would be, were their causes no history."""

    stores: Stores
    in_use: PlaybooksInUse
    publisher: Publisher
    times: Times
    count_unfired: Callable[[int], None]

    async def follow_news(self, batch: Batch[News | None]) -> Sequence[Refusal]:
        news = [each for each in batch.values if each is not None]
        await self.stores.cards.save(news)
        await self._forget([card_from(each) for each in news if isinstance(each, PersonSnapshot) and each.erased_at])
        await self._propose(batch)
        await self._mark(news)
        return ()

    async def _forget(self, erased: Sequence[Card]) -> None:
        """Confirmed again where it comes again: a process may have ended before it said so."""
        if erased:
            profiles = [each.profile for each in erased]
            for store in self.stores.of_people:
                await store.forget(profiles)
            await self.publisher.publish_all(confirmation_records(erased))

    async def _propose(self, batch: Batch[News | None]) -> None:
        """By the playbooks as they are now, whatever is put into use meanwhile. Of somebody who was erased, nothing is
        kept, whatever else is said of them."""
        playbooks, triggers = self.in_use.playbooks, self.in_use.triggers
        items = [(item.value, item.record.partition) for item in batch.items if item.value is not None]
        self.count_unfired(sum(unfired(triggers, news) for news, _ in items))
        found = [(each, partition) for news, partition in items for each in proposals(triggers, news)]
        if found:
            cards = await self.stores.cards.load({each.profile for each, _ in found})
            erased = {profile for profile, card in cards.items() if card.erased_at}
            await self._store([each for each in found if each[0].profile not in erased], playbooks)

    async def _store(self, found: Sequence[tuple[Proposal, int]], playbooks: Playbooks) -> None:
        now = self.times.wall()
        await self.stores.masses.add({each.mass for each, _ in found if each.mass}, at=now)
        await self.stores.decisions.insert((_proposed(*each, playbooks) for each in found), stored_at=now)

    async def _mark(self, news: Sequence[News]) -> None:
        """What comes of those whom a playbook wrote to, or held out."""
        told = [each for each in news if not isinstance(each, SegmentChanged)]
        since = happened_since(told)
        if since is None:
            return
        people = {each.profile for each in told}
        members = await self.stores.cards.members(people)
        everybody = people | {each for theirs in members.values() for each in theirs}
        exposures = await self.stores.exposures.open_of(everybody, since=since)
        if exposures:
            await self.stores.exposures.mark(marks(exposures, told, members))


def _proposed(proposal: Proposal, partition: int, playbooks: Playbooks) -> Proposed:
    playbook = playbooks.playbook(proposal.playbook)
    assert playbook
    decision = proposed(proposal, playbook, playbooks)
    return Proposed(decision, partition, due_at(decision, playbooks.policy.gather))
