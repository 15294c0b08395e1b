"""Everything that is known of one person, part by part, read as it is taken."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from fidelio_shared.storage.mongo import Database, Document, translated

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class MongoExports:
    """`profiles`: a person's, with those that became part of it."""

    database: Database

    async def interactions(self, profiles: Sequence[bytes]) -> AsyncIterator[Document]:
        """By the customer's time within each profile; `body` is the interaction as it came in."""
        for profile in profiles:
            query = {"profile": profile, "kind": "interaction"}
            async for each in self._all("timeline", query, [("occurred_at", 1), ("_id", 1)]):
                yield each

    async def accesses(self, profiles: Sequence[bytes]) -> AsyncIterator[Document]:
        for profile in profiles:
            async for each in self._all("accesses", {"profile": profile}, [("at", 1)]):
                yield each

    async def requests(self, profiles: Sequence[bytes]) -> AsyncIterator[Document]:
        """What people asked for: splits, merges."""
        for field in ("profile", "others"):
            for profile in profiles:
                async for each in self._all("requests", {field: profile}, [("at", 1)]):
                    yield each

    async def outcomes(self, profiles: Sequence[bytes]) -> AsyncIterator[Document]:
        async for each in self._all("outcomes", {"_id": {"$in": list(profiles)}}, [("_id", 1)]):
            yield each

    async def _all(self, collection: str, query: Document, order: list[tuple[str, int]]) -> AsyncIterator[Document]:
        with translated():
            async with self.database[collection].find(query).sort(order).batch_size(_AT_ONCE) as cursor:
                async for document in cursor:
                    yield document
