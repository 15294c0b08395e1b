"""Profiles of before merging: heads without the identifiers that they hold, and pairs that have only met."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from pymongo import UpdateMany, UpdateOne

from fidelio_profile.adapters.identity_documents import head_from
from fidelio_profile.domain.people import Head
from fidelio_shared.storage.mongo import Database, Document, translated

_PAGE = 1_000
_UNKNOWN = bytes(16)
_NO_LISTS: Document = {"keys": [], "absorbed": [], "apart": []}


@dataclass(frozen=True, slots=True)
class MongoMet:
    database: Database

    async def count(self) -> int:
        with translated():
            return await self.database.heads.estimated_document_count()

    async def complete_heads(self) -> None:
        """Gives each head the identifiers that it holds, where a version wrote it that kept them apart."""
        async for page in self._pages("identities", {"interaction": {"$exists": False}}):
            keys = [
                UpdateOne({"_id": each["profile"]}, {"$addToSet": {"keys": each["_id"]}, "$inc": {"version": 1}})
                for each in page
            ]
            with translated():
                heads = await self.database.heads.find({"_id": {"$in": [each["profile"] for each in page]}}).to_list()
                created = {each["_id"]: each["created_at"] for each in heads}
                await self.database.heads.bulk_write(keys, ordered=False)
                told = [
                    UpdateOne(
                        {"_id": each["_id"]},
                        {"$set": {"interaction": _UNKNOWN, "at": created.get(each["profile"], "")}},
                    )
                    for each in page
                ]
                await self.database.identities.bulk_write(told, ordered=False)
        async for page in self._pages("heads", {"absorbed": {"$exists": False}}):
            ids = [each["_id"] for each in page]
            missing = [
                UpdateMany({"_id": {"$in": ids}, name: {"$exists": False}}, {"$set": {name: value}})
                for name, value in _NO_LISTS.items()
            ]
            with translated():
                await self.database.heads.bulk_write(missing)

    async def heads(self) -> AsyncIterator[Sequence[Head]]:
        async for page in self._pages("heads", {}):
            yield [head_from(each) for each in page]

    async def _pages(self, collection: str, query: Document) -> AsyncIterator[list[Document]]:
        last: object = None
        while True:
            behind = {"_id": {"$gt": last}} if last is not None else {}
            with translated():
                found = self.database[collection].find({**behind, **query}).hint("_id_").sort("_id", 1).limit(_PAGE)
                page = await found.to_list()
            if not page:
                return
            yield page
            last = page[-1]["_id"]
