"""Why a profile is one person, and what people have to look at."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fidelio_profile.adapters.identity_documents import demotion_from, head_from, link_from
from fidelio_profile.domain.people import Demotion, Head, Link
from fidelio_profile.domain.revisions import retire_key
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated

_MOST_DOUBTS = 200


@dataclass(frozen=True, slots=True)
class Doubt:
    """A review as it is stored."""

    id: str
    profile: ProfileId
    demotion: Demotion
    interaction: str
    at: str
    status: str


@dataclass(frozen=True, slots=True)
class Merge:
    profile: ProfileId
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    head: Head
    links: Mapping[str, Link]
    merges: Sequence[Merge]
    doubts: Sequence[Doubt]


@dataclass(frozen=True, slots=True)
class MongoIdentityViews:
    database: Database

    async def explain(self, profile: ProfileId) -> Explanation | None:
        """Of a profile that is not part of another."""
        key = bytes.fromhex(profile)
        with translated():
            found = await self.database.heads.find_one({"_id": key})
            if found is None:
                return None
            head = head_from(found)
            absorbed = [bytes.fromhex(each) for each in sorted(head.absorbed)]
            links, merges, doubts = await asyncio.gather(
                self.database.identities.find({"_id": {"$in": sorted(head.keys)}}).to_list(),
                self._merges(absorbed),
                self.database.reviews.find({"profile": {"$in": [key, *absorbed]}}).limit(_MOST_DOUBTS).to_list(),
            )
        return Explanation(
            head=head,
            links={each["_id"]: link_from(each) for each in links},
            merges=merges,
            doubts=[_doubt_from(each) for each in doubts],
        )

    async def _merges(self, absorbed: Sequence[bytes]) -> Sequence[Merge]:
        """By the keys of what retired them: timelines may be long."""
        heads = await self.database.heads.find({"_id": {"$in": absorbed}}, {"merged_into": 1}).to_list()
        keys = [retire_key(ProfileId(each["_id"].hex()), ProfileId(each["merged_into"].hex())) for each in heads]
        query = {"_id": {"$in": [bytes.fromhex(each) for each in keys]}}
        found = await self.database.timeline.find(query, {"body": 0}).to_list()
        merges = [Merge(ProfileId(each["profile"].hex()), each["cause"].hex(), each["occurred_at"]) for each in found]
        return sorted(merges, key=lambda each: (each.at, each.profile))

    async def doubts(self, status: str, after: bytes, limit: int) -> Sequence[Doubt]:
        query = {"status": status, "_id": {"$gt": after}}
        with translated():
            found = await self.database.reviews.find(query).sort("_id", 1).limit(limit).to_list()
        return [_doubt_from(each) for each in found]

    async def doubt(self, review: str) -> Doubt | None:
        with translated():
            found = await self.database.reviews.find_one({"_id": bytes.fromhex(review)})
        return _doubt_from(found) if found else None

    async def settle(self, review: str, status: str, by: str) -> None:
        change = {"status": status, "settled_by": by, "settled_at": datetime.now(UTC)}
        with translated():
            await self.database.reviews.update_one({"_id": bytes.fromhex(review)}, {"$set": change})

    async def owner(self, key: str) -> ProfileId | None:
        with translated():
            found = await self.database.identities.find_one({"_id": key})
        return ProfileId(found["profile"].hex()) if found else None


def _doubt_from(document: Document) -> Doubt:
    return Doubt(
        id=document["_id"].hex(),
        profile=ProfileId(document["profile"].hex()),
        demotion=demotion_from(document["demotion"]),
        interaction=document["interaction"].hex(),
        at=document["at"],
        status=document["status"],
    )
