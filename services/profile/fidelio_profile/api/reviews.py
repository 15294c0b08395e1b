"""Doubts for people to settle: what a strong identifier said, and a rule forbade."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Response

from fidelio_profile.adapters.mongo_identity import Doubt, MongoIdentityViews
from fidelio_profile.api.asking import Asker, AskerOf, Asking
from fidelio_profile.api.shapes import Review, ReviewsPage
from fidelio_profile.domain.people import identity_key
from fidelio_profile.domain.regrouping import attach, keep_apart, unite_unless_one
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import Cursor, answer, cursor, key_behind, refusals
from fidelio_shared.contracts.ids import ProfileId, hash16

_PAGE, _LARGEST_PAGE = 20, 100
Status = Literal["open", "confirmed", "rejected"]
ReviewId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="review id, 32 hex digits")]
Limit = Annotated[int, Query(ge=1, le=_LARGEST_PAGE)]


@dataclass(frozen=True, slots=True)
class ReviewEndpoints:
    identity: MongoIdentityViews
    asking: Asking
    accesses: AccessLog

    def add_to(self, reading: APIRouter, writing: APIRouter) -> None:
        reading.get("/identity/reviews", response_model=ReviewsPage, responses=refusals(400))(self.reviews)
        told = refusals(400, 404, 409)
        for path, endpoint in (("confirm", self.confirm), ("reject", self.reject)):
            writing.post(f"/identity/reviews/{{review}}/{path}", response_model=Review, responses=told)(endpoint)

    async def reviews(
        self, visit: VisitOf, status: Status = "open", limit: Limit = _PAGE, cursor: Cursor = None
    ) -> Response:
        """Merges that a rule refused and identifiers that were set aside, each once however often it came up."""
        found = await self.identity.doubts(status, key_behind(cursor), limit)
        await self.accesses.record(visit, _shown(found))
        following = _cursor_behind(found[-1]) if len(found) == limit else None
        return answer({"reviews": [_review_view(each) for each in found], "next": following})

    async def confirm(self, review: ReviewId, asker: AskerOf) -> Response:
        """It is the same person: the profiles are merged, or the identifier is added."""
        doubt = await self._open_doubt(review)
        asked = Asker(asker.name, hash16("confirm", review))
        identifier = doubt.demotion.identifier
        owner = doubt.demotion.owner or await self.identity.owner(identity_key(identifier))
        if owner:
            await self.asking.decide(
                asked, [doubt.profile, owner], lambda heads, at: unite_unless_one(heads, asked.request, at)
            )
        else:
            await self.asking.decide(
                asked, [doubt.profile], lambda heads, at: attach(heads[0], identifier, asked.request, at)
            )
        return await self._settled(doubt, "confirmed", asker)

    async def reject(self, review: ReviewId, asker: AskerOf) -> Response:
        """They are two: no evidence will merge them."""
        doubt = await self._open_doubt(review)
        if doubt.demotion.owner:
            asked = Asker(asker.name, hash16("reject", review))
            await self.asking.decide(
                asked, [doubt.profile, doubt.demotion.owner], lambda heads, _: keep_apart(heads[0], heads[1])
            )
        return await self._settled(doubt, "rejected", asker)

    async def _open_doubt(self, review: str) -> Doubt:
        doubt = await self.identity.doubt(review)
        if doubt is None:
            raise HTTPException(404, "no review has this id")
        if doubt.status != "open":
            raise HTTPException(409, f"this review was {doubt.status} before")
        return doubt

    async def _settled(self, doubt: Doubt, status: Status, asker: Asker) -> Response:
        await self.identity.settle(doubt.id, status, asker.name)
        return answer(_review_view(replace(doubt, status=status)))


def doubt_view(doubt: Doubt) -> dict[str, object]:
    demotion = doubt.demotion
    return {
        "review": doubt.id,
        "identifier": demotion.identifier,
        "reason": demotion.reason,
        "kind": demotion.kind,
        "owner": demotion.owner,
        "interaction": doubt.interaction,
        "at": doubt.at,
        "status": doubt.status,
    }


def _review_view(doubt: Doubt) -> dict[str, object]:
    return {**doubt_view(doubt), "profile": doubt.profile}


def _shown(doubts: Iterable[Doubt]) -> Iterable[ProfileId]:
    return sorted({each for doubt in doubts for each in (doubt.profile, doubt.demotion.owner) if each})


def _cursor_behind(doubt: Doubt) -> str | None:
    return cursor((doubt.id,))
