"""`playbooks`: the versions that somebody put forward, as the texts of their files, and the one in use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import DESCENDING, IndexModel

from fidelio_shared.storage.mongo import Database, translated

PLAYBOOK_INDEXES = {"playbooks": [IndexModel([("at", DESCENDING)])]}
_IN_USE = "in use"


@dataclass(frozen=True, slots=True)
class PutForward:
    """`approved_by`: somebody else than `by`; None while nobody approved it."""

    version: str
    text: str
    by: str
    at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None

    @property
    def is_approved(self) -> bool:
        return self.approved_by is not None and not is_same_person(self.approved_by, self.by)


@dataclass(frozen=True, slots=True)
class MongoPlaybookStore:
    database: Database

    async def in_use(self) -> PutForward | None:
        """None while the file of the settings, or the shipped one, holds."""
        return await self.find(_IN_USE)

    async def find(self, version: str) -> PutForward | None:
        with translated():
            found = await self.database.playbooks.find_one({"_id": version})
        return _put_forward(found) if found else None

    async def latest(self, most: int) -> Sequence[PutForward]:
        """The latest first."""
        begun = {"at": {"$gt": datetime.fromtimestamp(0, UTC)}}
        with translated():
            found = await self.database.playbooks.find(begun).sort("at", DESCENDING).limit(most).to_list()
        return [_put_forward(each) for each in found]

    async def put_forward(self, version: str, text: str, *, by: str) -> PutForward:
        """Who put a version forward first, and what they wrote, stays: nobody can change what others look at."""
        said = {"version": version, "text": text, "by": by, "at": datetime.now(UTC)}
        with translated():
            await self.database.playbooks.update_one({"_id": version}, {"$setOnInsert": said}, upsert=True)
        found = await self.find(version)
        assert found
        return found

    async def approve(self, version: str, *, by: str) -> None:
        """Nothing where somebody approved it before."""
        approval = {"approved_by": by, "approved_at": datetime.now(UTC)}
        with translated():
            await self.database.playbooks.update_one({"_id": version, "approved_by": None}, {"$set": approval})

    async def use(self, playbooks: PutForward) -> None:
        """Every process takes it up within seconds."""
        copied = {
            "version": playbooks.version,
            "text": playbooks.text,
            "by": playbooks.by,
            "put_forward_at": playbooks.at,
            "approved_by": playbooks.approved_by,
            "approved_at": playbooks.approved_at,
        }
        with translated():
            await self.database.playbooks.update_one({"_id": _IN_USE}, {"$set": copied}, upsert=True)


def is_same_person(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _put_forward(document: Mapping[str, Any]) -> PutForward:
    return PutForward(
        version=document["version"],
        text=document["text"],
        by=document["by"],
        at=document["put_forward_at"] if document["_id"] == _IN_USE else document["at"],
        approved_by=document.get("approved_by"),
        approved_at=document.get("approved_at"),
    )
