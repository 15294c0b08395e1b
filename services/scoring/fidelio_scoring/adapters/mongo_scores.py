"""`scores`: one document holds all of a profile's standing, so that no transaction is needed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from pydantic import TypeAdapter
from pymongo import ASCENDING, IndexModel, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.standing import Announced, Evidence, Standing
from fidelio_shared.access.indexes import ACCESS_INDEXES
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.exemptions import EXEMPTIONS
from fidelio_shared.storage.mongo import Database, Document, in_transaction, translated, where_there_already

INDEXES: dict[str, list[IndexModel]] = {
    "scores": [
        IndexModel([("partition", ASCENDING), ("next_review_at", ASCENDING)]),
        IndexModel([("partition", ASCENDING), ("rules", ASCENDING)]),
        IndexModel([("segments.name", ASCENDING), ("_id", ASCENDING)]),
    ],
    EXEMPTIONS: [],
    "rules": [],
    **ACCESS_INDEXES,
}
_STATE_VERSION = 2
_FACTS = msgspec.json.Decoder(Facts)
_ENCODER = msgspec.json.Encoder()
ANNOUNCED = TypeAdapter(Announced)
_TWO_OWNERS = "another process scores the same profiles; check that ordinals are used once"

Placed = tuple[Standing, int]
"""A standing and the partition of `profiles` that its profile is on."""


@dataclass(frozen=True, slots=True)
class Known:
    """`erased`: nothing that is said of them is scored any more."""

    standings: Mapping[ProfileId, Standing]
    erased: frozenset[ProfileId]


@dataclass(frozen=True, slots=True)
class MongoScoreStore:
    database: Database

    async def load(self, profiles: Iterable[ProfileId]) -> Known:
        ids = [bytes.fromhex(each) for each in profiles]
        with translated():
            found = await self.database.scores.find({"_id": {"$in": ids}}).to_list()
        standings = [standing_from(each) for each in found if "erased_at" not in each]
        return Known(
            {each.profile: each for each in standings},
            frozenset(ProfileId(each["_id"].hex()) for each in found if "erased_at" in each),
        )

    async def due(self, partitions: Iterable[int], until: datetime, *, limit: int) -> list[Placed]:
        """Standings with a review due, the earliest first."""
        query = {"partition": {"$in": sorted(partitions)}, "next_review_at": {"$lte": until}}
        with translated():
            found = await self.database.scores.find(query).sort("next_review_at", ASCENDING).limit(limit).to_list()
        return [(standing_from(each), each["partition"]) for each in found]

    async def scored_by_others(self, partitions: Iterable[int], rules: str, *, limit: int) -> list[Placed]:
        """Standings that were scored by other rules than these."""
        other = {"$or": [{"rules": {"$lt": rules}}, {"rules": {"$gt": rules}}]}
        query = {"partition": {"$in": sorted(partitions)}, **other}
        with translated():
            found = await self.database.scores.find(query).limit(limit).to_list()
        return [(standing_from(each), each["partition"]) for each in found]

    async def save(self, standings: Sequence[Placed]) -> None:
        """Each replaces the version that it was computed from. Raises Halted where another process was faster."""
        if not standings:
            return
        writes: list[ReplaceOne[Document]] = [
            ReplaceOne(
                {"_id": bytes.fromhex(each.profile), "version": each.version},
                _document(each, partition),
                upsert=each.version == 0,
            )
            for each, partition in standings
        ]
        await in_transaction(self.database, lambda session: self._replace_all(writes, session))

    async def erase(self, erased: Mapping[ProfileId, Evidence]) -> None:
        """Keeps only that they were. No snapshot comes after such a one."""
        if not erased:
            return
        writes = [
            ReplaceOne({"_id": bytes.fromhex(profile)}, {"erased_at": each.erased_at}, upsert=True)
            for profile, each in erased.items()
        ]
        with translated():
            await self.database.scores.bulk_write(writes, ordered=False)

    async def _replace_all(self, writes: Sequence[ReplaceOne[Document]], session: AsyncClientSession) -> None:
        with where_there_already(Halted(_TWO_OWNERS)):
            result = await self.database.scores.bulk_write(writes, ordered=False, session=session)
        if result.matched_count + result.upserted_count != len(writes):
            raise Halted(_TWO_OWNERS)


def _document(standing: Standing, partition: int) -> Document:
    announced, facts = standing.announced, standing.facts
    return {
        "_id": bytes.fromhex(standing.profile),
        "state_version": _STATE_VERSION,
        "version": standing.version + 1,
        "partition": partition,
        "epoch": standing.epoch,
        "revision": standing.revision,
        "as_of": standing.as_of,
        "rules": standing.rules,
        "facts": _ENCODER.encode(facts) if facts else None,
        "announced": ANNOUNCED.dump_python(announced, mode="json") if announced else None,
        "score_sequence": standing.score_sequence,
        "segments": [{"name": name, "since": since} for name, since in standing.segments.items()],
        "segment_sequence": standing.segment_sequence,
        "next_review_at": standing.next_review_at,
    }


def standing_from(document: Mapping[str, Any]) -> Standing:
    announced, facts, due = document["announced"], document["facts"], document["next_review_at"]
    return Standing(
        profile=ProfileId(document["_id"].hex()),
        version=document["version"],
        epoch=document["epoch"],
        revision=document["revision"],
        as_of=_utc(document["as_of"]),
        rules=document["rules"],
        facts=_FACTS.decode(facts) if facts else None,
        announced=ANNOUNCED.validate_python(announced) if announced else None,
        score_sequence=document["score_sequence"],
        segments={each["name"]: _utc(each["since"]) for each in document["segments"]},
        segment_sequence=document["segment_sequence"],
        next_review_at=_utc(due) if due else None,
    )


def _utc(at: datetime) -> datetime:
    """The driver's own zone is asked for its offset at every comparison, in Python."""
    return at.replace(tzinfo=UTC)
