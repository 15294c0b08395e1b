"""Who a message went to: what is needed to leave them alone."""

from dataclasses import dataclass

from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.domain.cards import REACHING, Card
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.rights import EVERY_CHANNEL


@dataclass(frozen=True, slots=True)
class Recipient:
    """`addresses`: where the message went; where that is not known any more, all of the person's on its channel."""

    card: Card
    addresses: tuple[Identifier, ...]

    @property
    def language(self) -> str | None:
        return self.card.person.language

    def has_denied(self, purpose: str, channel: str) -> bool:
        """Their consent says no already, to this purpose on this channel."""
        return any(
            each.status == "denied" and each.purpose == purpose and each.channel in (channel, EVERY_CHANNEL)
            for each in self.card.person.consents
        )


@dataclass(frozen=True, slots=True)
class Recipients:
    rulings: MongoRulings

    async def of(self, profile: ProfileId, decision: str, channel: str) -> Recipient | None:
        """None of somebody who was erased, or never known."""
        card = await self.rulings.person(profile)
        if card is None or card.erased_at:
            return None
        found = await self.rulings.find(decision)
        told = (found.sent.to,) if found and found.sent and found.channel == channel else tuple(card.addresses(channel))
        kind = REACHING.get(channel, channel)
        return Recipient(card, tuple(Identifier(kind=kind, value=each) for each in told))
