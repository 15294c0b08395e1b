"""Decisions of mass causes that wait for a person's word: they are out of the way until it is said."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne

from fidelio_notify.adapters.decision_documents import decision_from, step_of
from fidelio_notify.domain.decisions import Decision
from fidelio_shared.storage.mongo import Database, Document, translated

Told = Callable[[Decision], Decision]
_OPEN, _WAITING, _CLOSED = "open", "waiting", "closed"


@dataclass(frozen=True, slots=True)
class MongoHeld:
    """State `waiting`: judged by nobody. Of each change, how many there were."""

    database: Database

    async def hold(self, partitions: Sequence[int], masses: Collection[str], told: Told, *, limit: int) -> int:
        """They are announced as `told` says. Orders that may have gone out before stay where they are."""
        if not masses:
            return 0
        found = await self._page(partitions, (_OPEN,), masses, limit, only={"is_resumed": None})
        await self._change(found, _WAITING, told)
        return len(found)

    async def refuse(self, partitions: Sequence[int], masses: Collection[str], told: Told, *, limit: int) -> int:
        """Closed, as `told` says."""
        if not masses:
            return 0
        found = await self._page(partitions, (_OPEN, _WAITING), masses, limit)
        await self._change(found, _CLOSED, told)
        return len(found)

    async def let_go(self, partitions: Sequence[int], approved: Collection[str], *, limit: int) -> int:
        """All that wait, of masses that somebody said yes to."""
        if not approved:
            return 0
        query = {"partition": {"$in": partitions}, "state": _WAITING, "mass": {"$in": list(approved)}}
        with translated():
            found = await self.database.decisions.find(query, {"_id": 1}).limit(limit).to_list()
        await self._write(
            UpdateOne({"_id": each["_id"], "state": _WAITING}, {"$set": {"state": _OPEN}}) for each in found
        )
        return len(found)

    async def _page(
        self,
        partitions: Sequence[int],
        states: Sequence[str],
        masses: Collection[str],
        limit: int,
        *,
        only: Mapping[str, Any] | None = None,
    ) -> Sequence[Document]:
        """Each step is announced before the next one is taken."""
        query = {
            "partition": {"$in": partitions},
            "state": {"$in": states},
            "mass": {"$in": list(masses)},
            "is_announced": True,
            **(only or {}),
        }
        with translated():
            return await self.database.decisions.find(query).limit(limit).to_list()

    async def _change(self, found: Iterable[Document], state: str, told: Told) -> None:
        await self._write(
            UpdateOne(
                {"_id": each["_id"], "state": each["state"]},
                {
                    "$set": {**step_of(told(decision_from(each))), "state": state, "is_announced": False},
                    **({"$currentDate": {"closed_at": True}} if state == _CLOSED else {}),
                },
            )
            for each in found
        )

    async def _write(self, updates: Iterable[UpdateOne]) -> None:
        if ready := list(updates):
            with translated():
                await self.database.decisions.bulk_write(ready, ordered=False)
