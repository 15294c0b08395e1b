"""`rules`: the model and the definitions that somebody put into use, as the texts of their files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fidelio_shared.storage.mongo import Database, translated

Kind = Literal["model", "segments"]
KINDS: tuple[Kind, ...] = ("model", "segments")


@dataclass(frozen=True, slots=True)
class MongoRuleStore:
    database: Database

    async def read(self) -> Mapping[Kind, str]:
        with translated():
            found = await self.database.rules.find({"_id": {"$in": list(KINDS)}}).to_list()
        return {each["_id"]: each["text"] for each in found}

    async def use(self, kind: Kind, text: str) -> None:
        """Every process takes it up within seconds."""
        with translated():
            await self.database.rules.update_one(
                {"_id": kind}, {"$set": {"text": text}, "$currentDate": {"at": True}}, upsert=True
            )

    async def use_none(self, kind: Kind) -> None:
        """The file named in the settings, or the shipped one, holds again."""
        with translated():
            await self.database.rules.delete_one({"_id": kind})
