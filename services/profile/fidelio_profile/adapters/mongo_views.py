"""What the API and `verify` read."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection

from fidelio_profile.adapters.mongo_profiles import profile_from
from fidelio_profile.adapters.timeline_documents import interaction_from
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.state import State, join
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.mongo import Database, Document, translated

_MOST_HOPS = 64
FIRST_PAGE = 50
"""Of a timeline: what a view shows of it fits into one document, however large its interactions are."""

_LATEST_FIRST = {"occurred_at": -1, "_id": -1}


class Gone(Enum):
    """Why a profile that was there is not."""

    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which interactions: empty is any. `since` and later, before `until`."""

    channels: Sequence[str] = ()
    types: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None

    def query(self) -> Document:
        wanted: Document = {"kind": "interaction"}
        bounds = {"$gte": self.since, "$lt": self.until}
        if within := {name: at for name, at in bounds.items() if at is not None}:
            wanted["occurred_at"] = within
        if self.channels:
            wanted["channel"] = {"$in": list(self.channels)}
        if self.types:
            wanted["type"] = {"$in": list(self.types)}
        return wanted


def _beside(collection: str, field: str, *pipeline: Document, by: str = "_id") -> Document:
    """Joined under the collection's name where its `field` is the profile's id, or one of those in `by`."""
    joined = {"from": collection, "localField": by, "foreignField": field, "as": collection}
    return {"$lookup": joined | ({"pipeline": pipeline} if pipeline else {})}


PARTS: Mapping[str, Sequence[Document]] = {
    "outcomes": (_beside("outcomes", "_id"),),
    "identity": (_beside("heads", "_id", {"$project": {"keys": 1}}),),
    "timeline": (
        {"$set": {"ids": {"$concatArrays": [["$_id"], {"$ifNull": ["$members", []]}]}}},
        _beside(
            "timeline",
            "profile",
            {"$match": Selection().query()},
            {"$sort": _LATEST_FIRST},
            {"$limit": FIRST_PAGE + 1},
            {"$project": {"occurred_at": 1, "body": 1}},
            by="ids",
        ),
    ),
}
"""What may stand beside a profile. All of it comes in one round trip: those are what a view costs."""

_OWNER: Sequence[Document] = (
    {"$lookup": {"from": "profiles", "localField": "profile", "foreignField": "_id", "as": "owner"}},
    {"$unwind": "$owner"},
    {"$replaceRoot": {"newRoot": "$owner"}},
)
"""Nobody while an identifier is linked and its profile is not folded yet."""


@dataclass(frozen=True, slots=True)
class MongoProfileViews:
    database: Database

    async def whole(self, profile: ProfileId, parts: Collection[str] = ()) -> Document | Gone | None:
        """The profile with those of PARTS; of a merged one, what it has become."""
        return await self._followed(await self._of_profile(bytes.fromhex(profile), parts), parts)

    async def whole_by(self, kind: str, value: str, parts: Collection[str]) -> Document | Gone | None:
        """The same of who holds this identifier."""
        owner = [{"$match": {"_id": f"{kind}:{value}"}}, *_OWNER]
        return await self._followed(await _joined(self.database.identities, owner, parts), parts)

    async def _followed(self, found: Document | None, parts: Collection[str]) -> Document | Gone | None:
        for _ in range(_MOST_HOPS):
            if found is None or found.get("merged_into") is None:
                return Gone.ERASED if found and "erased_at" in found else found
            found = await self._of_profile(found["merged_into"], parts)
        raise Halted(f"a profile was merged more than {_MOST_HOPS} times in a row; look at `merged_into`")

    async def _of_profile(self, key: bytes, parts: Collection[str]) -> Document | None:
        return await _joined(self.database.profiles, [{"$match": {"_id": key}}], parts)

    async def timeline(
        self, profiles: Sequence[bytes], selection: Selection, *, before: tuple[datetime, bytes] | None, limit: int
    ) -> Sequence[Document]:
        """Latest first. `profiles`: one person's ids. `before`: the last entry of the page before."""
        query: Document = {"profile": {"$in": list(profiles)}, **selection.query()}
        if before:
            at, key = before
            query["occurred_at"] = query.get("occurred_at", {}) | {"$lte": at}
            query["$nor"] = [{"occurred_at": at, "_id": {"$gte": key}}]
        with translated():
            cursor = self.database.timeline.find(query).sort(_LATEST_FIRST).limit(limit)
            return await cursor.to_list()

    async def has_interaction(self, interaction: str) -> bool:
        with translated():
            return await self.database.timeline.find_one({"_id": bytes.fromhex(interaction)}, {"_id": 1}) is not None

    async def count_timeline(self, profiles: Sequence[bytes]) -> int:
        with translated():
            return await self.database.timeline.count_documents(
                {"profile": {"$in": list(profiles)}, "kind": "interaction"}
            )

    async def pages_with_refold(self, size: int) -> AsyncIterator[Sequence[tuple[Document, State | None]]]:
        """Every profile that is not part of another with its timeline folded anew, each page read at one instant, also
        under traffic. The timeline of one that is being folded anew is not read."""
        last: bytes | None = None
        while True:
            query = {"_id": {"$gt": last}} if last is not None else {}
            page = await self._refolded_page(query, size)
            if not page:
                return
            yield page
            last = page[-1][0]["_id"]

    async def again_with_refold(self, profiles: Sequence[bytes]) -> Sequence[tuple[Document, State | None]]:
        return await self._refolded_page({"_id": {"$in": list(profiles)}}, len(profiles))

    async def _refolded_page(self, query: Document, size: int) -> Sequence[tuple[Document, State | None]]:
        with translated():
            async with self.database.client.start_session(snapshot=True) as session:
                found = self.database.profiles.find(query, session=session).sort("_id", 1).limit(size)
                page = [(each, profile_from(each)) for each in await found.to_list()]
                refolded = await self._refolded([profile for _, profile in page], session)
        return [(document, refolded.get(profile.id)) for document, profile in page]

    async def _refolded(self, profiles: Sequence[Profile], session: AsyncClientSession) -> dict[ProfileId, State]:
        states = {each.id: each.base for each in profiles if each.base}
        whole = {
            bytes.fromhex(each): profile
            for profile in profiles
            if not profile.merged_into and not profile.refolding
            for each in (profile.id, *profile.members)
        }
        query = {"profile": {"$in": list(whole)}, "kind": "interaction"}
        async for document in self.database.timeline.find(query, {"profile": 1, "body": 1}, session=session):
            profile = whole[document["profile"]]
            interaction = interaction_from(document["body"])
            if profile.owner(interaction) != profile.id:  # on its way there
                continue
            state = profile.lift(interaction)
            states[profile.id] = join(states[profile.id], state) if profile.id in states else state
        return states

    async def count(self) -> int:
        with translated():
            return await self.database.profiles.estimated_document_count()


async def _joined(
    collection: AsyncCollection[Document], first: Sequence[Document], parts: Collection[str]
) -> Document | None:
    stages = [*first, *(stage for each in parts for stage in PARTS[each])]
    with translated():
        async with await collection.aggregate(stages) as cursor:
            return await cursor.try_next()
