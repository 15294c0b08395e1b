"""Who is who: why, and what people say of it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response
from pydantic import Field

from fidelio_profile.adapters.mongo_identity import Explanation, MongoIdentityViews
from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.api.answers import existing
from fidelio_profile.api.asking import AskerOf, Asking, view
from fidelio_profile.api.reviews import doubt_view
from fidelio_profile.api.shapes import IdentityExplained, RequestView
from fidelio_profile.domain.people import Link, identifier_of
from fidelio_profile.domain.regrouping import separate, unite
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import Id, answer, refusals
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract, HexId, Identifier

RequestId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="request id, 32 hex digits")]


class Split(Contract):
    """`identifiers`: those of the other person, in their normalised form."""

    identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=100)]


class Merge(Contract):
    """`other`: the profile that is the same person."""

    other: HexId


@dataclass(frozen=True, slots=True)
class IdentityEndpoints:
    views: MongoProfileViews
    identity: MongoIdentityViews
    asking: Asking
    accesses: AccessLog

    def add_to(self, reading: APIRouter, writing: APIRouter) -> None:
        gone, asked = refusals(404, 410), refusals(400, 404, 409)
        reading.get("/profiles/{profile}/identity", response_model=IdentityExplained, responses=gone)(self.explain)
        reading.get("/requests/{request}", response_model=RequestView, responses=refusals(404))(self.request)
        for path, endpoint in (("split", self.split), ("merge", self.merge)):
            writing.post(f"/profiles/{{profile}}/{path}", response_model=RequestView, responses={**asked, 202: _LATER})(
                endpoint
            )

    async def explain(self, profile: Id, visit: VisitOf) -> Response:
        """Why is this one person? The interaction that made each link, the merges, and what was set aside."""
        found = existing(await self.views.whole(ProfileId(profile)))
        final = ProfileId(found["_id"].hex())
        explained = await self.identity.explain(final)
        await self.accesses.record(visit, [final])
        if explained is None:
            raise HTTPException(404, "nothing is known yet of this profile's identity")
        return answer(identity_view(final, explained))

    async def split(self, profile: Id, told: Split, asker: AskerOf) -> Response:
        """Makes another person of these identifiers and of what came under them. Evidence never undoes it."""
        return await self.asking.carry_out(
            asker, [ProfileId(profile)], lambda heads, at: separate(heads[0], told.identifiers, asker.request, at)
        )

    async def merge(self, profile: Id, told: Merge, asker: AskerOf) -> Response:
        """Makes one person of two, whatever the rules say of their identifiers."""
        return await self.asking.carry_out(
            asker,
            [ProfileId(profile), ProfileId(told.other)],
            lambda heads, at: unite(heads, asker.request, at),
        )

    async def request(self, request: RequestId) -> Response:
        """What became of a request."""
        found = await self.asking.requests.found(request)
        if found is None:
            raise HTTPException(404, "no request has this id")
        return answer(view(request, found, is_done=await self.asking.requests.is_done(found)))


_LATER = {"model": RequestView, "description": "Stored; the profiles will show it soon, see GET /requests/{request}"}


def identity_view(profile: ProfileId, explained: Explanation) -> dict[str, object]:
    return {
        "profile": profile,
        "created_at": explained.head.created_at,
        "identifiers": [_link_view(key, each) for key, each in sorted(explained.links.items())],
        "merged": [{"profile": each.profile, "by": each.cause, "at": each.at} for each in explained.merges],
        "apart": sorted(explained.head.apart),
        "doubts": [doubt_view(each) for each in explained.doubts],
    }


def _link_view(key: str, link: Link) -> dict[str, object]:
    return {
        "identifier": identifier_of(key),
        "interaction": link.interaction,
        "at": link.at,
        "is_shared": link.is_shared,
    }
