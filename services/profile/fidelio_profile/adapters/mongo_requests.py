"""What people asked for: stored with what it changed about who is who, published from there, until it is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_profile.adapters.identity_documents import demotion_from, head_from
from fidelio_profile.adapters.mongo_routes import Raced, write_identity
from fidelio_profile.domain.people import Demotion, Head
from fidelio_profile.domain.regrouping import NotPossible, Regrouped
from fidelio_profile.records import identity_record, timeline_record
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import TIMELINE_RECORD, IdentityChanged
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import Database, Document, in_transaction, translated

MOST_MERGES = 64
_ATTEMPTS = 20
_FORGOTTEN_AFTER = timedelta(seconds=5)
_PAGE = 100

Decide = Callable[[Sequence[Head]], Regrouped]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A review as it is stored."""

    id: str
    profile: ProfileId
    demotion: Demotion
    status: str


@dataclass(frozen=True, slots=True)
class MongoRequestStore:
    database: Database
    publisher: Publisher

    async def carry_out(self, request: str, profiles: Sequence[ProfileId], decide: Decide, **told: str) -> Regrouped:
        """`decide` is given the final heads of `profiles`. Repeating a request that was stored publishes it again.

        Raises NotPossible where a profile is unknown, or where `decide` says so.
        """
        for _ in range(_ATTEMPTS):
            try:
                regrouped = await in_transaction(
                    self.database, lambda session: self._store(request, profiles, decide, told, session)
                )
            except Raced:
                continue
            await self._publish({"_id": bytes.fromhex(request), **_records(regrouped)})
            return regrouped
        raise Unavailable("mongodb")

    async def _store(
        self,
        request: str,
        profiles: Sequence[ProfileId],
        decide: Decide,
        told: Mapping[str, str],
        session: AsyncClientSession,
    ) -> Regrouped:
        regrouped = decide([await self._final_head(each, session) for each in profiles])
        await write_identity(self.database, regrouped, session)
        document = {
            "_id": bytes.fromhex(request),
            "profile": bytes.fromhex(regrouped.profile),
            "others": [bytes.fromhex(each) for each in regrouped.others],
            "at": datetime.now(UTC),
            "published_at": None,
            **told,
            **_records(regrouped),
        }
        await self.database.requests.insert_one(document, session=session)
        return regrouped

    async def _final_head(self, profile: ProfileId, session: AsyncClientSession | None) -> Head:
        for _ in range(MOST_MERGES):
            found = await self.database.heads.find_one({"_id": bytes.fromhex(profile)}, session=session)
            if found is None:
                break
            head = head_from(found)
            if head.merged_into is None:
                return head
            profile = head.merged_into
        raise NotPossible("no profile has this id")

    async def _publish(self, document: Mapping[str, Any]) -> None:
        records = [timeline_record(TIMELINE_RECORD.validate_json(each)) for each in document["records"]]
        records += [identity_record(IdentityChanged.model_validate_json(each)) for each in document["changes"]]
        await self.publisher.publish_all(records)
        with translated():
            await self.database.requests.update_one(
                {"_id": document["_id"]}, {"$set": {"published_at": datetime.now(UTC)}}
            )

    async def publish_forgotten(self) -> int:
        """Of a process that ended between storing and publishing."""
        query = {"published_at": None, "at": {"$lt": datetime.now(UTC) - _FORGOTTEN_AFTER}}
        with translated():
            found = await self.database.requests.find(query).sort("at", 1).limit(_PAGE).to_list()
        for document in found:
            await self._publish(document)
        return len(found)

    async def is_done(self, record_keys: Sequence[str]) -> bool:
        """Whether fold has stored the effect of all of these records."""
        with translated():
            found = await self.database.timeline.count_documents(
                {"_id": {"$in": [bytes.fromhex(each) for each in record_keys]}}
            )
        return found == len(record_keys)

    async def doubts(self, status: str, after: str | None, limit: int) -> Sequence[Document]:
        query: Document = {"status": status}
        if after:
            query["_id"] = {"$gt": bytes.fromhex(after)}
        with translated():
            return await self.database.reviews.find(query).sort("_id", 1).limit(limit).to_list()

    async def doubt(self, review: str) -> Doubt | None:
        with translated():
            found = await self.database.reviews.find_one({"_id": bytes.fromhex(review)})
        if found is None:
            return None
        return Doubt(review, ProfileId(found["profile"].hex()), demotion_from(found["demotion"]), found["status"])

    async def settle_doubt(self, review: str, status: str, by: str) -> None:
        change = {"status": status, "settled_by": by, "settled_at": datetime.now(UTC)}
        with translated():
            await self.database.reviews.update_one({"_id": bytes.fromhex(review)}, {"$set": change})

    async def owner(self, key: str) -> ProfileId | None:
        with translated():
            found = await self.database.identities.find_one({"_id": key})
        return ProfileId(found["profile"].hex()) if found else None


def _records(regrouped: Regrouped) -> Document:
    return {
        "records": [encode(each) for each in regrouped.records],
        "changes": [encode(each) for each in regrouped.changes],
    }
