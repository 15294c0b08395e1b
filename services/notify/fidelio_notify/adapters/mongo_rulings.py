"""What is stored in `decisions`, as people ask for it; nothing here writes."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from fidelio_notify.adapters.decision_documents import decision_from
from fidelio_notify.adapters.mongo_cards import MongoCardStore
from fidelio_notify.adapters.mongo_heads import MongoHeads
from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.decisions import Decision
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated

_SENT = "sent_at"
RULING_INDEXES = [
    IndexModel([("at", ASCENDING), ("_id", ASCENDING)], name=_SENT, partialFilterExpression={"step": "sent"}),
]
_BY_PROFILE = [("profile", ASCENDING), ("state", ASCENDING)]
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class MongoRulings:
    database: Database

    async def person(self, profile: ProfileId) -> Card | None:
        """The card of the one that this profile has become; None where nobody of this id was ever told of."""
        head = (await MongoHeads(self.database).of([profile])).get(profile, profile)
        return (await MongoCardStore(self.database).load([head])).get(head)

    async def of(
        self, profiles: Collection[ProfileId], before: tuple[datetime, bytes] | None, limit: int
    ) -> Sequence[Decision]:
        """By the reason's instant and the decision's id, the latest first; `before`: those of the last one told."""
        query: Document = {"profile": {"$in": [bytes.fromhex(each) for each in profiles]}}
        if before:
            at, key = before
            query["$or"] = [{"reason.at": {"$lt": at}}, {"reason.at": at, "_id": {"$lt": key}}]
        order = [("reason.at", DESCENDING), ("_id", DESCENDING)]
        with translated():
            found = await self.database.decisions.find(query).hint(_BY_PROFILE).sort(order).limit(limit).to_list()
        return [decision_from(each) for each in found]

    async def find(self, decision: str) -> Decision | None:
        with translated():
            found = await self.database.decisions.find_one({"_id": bytes.fromhex(decision)})
        return decision_from(found) if found else None

    async def sent_since(self, since: datetime) -> AsyncIterator[Sequence[Decision]]:
        """Those that were sent then or later, some at a time, the earliest first."""
        query = {"step": "sent", "at": {"$gte": since}}
        cursor = self.database.decisions.find(query).hint(_SENT).sort([("at", ASCENDING), ("_id", ASCENDING)])
        with translated():
            async with cursor.batch_size(_AT_ONCE):
                while batch := await cursor.to_list(_AT_ONCE):
                    yield [decision_from(each) for each in batch]
