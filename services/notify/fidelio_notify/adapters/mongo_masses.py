"""`masses`: causes that concern many at once, and what a person said of them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from fidelio_shared.storage.mongo import Database, Document, translated

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for a playbook to be sent to a segment."""

    by: str
    playbook: str
    segment: str


@dataclass(frozen=True, slots=True)
class Mass:
    """`is_approved`: None while nobody has said anything. `is_whole`: all of its decisions are stored, as far as
    anybody can know. `asked`: of a send to a segment."""

    name: str
    first_at: datetime
    is_approved: bool | None = None
    by: str | None = None
    said_at: datetime | None = None
    is_whole: bool = True
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class MongoMassStore:
    database: Database

    async def add(self, names: Iterable[str], *, at: datetime) -> None:
        updates = [UpdateOne({"_id": each}, {"$setOnInsert": {"first_at": at}}, upsert=True) for each in names]
        if updates:
            with translated():
                await self.database.masses.bulk_write(updates, ordered=False)

    async def latest(self) -> list[Mass]:
        """The latest thousand: what is older was decided long ago."""
        with translated():
            found = await self.database.masses.find().sort("first_at", -1).limit(_MOST).to_list()
        return [_mass_from(each) for each in found]

    async def of(self, names: Iterable[str]) -> list[Mass]:
        with translated():
            found = await self.database.masses.find({"_id": {"$in": list(names)}}).to_list()
        return [_mass_from(each) for each in found]

    async def find(self, name: str) -> Mass | None:
        return next(iter(await self.of([name])), None)

    async def ask(self, name: str, asked: Asked, *, at: datetime) -> Mass:
        """As it was asked for first. Nothing of it is released before it is whole."""
        first = {"first_at": at, "is_whole": False, "asked": asdict(asked)}
        with translated():
            await self.database.masses.update_one({"_id": name}, {"$setOnInsert": first}, upsert=True)
        found = await self.find(name)
        assert found
        return found

    async def complete(self, name: str) -> None:
        with translated():
            await self.database.masses.update_one({"_id": name}, {"$set": {"is_whole": True}})

    async def say(self, name: str, *, is_approved: bool, by: str, at: datetime) -> bool:
        """False where there is no such mass cause, or it was refused before: what was closed is not opened again."""
        changes = {"is_approved": is_approved, "by": by, "said_at": at}
        with translated():
            result = await self.database.masses.update_one(
                {"_id": name, "is_approved": {"$ne": False}}, {"$set": changes}
            )
        return result.matched_count == 1


def _mass_from(document: Document) -> Mass:
    told: dict[str, Any] = {name: document.get(name) for name in ("is_approved", "by", "said_at")}
    return Mass(
        name=document["_id"],
        first_at=document["first_at"],
        is_whole=document.get("is_whole", True),
        asked=Asked(**asked) if (asked := document.get("asked")) else None,
        **told,
    )
