"""Wrong on purpose: notify forgets what it decided for somebody only when it stores for the first time that they were
erased."""

from collections.abc import Sequence

from fidelio_notify.decoding import News
from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_notify.handlers import NotifyHandlers
from fidelio_shared.messaging.batch import Batch, Refusal

_follow_news = NotifyHandlers.follow_news


async def follow_news(self: NotifyHandlers, batch: Batch[News | None]) -> Sequence[Refusal]:
    known = await self.stores.cards.load({each.profile for each in batch.values if each})
    erased = {profile for profile, each in known.items() if each.erased_at}
    left = [
        each for each in batch.items if not (isinstance(each.value, PersonSnapshot) and each.value.profile in erased)
    ]
    return await _follow_news(self, batch.only(left))


NotifyHandlers.follow_news = follow_news  # type: ignore[method-assign]
