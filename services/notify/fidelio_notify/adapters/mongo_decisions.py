"""`decisions`: the ledger. A step is stored before it is announced, and an attempt before the call it stands for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from fidelio_notify.domain.decisions import Proposal
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import Failure, Reason, Step, Verdict
from fidelio_shared.contracts.scoring import Facts
from fidelio_shared.storage.exemptions import EXEMPTIONS
from fidelio_shared.storage.mongo import Database, Document, translated

_KEPT_SECONDS = 400 * 86_400
INDEXES: dict[str, list[IndexModel]] = {
    "contacts": [],
    EXEMPTIONS: [],
    "decisions": [
        IndexModel([("partition", ASCENDING), ("state", ASCENDING), ("release_at", ASCENDING)]),
        IndexModel([("partition", ASCENDING), ("is_announced", ASCENDING)]),
        IndexModel([("profile", ASCENDING), ("attempted_at", ASCENDING)]),
        IndexModel([("stored_at", ASCENDING)], expireAfterSeconds=_KEPT_SECONDS),
    ],
}


@dataclass(frozen=True, slots=True)
class Sent:
    message_id: str
    to: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`step` is the last one taken and still to be announced, or announced; `at` when it was taken."""

    proposal: Proposal
    step: Step
    at: datetime
    verdicts: tuple[Verdict, ...]
    sent: Sent | None
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class MongoDecisionStore:
    database: Database

    async def insert(self, proposals: Iterable[tuple[Proposal, int]], *, stored_at: datetime) -> None:
        """A decision that is there already stays as it is: one per cause, however often the cause is read."""
        updates = [
            UpdateOne(
                {"_id": bytes.fromhex(each.decision)},
                {"$setOnInsert": _document(each, partition, stored_at)},
                upsert=True,
            )
            for each, partition in proposals
        ]
        if updates:
            with translated():
                await self.database.decisions.bulk_write(updates, ordered=False)

    async def unannounced(self, partitions: Sequence[int], *, limit: int) -> Sequence[Decision]:
        return await self._find({"partition": {"$in": partitions}, "is_announced": False}, limit)

    async def announced(self, decisions: Iterable[Decision]) -> None:
        """Only the step that was announced: a later one may have been stored meanwhile."""
        updates = [
            UpdateOne(
                {"_id": bytes.fromhex(each.proposal.decision), "step": each.step}, {"$set": {"is_announced": True}}
            )
            for each in decisions
        ]
        if updates:
            with translated():
                await self.database.decisions.bulk_write(updates, ordered=False)

    async def releasable(self, partitions: Sequence[int], until: datetime, *, limit: int) -> Sequence[Decision]:
        query = {"partition": {"$in": partitions}, "state": "open", "release_at": {"$lte": until}, "is_announced": True}
        return await self._find(query, limit)

    async def interrupted(self, partitions: Sequence[int], *, limit: int) -> Sequence[Decision]:
        """Attempts whose end was never recorded: nobody can say whether the provider took the message."""
        return await self._find({"partition": {"$in": partitions}, "state": "attempting"}, limit)

    async def attempts_since(self, profiles: Iterable[ProfileId], since: datetime) -> Mapping[ProfileId, int]:
        """Of those who had any."""
        query = {"profile": {"$in": [bytes.fromhex(each) for each in profiles]}, "attempted_at": {"$gte": since}}
        counts: list[Document] = [{"$match": query}, {"$group": {"_id": "$profile", "count": {"$sum": 1}}}]
        with translated():
            found = await (await self.database.decisions.aggregate(counts)).to_list()
        return {ProfileId(each["_id"].hex()): each["count"] for each in found}

    async def forget(self, profiles: Iterable[ProfileId]) -> None:
        """Whatever was decided for them, with what it was decided on."""
        with translated():
            await self.database.decisions.delete_many({"profile": {"$in": [bytes.fromhex(each) for each in profiles]}})

    async def begin_attempt(self, decision: str, *, at: datetime) -> bool:
        """False where it is no longer open: somebody else attempted it."""
        with translated():
            result = await self.database.decisions.update_one(
                {"_id": bytes.fromhex(decision), "state": "open"},
                {"$set": {"state": "attempting", "attempted_at": at}},
            )
        return result.modified_count == 1

    async def defer(self, decisions: Iterable[str], *, at: datetime, until: datetime) -> None:
        """They make room for others, and are announced as deferred, each once however often it is deferred."""
        changes = {"step": "deferred", "at": at, "release_at": until, "is_announced": False}
        updates = [UpdateOne({"_id": bytes.fromhex(each), "state": "open"}, {"$set": changes}) for each in decisions]
        if updates:
            with translated():
                await self.database.decisions.bulk_write(updates, ordered=False)

    async def suppress(self, suppressed: Iterable[tuple[str, Sequence[Verdict]]], *, at: datetime) -> None:
        updates = [
            UpdateOne({"_id": bytes.fromhex(decision)}, {"$set": _closing("suppressed", at=at, verdicts=verdicts)})
            for decision, verdicts in suppressed
        ]
        if updates:
            with translated():
                await self.database.decisions.bulk_write(updates, ordered=False)

    async def succeed(self, decision: str, sent: Sent, *, at: datetime, verdicts: Sequence[Verdict]) -> None:
        await self._close(decision, _closing("sent", at=at, verdicts=verdicts, sent=sent))

    async def fail(self, decision: str, failure: Failure, *, at: datetime, verdicts: Sequence[Verdict]) -> None:
        await self._close(decision, _closing("failed", at=at, verdicts=verdicts, failure=failure))

    async def _close(self, decision: str, changes: Document) -> None:
        with translated():
            await self.database.decisions.update_one({"_id": bytes.fromhex(decision)}, {"$set": changes})

    async def _find(self, query: Mapping[str, Any], limit: int) -> Sequence[Decision]:
        with translated():
            found = await self.database.decisions.find(query).sort("release_at", ASCENDING).limit(limit).to_list()
        return [_decision_from(each) for each in found]


def _closing(
    step: Step,
    *,
    at: datetime,
    verdicts: Sequence[Verdict],
    sent: Sent | None = None,
    failure: Failure | None = None,
) -> Document:
    return {
        "state": "closed",
        "step": step,
        "at": at,
        "verdicts": [each.model_dump() for each in verdicts],
        "sent": {"message_id": sent.message_id, "to": sent.to} if sent else None,
        "failure": failure,
        "is_announced": False,
    }


def _document(proposal: Proposal, partition: int, stored_at: datetime) -> Document:
    return {
        "partition": partition,
        "profile": bytes.fromhex(proposal.profile),
        "reason": proposal.reason.model_dump(),
        "facts": proposal.facts.model_dump(),
        "caused_at": proposal.caused_at,
        "is_historical": proposal.is_historical,
        "deadline": proposal.deadline,
        "release_at": proposal.reason.at,
        "state": "open",
        "step": "decided",
        "at": proposal.reason.at,
        "verdicts": [],
        "sent": None,
        "failure": None,
        "attempted_at": None,
        "is_announced": False,
        "stored_at": stored_at,
    }


def _decision_from(document: Mapping[str, Any]) -> Decision:
    proposal = Proposal(
        decision=document["_id"].hex(),
        profile=ProfileId(document["profile"].hex()),
        reason=Reason.model_validate(document["reason"]),
        facts=Facts.model_validate(document["facts"]),
        caused_at=document["caused_at"],
        is_historical=document["is_historical"],
        deadline=document["deadline"],
    )
    return Decision(
        proposal=proposal,
        step=document["step"],
        at=document["at"],
        verdicts=tuple(Verdict.model_validate(each) for each in document["verdicts"]),
        sent=Sent(**document["sent"]) if document["sent"] else None,
        failure=document.get("failure"),
    )
