"""`outcomes`: the latest scores and segments and the last notifications of each profile, kept apart from fold's."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.notify import NotificationChanged
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.storage.mongo import Database, only_duplicate_keys, translated

_MOST_NOTIFICATIONS = 20
Outcome = ScoreChanged | SegmentChanged | NotificationChanged


@dataclass(frozen=True, slots=True)
class MongoOutcomeStore:
    database: Database

    async def save(self, outcomes: Iterable[Outcome]) -> None:
        updates = [_update(each) for each in outcomes]
        if not updates:
            return
        with translated():
            try:
                await self.database.outcomes.bulk_write(updates, ordered=True)
            except BulkWriteError as error:
                raise_unless_upsert_race(error)
                await self.database.outcomes.bulk_write(updates, ordered=True)


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
    """The last step of each decision, the latest decisions first."""
    entry = {"$literal": orjson.loads(encode(outcome))}
    others = {
        "$filter": {
            "input": {"$ifNull": ["$notifications", []]},
            "cond": {"$ne": ["$$this.decision", outcome.decision]},
        }
    }
    kept = {"$slice": [{"$concatArrays": [[entry], others]}, _MOST_NOTIFICATIONS]}
    return UpdateOne({"_id": bytes.fromhex(outcome.profile)}, [{"$set": {"notifications": kept}}], upsert=True)
