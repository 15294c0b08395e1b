"""`exposures`: the first time that a playbook would have written to a profile's person, and what became of them."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from fidelio_notify.domain.uplift.exposures import Exposure, Mark, RiskAfter
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.storage.mongo import Database, Document, translated

_KEPT_SECONDS = 400 * 86_400
_PAGE = 1000
EXPOSURES: dict[str, list[IndexModel]] = {
    "exposures": [
        IndexModel([("profile", ASCENDING), ("goal_until", ASCENDING)]),
        IndexModel([("playbook", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("stored_at", ASCENDING)], expireAfterSeconds=_KEPT_SECONDS),
    ]
}


@dataclass(frozen=True, slots=True)
class MongoExposureStore:
    database: Database

    async def expose(self, exposures: Sequence[tuple[Exposure, int]], *, stored_at: datetime) -> Sequence[Exposure]:
        """With each its partition. Of each the one that counts, in their order: the first that was ever stored."""
        updates = [
            UpdateOne({"_id": _id(each)}, {"$setOnInsert": _document(each, partition, stored_at)}, upsert=True)
            for each, partition in exposures
        ]
        if not updates:
            return ()
        with translated():
            result = await self.database.exposures.bulk_write(updates, ordered=False)
            new = result.upserted_ids or {}
            others = [_id(each) for at, (each, _) in enumerate(exposures) if at not in new]
            found = await self.database.exposures.find({"_id": {"$in": others}}).to_list() if others else []
        await self._forget_erased(exposures[at][0].profile for at in new)
        stored = {each["_id"]: _exposure_from(each) for each in found}
        return [stored.get(_id(each), each) for each, _ in exposures]

    async def _forget_erased(self, profiles: Iterable[ProfileId]) -> None:
        """An erasure may have passed between the judging of somebody and this."""
        query = {"_id": {"$in": [bytes.fromhex(each) for each in profiles]}, "erased_at": {"$exists": True}}
        with translated():
            erased = await self.database.contacts.find(query, {"_id": 1}).to_list()
        if erased:
            await self.forget(ProfileId(each["_id"].hex()) for each in erased)

    async def of(self, wanted: Iterable[tuple[str, ProfileId]]) -> Sequence[Exposure]:
        """Of these playbooks and profiles, those that there are."""
        ids = [bytes.fromhex(hash16("exposure", playbook, profile)) for playbook, profile in wanted]
        if not ids:
            return ()
        with translated():
            found = await self.database.exposures.find({"_id": {"$in": ids}}).to_list()
        return [_exposure_from(each) for each in found]

    async def open_of(self, profiles: Iterable[ProfileId], *, since: datetime) -> Sequence[Exposure]:
        """Those whose time was not over then."""
        query = {"profile": {"$in": [bytes.fromhex(each) for each in profiles]}, "goal_until": {"$gte": since}}
        with translated():
            found = await self.database.exposures.find(query).to_list()
        return [_exposure_from(each) for each in found]

    async def mark(self, marks: Iterable[Mark]) -> None:
        """The earliest goal and the latest risk stay, in whatever order and however often they are told."""
        updates = [UpdateOne({"_id": _id(each)}, update) for each in marks if (update := _update(each))]
        if updates:
            with translated():
                await self.database.exposures.bulk_write(updates, ordered=False)

    async def forget(self, profiles: Iterable[ProfileId]) -> None:
        with translated():
            await self.database.exposures.delete_many({"profile": {"$in": [bytes.fromhex(each) for each in profiles]}})

    async def playbooks(self) -> Sequence[str]:
        """Of which anybody was exposed."""
        with translated():
            return sorted(await self.database.exposures.distinct("playbook"))

    async def latest(self) -> datetime | None:
        """When anybody was exposed last, to any playbook."""
        latest = [found[0]["at"] for playbook in await self.playbooks() if (found := await self._latest_of(playbook))]
        return max(latest, default=None)

    async def _latest_of(self, playbook: str) -> Sequence[Document]:
        with translated():
            query = self.database.exposures.find({"playbook": playbook}, {"at": 1})
            return await query.sort([("playbook", -1), ("at", -1)]).limit(1).to_list()

    async def pages(self, playbook: str, *, since: datetime | None) -> AsyncIterator[Sequence[Exposure]]:
        """Of those who were exposed since then."""
        query: Document = {"playbook": playbook} | ({"at": {"$gte": since}} if since else {})
        with translated():
            cursor = self.database.exposures.find(query).batch_size(_PAGE)
            while found := await cursor.to_list(_PAGE):
                yield [_exposure_from(each) for each in found]


def _id(named: Exposure | Mark) -> bytes:
    return bytes.fromhex(hash16("exposure", named.playbook, named.profile))


def _document(exposure: Exposure, partition: int, stored_at: datetime) -> Document:
    """What is not known yet has no field: MongoDB takes null for less than any instant."""
    document = {name: value for name, value in asdict(exposure).items() if value is not None}
    return document | {
        "profile": bytes.fromhex(exposure.profile),
        "goal": sorted(exposure.goal),
        "partition": partition,
        "stored_at": stored_at,
    }


def _update(mark: Mark) -> Document:
    """`risk_after` is compared field by field, as its own order does."""
    changes: dict[str, Document] = {
        "$min": {"goal_at": mark.goal_at},
        "$max": {"risk_after": asdict(mark.risk_after) if mark.risk_after else None},
    }
    known = {how: {name: value for name, value in each.items() if value is not None} for how, each in changes.items()}
    return {how: each for how, each in known.items() if each}


def _exposure_from(document: Mapping[str, Any]) -> Exposure:
    risk_after = document.get("risk_after")
    known = {name: document[name] for name in Exposure.__dataclass_fields__ if name in document}
    return Exposure(
        **known
        | {
            "profile": ProfileId(document["profile"].hex()),
            "goal": frozenset(document["goal"]),
            "risk_after": RiskAfter(**risk_after) if risk_after else None,
        }
    )
