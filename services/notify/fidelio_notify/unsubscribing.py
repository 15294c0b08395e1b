"""Whoever uses an unsubscribe address is not written to any more, from that moment on, and their consent says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_notify.domain.unsubscribing import Unsubscription, read_token, unsubscribe_record
from fidelio_notify.domain.unwanted import Unwanted
from fidelio_notify.recipients import Recipient, Recipients
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.stream_clock import ReadTime


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """`keys`: those that sign tokens; the later ones are former keys, which still count."""

    keys: Sequence[bytes]
    recipients: Recipients
    unwanted: MongoUnwanted
    publisher: Publisher
    now: ReadTime

    def read(self, token: str) -> Unsubscription | None:
        return read_token(self.keys, token)

    async def language(self, wanted: Unsubscription) -> str | None:
        recipient = await self._recipient(wanted)
        return recipient.language if recipient else None

    async def carry_out(self, wanted: Unsubscription) -> str | None:
        """The person's language. Repeated, it changes nothing more.

        The list comes first: nothing is sent any more even where the consent cannot be published yet, and who is told
        that it did not work tries again.
        """
        recipient, now = await self._recipient(wanted), await self.now()
        if now is None:
            raise Unavailable("kafka")
        if recipient is None or not recipient.addresses:
            return recipient.language if recipient else None
        await self.unwanted.add(recipient.addresses, Unwanted("unsubscribed", now, wanted.decision))
        if not recipient.has_denied(wanted.purpose, wanted.channel):
            await self.publisher.publish_all([unsubscribe_record(wanted, recipient.addresses[0], now)])
        return recipient.language

    async def _recipient(self, wanted: Unsubscription) -> Recipient | None:
        return await self.recipients.of(wanted.profile, wanted.decision, wanted.channel)
