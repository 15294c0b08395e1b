"""`unwanted`: the suppression list, addresses that are not to be written to, and why. No address is kept, only its hash
under a key of Fidelio's own.

It outlives an erasure, and may: whoever objected to advertising, or whose mailbox refuses us, must not be written to
when a later export brings their address again (GDPR, articles 17(3)(b) and 21(3)), and a hash that tells nothing
without the key, found only by who has the address already, is the least that this takes (article 5(1)(c)).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from fidelio_notify.domain.unwanted import WHYS, Unwanted
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.storage.mongo import Database, Document, translated
from fidelio_shared.storage.suppression import NORMALISER, Suppressor

UNWANTED_INDEXES: dict[str, list[IndexModel]] = {"unwanted": [IndexModel([("key", ASCENDING)])]}


@dataclass(frozen=True, slots=True)
class MongoUnwanted:
    database: Database
    suppressor: Suppressor

    async def of(self, addresses: Iterable[Identifier]) -> Mapping[str, Unwanted]:
        """By address, those that are on the list."""
        known = {key: each.value for each in addresses for key in self.suppressor.hashes(_key(each))}
        if not known:
            return {}
        with translated():
            found = await self.database.unwanted.find({"_id": {"$in": list(known)}, "removed": None}).to_list()
        return {known[each["_id"]]: _unwanted_from(each) for each in found}

    async def add(self, addresses: Iterable[Identifier], unwanted: Unwanted) -> None:
        """The graver reason holds, and of the same the later one. What a person took off the list is there again for
        what happened afterwards, and not for what is only told again."""
        updates = [self._adding(each, unwanted) for each in addresses]
        if updates:
            with translated():
                await self.database.unwanted.bulk_write(updates, ordered=False)

    async def remove(self, address: Identifier, *, by: str, reason: str) -> bool:
        """Who took it off and why is kept instead. False where it is not on the list."""
        removed = {"by": by, "reason": reason, "at": datetime.now(UTC)}
        keys = list(self.suppressor.hashes(_key(address)))
        with translated():
            result = await self.database.unwanted.update_many(
                {"_id": {"$in": keys}, "removed": None}, {"$set": {"removed": removed}}
            )
        return result.modified_count > 0

    def _adding(self, address: Identifier, unwanted: Unwanted) -> UpdateOne:
        key = self.suppressor.hash(_key(address))
        graver, since = WHYS[WHYS.index(unwanted.why) + 1 :], {"$literal": unwanted.since}
        as_late = {"$and": [{"$eq": ["$why", unwanted.why]}, {"$gte": ["$since", since]}]}
        listed = {"$and": [{"$lte": ["$removed", None]}, {"$or": [{"$in": ["$why", graver]}, as_late]}]}
        stays = {"$or": [listed, {"$gte": ["$removed.at", since]}]}
        new = {"$literal": {"_id": key, **self._document(unwanted)}}
        return UpdateOne({"_id": key}, [{"$replaceWith": {"$cond": [stays, "$$ROOT", new]}}], upsert=True)

    def _document(self, unwanted: Unwanted) -> Document:
        return {
            "why": unwanted.why,
            "since": unwanted.since,
            "decision": bytes.fromhex(unwanted.decision) if unwanted.decision else None,
            "key": self.suppressor.name,
            "normaliser": NORMALISER,
        }


def _key(address: Identifier) -> str:
    """Unlike that of the list of people who were erased, which may have the same key: nobody can compare the two."""
    return f"unwanted:{address.kind}:{address.value}"


def _unwanted_from(document: Mapping[str, Any]) -> Unwanted:
    decision = document["decision"]
    return Unwanted(document["why"], document["since"], decision.hex() if decision else None)
