"""`scores`: one document holds all of a profile's standing, so that no transaction is needed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.heads import HeadScore
from fidelio_scoring.domain.lifecycle import Stage
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.standing import Announced, Evidence, Standing
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.exemptions import EXEMPTIONS
from fidelio_shared.storage.mongo import Database, Document, in_transaction, translated, where_there_already

INDEXES: dict[str, list[IndexModel]] = {
    "scores": [IndexModel([("partition", ASCENDING), ("next_review_at", ASCENDING)])],
    EXEMPTIONS: [],
}
_STATE_VERSION = 1
_TWO_OWNERS = "another process scores the same profiles; check that ordinals are used once"

Placed = tuple[Standing, int]
"""A standing and the partition of `profiles` that its profile is on."""


@dataclass(frozen=True, slots=True)
class MongoScoreStore:
    database: Database

    async def load(self, profiles: Iterable[ProfileId]) -> Mapping[ProfileId, Standing]:
        ids = [bytes.fromhex(each) for each in profiles]
        with translated():
            found = await self.database.scores.find({"_id": {"$in": ids}}).to_list()
        return {each.profile: each for each in (_standing_from(one) for one in found if "erased_at" not in one)}

    async def due(self, partitions: Iterable[int], until: datetime, *, limit: int) -> list[Placed]:
        """Standings with a review due, the earliest first."""
        query = {"partition": {"$in": sorted(partitions)}, "next_review_at": {"$lte": until}}
        with translated():
            found = await self.database.scores.find(query).sort("next_review_at", ASCENDING).limit(limit).to_list()
        return [(_standing_from(each), each["partition"]) for each in found]

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
    announced, days = standing.announced, standing.purchases.days
    first_day = max((days & -days).bit_length() - 1, 0)
    return {
        "_id": bytes.fromhex(standing.profile),
        "state_version": _STATE_VERSION,
        "version": standing.version + 1,
        "partition": partition,
        "epoch": standing.epoch,
        "revision": standing.revision,
        "as_of": standing.as_of,
        "purchases": {
            "first_order_at": standing.purchases.first_order_at,
            "last_order_at": standing.purchases.last_order_at,
            "first_day": first_day,
            "days": f"{days >> first_day:x}",
            "order_count": standing.purchases.order_count,
        },
        "announced": _announced_document(announced) if announced else None,
        "score_sequence": standing.score_sequence,
        "stage": standing.stage.value if standing.stage else None,
        "stage_since": standing.stage_since,
        "segment_sequence": standing.segment_sequence,
        "next_review_at": standing.next_review_at,
    }


def _announced_document(announced: Announced) -> Document:
    return {
        "risk": announced.risk,
        "band": announced.band.value,
        "heads": [
            {
                "name": head.name,
                "log_odds": head.log_odds,
                "baseline": head.baseline,
                "contributions": dict(head.contributions),
            }
            for head in announced.heads
        ],
    }


def _standing_from(document: Mapping[str, Any]) -> Standing:
    announced, purchases = document["announced"], document["purchases"]
    return Standing(
        profile=ProfileId(document["_id"].hex()),
        version=document["version"],
        epoch=document["epoch"],
        revision=document["revision"],
        as_of=document["as_of"],
        purchases=Purchases(
            first_order_at=purchases["first_order_at"],
            last_order_at=purchases["last_order_at"],
            days=int(purchases["days"], 16) << purchases["first_day"],
            order_count=purchases["order_count"],
        ),
        announced=_announced_from(announced) if announced else None,
        score_sequence=document["score_sequence"],
        stage=Stage(document["stage"]) if document["stage"] else None,
        stage_since=document["stage_since"],
        segment_sequence=document["segment_sequence"],
        next_review_at=document["next_review_at"],
    )


def _announced_from(document: Mapping[str, Any]) -> Announced:
    return Announced(
        risk=document["risk"],
        band=Band(document["band"]),
        heads=tuple(
            HeadScore(each["name"], each["log_odds"], each["baseline"], each["contributions"])
            for each in document["heads"]
        ),
    )
