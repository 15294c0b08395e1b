"""Who looked at a person: what the access records say, also to the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response

from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.api.answers import existing
from fidelio_profile.api.shapes import AccessesPage
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import Cursor, Id, answer, bad_cursor, cursor, moment_before, refusals
from fidelio_shared.access.mongo_accesses import MongoAccessStore
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Document

_PAGE, _LARGEST_PAGE = 50, 500
_KEY_BYTES = 12
Limit = Annotated[int, Query(ge=1, le=_LARGEST_PAGE)]


@dataclass(frozen=True, slots=True)
class AccessEndpoints:
    views: MongoProfileViews
    store: MongoAccessStore
    accesses: AccessLog

    def add_to(self, privacy: APIRouter) -> None:
        told = refusals(400, 404, 410)
        privacy.get("/profiles/{profile}/accesses", response_model=AccessesPage, responses=told)(self.looks)

    async def looks(self, profile: Id, visit: VisitOf, limit: Limit = _PAGE, cursor: Cursor = None) -> Response:
        """Who looked at this person, and at those who became part of it, latest first; this look is the first of them.

        Streams, which show everybody, are not among them.
        """
        before = moment_before(cursor)
        if before and len(before[1]) != _KEY_BYTES:
            raise bad_cursor()
        found = existing(await self.views.whole(ProfileId(profile)))
        await self.accesses.record(visit, [ProfileId(found["_id"].hex())])
        page = await self.store.page([found["_id"], *found.get("members", ())], before=before, limit=limit + 1)
        return answer(_page(page, limit))


def _page(found: Sequence[Document], limit: int) -> dict[str, object]:
    """`found` holds one more than `limit` where more follow."""
    last = found[limit - 1] if len(found) > limit else None
    following = cursor((instant(last["at"]), last["_id"].binary.hex())) if last else None
    shown = [{name: each[name] for name in ("at", "who", "what", "purpose")} for each in found[:limit]]
    return {"accesses": shown, "next": following}
