"""The right to be forgotten: what would go, asking for it, and what became of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response

from fidelio_profile.adapters.mongo_erasures import Erasure, MongoErasureStore
from fidelio_profile.adapters.mongo_identity import MongoIdentityViews
from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.api.answers import existing
from fidelio_profile.api.asking import AskerOf
from fidelio_profile.api.shapes import ErasurePreview, ErasureView
from fidelio_profile.domain.people import identifier_of
from fidelio_profile.domain.suppression import suppressed_keys
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import Id, answer, refusals
from fidelio_shared.contracts.erasures import STORES
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.topics import ANY_CHANNEL, gone_after, topics_for

ErasureId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="erasure id, 32 hex digits")]


@dataclass(frozen=True, slots=True)
class ErasureEndpoints:
    views: MongoProfileViews
    identity: MongoIdentityViews
    erasures: MongoErasureStore
    accesses: AccessLog
    hold: timedelta

    def add_to(self, privacy: APIRouter) -> None:
        gone = refusals(404, 410)
        privacy.get("/profiles/{profile}/erasure", response_model=ErasurePreview, responses=gone)(self.preview)
        privacy.post("/profiles/{profile}/erase", status_code=202, response_model=ErasureView, responses=gone)(self.ask)
        privacy.get("/erasures/{erasure}", response_model=ErasureView, responses=refusals(404))(self.erasure)
        privacy.delete("/erasures/{erasure}", response_model=ErasureView, responses=refusals(404, 409))(self.cancel)

    async def preview(self, profile: Id, visit: VisitOf) -> Response:
        """What an erasure would remove, and what would go on working for others."""
        found = existing(await self.views.whole(ProfileId(profile)))
        final = ProfileId(found["_id"].hex())
        explained = await self.identity.explain(final)
        await self.accesses.record(visit, [final])
        links = explained.links if explained else {}
        alone = suppressed_keys(links)
        ids = [found["_id"], *found.get("members", ())]
        return answer(
            {
                "profile": final,
                "profiles": [each.hex() for each in ids],
                "interactions": await self.views.count_timeline(ids),
                "identifiers": [identifier_of(each) for each in sorted(links)],
                "kept_for_others": [identifier_of(each) for each in sorted(links.keys() - set(alone))],
                "hold_hours": self.hold.total_seconds() / 3600,
            }
        )

    async def ask(self, profile: Id, asker: AskerOf) -> Response:
        """Begins after the hold; until then it can be cancelled."""
        found = existing(await self.views.whole(ProfileId(profile)))
        await self.erasures.ask([(asker.request, ProfileId(found["_id"].hex()))], by=asker.name, hold=self.hold)
        response = answer(_view(await self._existing(asker.request)))
        response.status_code = 202
        return response

    async def erasure(self, erasure: ErasureId) -> Response:
        """How far it is, and by when the last copies leave each topic."""
        return answer(_view(await self._existing(erasure)))

    async def cancel(self, erasure: ErasureId) -> Response:
        """Only while it is held."""
        await self._existing(erasure)
        if not await self.erasures.cancel(erasure):
            raise HTTPException(409, "this erasure has begun, or was cancelled before")
        return answer(_view(await self._existing(erasure)))

    async def _existing(self, erasure: str) -> Erasure:
        found = await self.erasures.find(erasure)
        if found is None:
            raise HTTPException(404, "no erasure has this id")
        return found


def _view(erasure: Erasure) -> dict[str, object]:
    at = erasure.at
    wanted = [f"{store}:{profile}" for store in STORES for profile in erasure.profiles]
    topics = [{"topic": each.name, "by": at + gone_after(each)} for each in topics_for([ANY_CHANNEL])] if at else []
    return {
        "erasure": erasure.id,
        "profile": erasure.profile,
        "profiles": erasure.profiles,
        "step": erasure.step,
        "due_at": erasure.due_at if erasure.step == "held" else None,
        "begun_at": at,
        "waiting_for": sorted({each.partition(":")[0] for each in wanted if each not in erasure.confirmed}),
        "topics": topics,
    }
