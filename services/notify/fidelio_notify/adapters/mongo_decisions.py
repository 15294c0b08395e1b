"""`decisions`: the ledger. A step is stored before it is announced, and an attempt before the call it stands for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_notify.adapters.decision_documents import decision_from, document_of, step_of
from fidelio_notify.adapters.mongo_cards import card_from_document
from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.deciding import Move
from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.gates.case import Contacted
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, in_transaction, translated

_KEPT_SECONDS = 400 * 86_400
DECISION_INDEXES = [
    IndexModel([("partition", ASCENDING), ("state", ASCENDING), ("mass", ASCENDING), ("due_at", ASCENDING)]),
    IndexModel([("partition", ASCENDING), ("is_announced", ASCENDING), ("mass", ASCENDING)]),
    IndexModel([("profile", ASCENDING), ("state", ASCENDING)]),
    IndexModel([("profile", ASCENDING), ("counted_at", ASCENDING)]),
    IndexModel([("mass", ASCENDING)], sparse=True),
    IndexModel([("closed_at", ASCENDING)], expireAfterSeconds=_KEPT_SECONDS),
]


@dataclass(frozen=True, slots=True)
class Proposed:
    """To be stored: `partition` is the one of the person's key, whose process alone decides for them."""

    decision: Decision
    partition: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """An attempt is `owner`'s until then; what has no end by then, nobody will tell."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class MongoDecisionStore:
    database: Database

    async def insert(self, proposed: Iterable[Proposed], *, stored_at: datetime) -> None:
        """A decision that is there already stays as it is: one per cause, however often the cause is read."""
        updates = []
        for each in proposed:
            document = document_of(each.decision, partition=each.partition, due_at=each.due_at, stored_at=stored_at)
            updates.append(UpdateOne({"_id": _key(each.decision.id)}, {"$setOnInsert": document}, upsert=True))
        await self._write(updates)

    async def due(
        self, partitions: Sequence[int], until: datetime, *, of_masses: bool, but: Iterable[str] = (), limit: int
    ) -> Sequence[Decision]:
        """Open ones whose time has come: those of mass causes but for some, in any order, for there may be very many;
        or all others, earliest first."""
        mass = {"$gt": "", "$nin": list(but)} if of_masses else None
        query = {
            "partition": {"$in": partitions},
            "state": "open",
            "mass": mass,
            "due_at": {"$lte": until},
            "is_announced": True,
        }
        return await self._find(query, limit, order=None if of_masses else "due_at")

    async def open_of(self, profiles: Iterable[ProfileId], *, limit: int) -> Sequence[Decision]:
        query = {"profile": {"$in": [_key(each) for each in profiles]}, "state": "open", "is_announced": True}
        return await self._find(query, limit, order="release_at")

    async def unannounced(self, partitions: Sequence[int], *, of_masses: bool, limit: int) -> Sequence[Decision]:
        mass = {"$gt": ""} if of_masses else None
        return await self._find({"partition": {"$in": partitions}, "is_announced": False, "mass": mass}, limit)

    async def announced(self, decisions: Iterable[Decision]) -> None:
        """Only the step that was announced: a later one may have been stored meanwhile."""
        await self._write(
            UpdateOne({"_id": _key(each.id), "step": each.step, "at": each.at}, {"$set": {"is_announced": True}})
            for each in decisions
        )

    async def interrupted(self, partitions: Sequence[int], now: datetime, *, limit: int) -> Sequence[Decision]:
        """Attempts whose lease has run out without an end: nobody can say whether the provider took the message."""
        query = {"partition": {"$in": partitions}, "state": "attempting", "lease.until": {"$lte": now}}
        return await self._find(query, limit)

    async def contacted(
        self, profiles: Iterable[ProfileId], since: datetime, session: AsyncClientSession | None = None
    ) -> Mapping[ProfileId, Mapping[str, Contacted]]:
        """Messages to them that were sent since, or may have been, by decision."""
        query = {"profile": {"$in": [_key(each) for each in profiles]}, "counted_at": {"$gt": since}}
        fields = {"profile": 1, "counted_at": 1, "channel": 1, "is_transactional": 1}
        with translated():
            found = await self.database.decisions.find(query, fields, session=session).to_list()
        told: dict[ProfileId, dict[str, Contacted]] = {}
        for each in found:
            contacted = Contacted(each["counted_at"], each["channel"], each["is_transactional"])
            told.setdefault(ProfileId(each["profile"].hex()), {})[each["_id"].hex()] = contacted
        return told

    async def begin(
        self,
        decision: Decision,
        *,
        at: datetime,
        lease: Lease,
        since: datetime,
        may: Callable[[Card, Sequence[Contacted]], bool],
    ) -> bool:
        """False where it is no longer open, or `may` says no to the card and the messages as they are by then.

        The person's card is written in the same transaction: of two attempts for one person, one waits for the other.
        """
        key = _key(decision.proposal.profile)

        async def attempt(session: AsyncClientSession) -> bool:
            found = await self.database.contacts.find_one_and_update(
                {"_id": key, "erased_at": None}, {"$inc": {"attempts": 1}}, session=session
            )
            if found is None:
                return False
            card = card_from_document(found)
            told = await self.contacted(card.everybody, since, session)
            others = [each for theirs in told.values() for name, each in theirs.items() if name != decision.id]
            if not may(card, others):
                return False
            changes = {
                "state": "attempting",
                "attempted_at": at,
                "counted_at": at,
                "lease": {"owner": lease.owner, "until": lease.until},
                **step_of(decision),
            }
            result = await self.database.decisions.update_one(
                {"_id": _key(decision.id), "state": "open"}, {"$set": changes}, session=session
            )
            return result.modified_count == 1

        return await in_transaction(self.database, attempt)

    async def end(self, decision: Decision, *, owner: str, counts_at: datetime | None) -> bool:
        """Its attempt has an end. False where the lease ran out and another process has closed it. One that may have
        gone out before counts as it did, unless it counts from later on."""
        query = {"_id": _key(decision.id), "state": "attempting", "lease.owner": owner}
        changes = _closing(decision)
        if counts_at is not None:
            changes["$set"]["counted_at"] = counts_at
        elif not decision.is_resumed:
            changes["$unset"] = {"counted_at": ""}
        with translated():
            result = await self.database.decisions.update_one(query, changes)
        return result.modified_count == 1

    async def close_interrupted(self, decision: Decision, *, now: datetime, counts_at: datetime | None) -> None:
        """`counts_at`: when it may have been taken at the latest; None: as it counts already."""
        changes = _closing(decision)
        if counts_at is not None:
            changes["$set"]["counted_at"] = counts_at
        await self._write([UpdateOne(_interrupted(decision, now), changes)])

    async def resume(self, decision: Decision, *, now: datetime) -> None:
        """To be sent again under the same key, if it still may be; until then it counts as sent."""
        changes = {"state": "open", "is_resumed": True, "due_at": decision.at, "is_announced": True}
        await self._write([UpdateOne(_interrupted(decision, now), {"$set": changes})])

    async def try_later(self, decision: Decision, *, owner: str, due_at: datetime) -> None:
        """The provider said clearly that it did not take it, and may later."""
        unset = {"lease": ""} if decision.is_resumed else {"lease": "", "counted_at": ""}
        changes: Document = {"$set": {"state": "open", "due_at": due_at}, "$unset": unset}
        query = {"_id": _key(decision.id), "state": "attempting", "lease.owner": owner}
        await self._write([UpdateOne(query, changes)])

    async def reschedule(self, decisions: Iterable[Decision], *, due_at: datetime) -> None:
        """Without a word."""
        await self._write(
            UpdateOne({"_id": _key(each.id), "state": "open"}, {"$set": {"due_at": due_at}}) for each in decisions
        )

    async def put_off(self, decisions: Iterable[tuple[str, datetime]]) -> None:
        """Each until its own time, without a word."""
        await self._write(
            UpdateOne({"_id": _key(decision), "state": "open"}, {"$set": {"due_at": until}})
            for decision, until in decisions
        )

    async def defer(self, decisions: Iterable[Decision], due: Callable[[Decision], datetime]) -> None:
        """They are announced as deferred, each once for each instant that it is deferred to."""
        updates = []
        for each in decisions:
            query = {"_id": _key(each.id), "state": "open"}
            changes = step_of(each) | {
                "release_at": each.proposal.release_at,
                "due_at": due(each),
                "is_announced": False,
            }
            updates.append(UpdateOne(query, {"$set": changes}))
        await self._write(updates)

    async def close_unattempted(self, decisions: Iterable[Decision]) -> None:
        await self._write(UpdateOne({"_id": _key(each.id), "state": "open"}, _closing(each)) for each in decisions)

    async def remove(self, decisions: Iterable[str]) -> None:
        """Of somebody who was erased: without a word."""
        if ids := [_key(each) for each in decisions]:
            with translated():
                await self.database.decisions.delete_many({"_id": {"$in": ids}})

    async def move(self, moves: Iterable[Move]) -> None:
        await self._write(
            UpdateOne(
                {"_id": _key(each.decision), "state": "open"},
                {"$set": {"profile": _key(each.to), "partition": each.partition, "origin": _key(each.origin)}},
            )
            for each in moves
        )

    async def forget(self, profiles: Iterable[ProfileId]) -> None:
        """Whatever was decided for them, with what it was decided on."""
        with translated():
            await self.database.decisions.delete_many({"profile": {"$in": [_key(each) for each in profiles]}})

    async def count_of_mass(self, mass: str, *, up_to: int) -> int:
        with translated():
            return await self.database.decisions.count_documents({"mass": mass}, limit=up_to)

    async def there(self, decisions: Iterable[str]) -> frozenset[str]:
        """Of these, those that are stored."""
        with translated():
            query = {"_id": {"$in": [_key(each) for each in decisions]}}
            found = await self.database.decisions.find(query, {"_id": 1}).to_list()
        return frozenset(each["_id"].hex() for each in found)

    async def playbooks_of_mass(self, mass: str, *, up_to: int) -> Mapping[str, int]:
        """How many decisions of each playbook, whatever became of them."""
        counted: Document = {"$group": {"_id": "$playbook", "count": {"$sum": 1}}}
        steps: list[Document] = [{"$match": {"mass": mass}}, {"$limit": up_to}, counted]
        with translated():
            found = await (await self.database.decisions.aggregate(steps)).to_list()
        return {each["_id"]: each["count"] for each in found}

    async def _write(self, updates: Iterable[UpdateOne]) -> None:
        if ready := list(updates):
            with translated():
                await self.database.decisions.bulk_write(ready, ordered=False)

    async def _find(self, query: Mapping[str, Any], limit: int, *, order: str | None = None) -> Sequence[Decision]:
        cursor = self.database.decisions.find(query).limit(limit)
        with translated():
            found = await (cursor.sort(order, ASCENDING) if order else cursor).to_list()
        return [decision_from(each) for each in found]


def _closing(decision: Decision) -> Document:
    """From then on it ages."""
    changes = {**step_of(decision), "state": "closed", "is_announced": False}
    return {"$set": changes, "$currentDate": {"closed_at": True}}


def _interrupted(decision: Decision, now: datetime) -> Document:
    return {"_id": _key(decision.id), "state": "attempting", "lease.until": {"$lte": now}}


def _key(hex_id: str) -> bytes:
    return bytes.fromhex(hex_id)
