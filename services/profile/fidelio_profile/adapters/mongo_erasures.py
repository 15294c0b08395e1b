"""`erasures`: who is to be erased and when, who has confirmed it, and what was forgotten of it beside fold's own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pymongo import UpdateOne

from fidelio_shared.contracts.erasures import STORES, ErasureConfirmed, ErasureRequested
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated

Step = Literal["held", "cancelled", "begun", "done"]
_REPEAT_TOMBSTONES_AFTER = timedelta(minutes=2)
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Erasure:
    """`due_at`: when it is to begin, and once it has begun, when its tombstones are to be repeated."""

    id: str
    profile: ProfileId
    profiles: tuple[ProfileId, ...]
    step: Step
    by: str
    due_at: datetime
    at: datetime | None
    confirmed: frozenset[str]

    @property
    def is_confirmed(self) -> bool:
        wanted = {f"{store}:{profile}" for store in STORES for profile in self.profiles}
        return bool(wanted) and wanted <= self.confirmed


@dataclass(frozen=True, slots=True)
class MongoErasureStore:
    database: Database

    async def ask(self, erasures: Iterable[tuple[str, ProfileId]], *, by: str, hold: timedelta) -> None:
        """Asking again for the same changes nothing."""
        now = _now()
        updates = [
            UpdateOne(
                {"_id": bytes.fromhex(request)},
                {
                    "$setOnInsert": {
                        "profile": bytes.fromhex(profile),
                        "step": "held",
                        "by": by,
                        "asked_at": now,
                        "due_at": now + hold,
                        "confirmed": [],
                    }
                },
                upsert=True,
            )
            for request, profile in erasures
        ]
        if updates:
            with translated():
                await self.database.erasures.bulk_write(updates, ordered=False)

    async def cancel(self, request: str) -> bool:
        """False where it has begun, or was never asked for."""
        with translated():
            result = await self.database.erasures.update_one(
                {"_id": bytes.fromhex(request), "step": "held"}, {"$set": {"step": "cancelled"}}
            )
        return result.modified_count == 1

    async def find(self, request: str) -> Erasure | None:
        with translated():
            found = await self.database.erasures.find_one({"_id": bytes.fromhex(request)})
        return _erasure_from(found) if found else None

    async def due(self) -> Sequence[Erasure]:
        with translated():
            query = {"step": "held", "due_at": {"$lte": _now()}}
            found = await self.database.erasures.find(query).sort("due_at", 1).limit(_PAGE).to_list()
        return [_erasure_from(each) for each in found]

    async def forget(self, request: str, profiles: Sequence[ProfileId], at: datetime) -> None:
        """What is said of them beside their timelines: doubts, and what people asked for.

        Before anybody is told to confirm it: when all have, the erasure is done.
        """
        keys = [bytes.fromhex(each) for each in profiles]
        with translated():
            await self.database.reviews.delete_many({"profile": {"$in": keys}})
            await self.database.reviews.delete_many({"demotion.owner": {"$in": keys}})
            for field in ("profile", "others"):
                asked = {field: {"$in": keys}, "_id": {"$ne": bytes.fromhex(request)}}
                await self.database.requests.update_many(asked, {"$set": {"records": [], "changes": []}})
            told = {"at": at, "profiles": keys}
            await self.database.erasures.update_one({"_id": bytes.fromhex(request)}, {"$set": told})

    async def begin(self, request: str, at: datetime) -> None:
        """Also where all have confirmed it already: its tombstones are to be repeated."""
        known = {"_id": bytes.fromhex(request)}
        with translated():
            await self.database.erasures.update_one(known, {"$max": {"due_at": at + _REPEAT_TOMBSTONES_AFTER}})
            await self.database.erasures.update_one({**known, "step": "held"}, {"$set": {"step": "begun"}})

    async def to_repeat(self) -> Sequence[Erasure]:
        """Whose tombstones are to be published once more: what was being written when they first were is older now."""
        with translated():
            query = {"step": {"$in": ["begun", "done"]}, "due_at": {"$lte": _now()}}
            found = await self.database.erasures.find(query).sort("due_at", 1).limit(_PAGE).to_list()
        return [_erasure_from(each) for each in found]

    async def repeated(self, request: str) -> None:
        with translated():
            await self.database.erasures.update_one({"_id": bytes.fromhex(request)}, {"$unset": {"due_at": ""}})

    async def note(self, said: Iterable[ErasureRequested | ErasureConfirmed]) -> Sequence[Erasure]:
        """Those that everybody has confirmed by now and that have no receipt yet."""
        updates = [UpdateOne({"_id": bytes.fromhex(each.id)}, _noted(each), upsert=True) for each in said]
        if not updates:
            return ()
        keys = [bytes.fromhex(each.id) for each in said]
        with translated():
            await self.database.erasures.bulk_write(updates)
            found = await self.database.erasures.find({"_id": {"$in": keys}}).to_list()
        noted = [_erasure_from(each) for each in found]
        return [each for each in noted if each.is_confirmed and each.step != "done"]

    async def done(self, erasures: Iterable[Erasure]) -> None:
        keys = [bytes.fromhex(each.id) for each in erasures]
        if keys:
            with translated():
                change = {"$set": {"step": "done", "done_at": _now()}}
                await self.database.erasures.update_many({"_id": {"$in": keys}}, change)


def _noted(said: ErasureRequested | ErasureConfirmed) -> Document:
    if isinstance(said, ErasureConfirmed):
        return {"$addToSet": {"confirmed": f"{said.store}:{said.profile}"}}
    return {
        "$set": {
            "profile": bytes.fromhex(said.profile),
            "profiles": [bytes.fromhex(each) for each in said.profiles],
            "at": said.at,
        },
        "$max": {"due_at": said.at + _REPEAT_TOMBSTONES_AFTER},
    }


def _erasure_from(document: Mapping[str, Any]) -> Erasure:
    profile = document.get("profile", b"").hex()
    return Erasure(
        id=document["_id"].hex(),
        profile=ProfileId(profile),
        profiles=tuple(ProfileId(each.hex()) for each in document.get("profiles", ())),
        step=document.get("step", "begun"),
        by=document.get("by", ""),
        due_at=document.get("due_at") or document.get("at") or _now(),
        at=document.get("at"),
        confirmed=frozenset(document.get("confirmed", ())),
    )


def _now() -> datetime:
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
