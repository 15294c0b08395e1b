"""`outcomes`: the latest scores and segments and the last notifications of each profile, kept apart from fold's."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.notify import NotificationChanged, Step
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.storage.mongo import Database, Document, only_duplicate_keys, translated

_MOST_NOTIFICATIONS = 20
_STEPS: tuple[Step, ...] = ("decided", "deferred", "suppressed", "failed", "sent")
"""A later one is never undone by an earlier one that comes late."""
Outcome = ScoreChanged | SegmentChanged | NotificationChanged


@dataclass(frozen=True, slots=True)
class MongoOutcomeStore:
    database: Database

    async def save(self, outcomes: Iterable[Outcome]) -> None:
        """No update depends on their order, so that none waits for another, and all can be repeated."""
        updates = [_update(each) for each in outcomes]
        if not updates:
            return
        with translated():
            try:
                await self.database.outcomes.bulk_write(updates, ordered=False)
            except BulkWriteError as error:
                raise_unless_upsert_race(error)
                await self.database.outcomes.bulk_write(updates, ordered=False)


def raise_unless_upsert_race(error: BulkWriteError) -> None:
    """Two upserts of one new document at once: one finds the other's and fails; it succeeds when repeated."""
    if not only_duplicate_keys(error):
        raise error


def _update(outcome: Outcome) -> UpdateOne:
    if isinstance(outcome, NotificationChanged):
        return _append(outcome)
    name = "scores" if isinstance(outcome, ScoreChanged) else "segments"
    return _replace_if_newer(name, outcome)


def _replace_if_newer(name: str, outcome: ScoreChanged | SegmentChanged) -> UpdateOne:
    """The comparison is made by the server, inside the update: no order of arrival can put back an older one."""
    incoming = {"$literal": orjson.loads(encode(outcome))}
    known = [{"$ifNull": [f"${name}.epoch", -1]}, {"$ifNull": [f"${name}.sequence", -1]}]
    is_newer = {"$gt": [[outcome.epoch, outcome.sequence], known]}
    pipeline: list[dict[str, Any]] = [{"$set": {name: {"$cond": [is_newer, incoming, f"${name}"]}}}]
    return UpdateOne({"_id": bytes.fromhex(outcome.profile)}, pipeline, upsert=True)


def _append(outcome: NotificationChanged) -> UpdateOne:
    """The last step of each decision; the decisions with the latest reasons, latest first.

    A decision's reason never changes, so what is cut off here would be cut off in any order of arrival.
    """
    entry = orjson.loads(encode(outcome))
    known = _of_decision("$eq", outcome.decision)
    incoming_rank = [_STEPS.index(outcome.step), entry["at"], {"$literal": entry}]
    known_rank = [{"$indexOfArray": [_STEPS, "$$known.step"]}, "$$known.at", "$$known"]
    latest = {"$let": {"vars": {"known": {"$first": known}}, "in": {"$last": {"$max": [incoming_rank, known_rank]}}}}
    every = {"$concatArrays": [[latest], _of_decision("$ne", outcome.decision)]}
    latest_first = {"$sortArray": {"input": every, "sortBy": {"reason.at": -1, "decision": 1}}}
    kept = {"$slice": [latest_first, _MOST_NOTIFICATIONS]}
    return UpdateOne({"_id": bytes.fromhex(outcome.profile)}, [{"$set": {"notifications": kept}}], upsert=True)


def _of_decision(comparison: str, decision: str) -> Document:
    """What is kept of this decision, or of the others."""
    condition = {comparison: ["$$this.decision", decision]}
    return {"$filter": {"input": {"$ifNull": ["$notifications", []]}, "cond": condition}}
