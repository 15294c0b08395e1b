"""One person: the 360° view, by id or identifier, and the timeline."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Path, Query, Response

from fidelio_profile.adapters.mongo_views import FIRST_PAGE, PARTS, MongoProfileViews, Selection
from fidelio_profile.api.answers import existing
from fidelio_profile.api.shapes import ProfileView, TimelinePage
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import (
    NOT_MODIFIED,
    Cursor,
    Id,
    KnownTags,
    answer,
    cursor,
    moment_before,
    refusals,
    tagged,
)
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import ToldInstant
from fidelio_shared.storage.mongo import Document

_LARGEST_PAGE = 200
_PART = "(timeline|outcomes|identity)"
Include = Annotated[
    str,
    Query(
        pattern=f"^({_PART}(,{_PART}){{0,2}})?$",
        description="comma-separated: timeline (first page), outcomes, identity",
    ),
]
Kind = Annotated[str, Path(max_length=128, description="of the identifier, such as email")]
Value = Annotated[str, Path(max_length=512, description="in its normalised form: e-mail in lower case, phone as +33…")]
Channels = Annotated[list[str] | None, Query(alias="channel", max_length=20, description="only these; may be repeated")]
Types = Annotated[list[str] | None, Query(alias="type", max_length=20, description="only these; may be repeated")]
Since = Annotated[ToldInstant | None, Query(description="occurred then or later, such as 2026-03-01T00:00:00Z")]
Until = Annotated[ToldInstant | None, Query(description="occurred before")]


@dataclass(frozen=True, slots=True)
class ProfileEndpoints:
    views: MongoProfileViews
    accesses: AccessLog

    def add_to(self, routes: APIRouter) -> None:
        view = {**NOT_MODIFIED, **refusals(404, 410)}
        routes.get("/profiles/{profile}", response_model=ProfileView, responses=view)(self.profile)
        routes.get("/profiles/by/{kind}/{value:path}", response_model=ProfileView, responses=view)(self.profile_by)
        routes.get("/profiles/{profile}/timeline", response_model=TimelinePage, responses=refusals(400, 404, 410))(
            self.timeline
        )

    async def profile(
        self, profile: Id, visit: VisitOf, include: Include = "outcomes", known: KnownTags = ""
    ) -> Response:
        """The unified profile with what is asked for beside it; the ETag covers it all.

        A profile that was merged is answered by the one that it has become, which then says `merged_from`.
        """
        found = existing(await self.views.whole(ProfileId(profile), _parts(include)))
        await self.accesses.record(visit, [_id(found)])
        merged_from = {"merged_from": profile} if _id(found) != profile else {}
        return tagged({**_view(found), **merged_from}, known)

    async def profile_by(
        self, kind: Kind, value: Value, visit: VisitOf, include: Include = "outcomes", known: KnownTags = ""
    ) -> Response:
        """The same, by an identifier in its normalised form, for example /profiles/by/email/ann@example.org."""
        found = await self.views.whole_by(kind, value, _parts(include))
        if found is None:
            raise HTTPException(404, "no profile holds this identifier; e-mail in lower case, phone as +33…")
        await self.accesses.record(visit, [_id(existing(found))])
        return tagged(_view(existing(found)), known)

    async def timeline(
        self,
        profile: Id,
        visit: VisitOf,
        *,
        channels: Channels = None,
        types: Types = None,
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = FIRST_PAGE,
        cursor: Cursor = None,
    ) -> Response:
        """The person's interactions, latest first; `next` is the cursor of the following page."""
        before = moment_before(cursor)
        selection = selected(channels or (), types or (), since, until)
        found = existing(await self.views.whole(ProfileId(profile)))
        ids = [found["_id"], *found.get("members", ())]
        _, page = await asyncio.gather(
            self.accesses.record(visit, [_id(found)]),
            self.views.timeline(ids, selection, before=before, limit=limit + 1),
        )
        return answer(_page(page, limit))


def selected(
    channels: Sequence[str], types: Sequence[str], since: datetime | None, until: datetime | None
) -> Selection:
    try:
        return Selection(channels, types, *(each and each.astimezone(UTC) for each in (since, until)))
    except OverflowError as error:
        raise HTTPException(422, "since and until lie within the years 1 to 9999 of UTC") from error


def _parts(include: str) -> list[str]:
    return sorted(set(include.split(",")) & PARTS.keys())


def _id(found: Document) -> ProfileId:
    return ProfileId(found["_id"].hex())


def _view(found: Mapping[str, Any]) -> dict[str, object]:
    view: dict[str, object] = {
        "profile": found["_id"].hex(),
        "epoch": found["epoch"],
        "revision": found["revision"],
        "state": found["state"],
    }
    if "refolding" in found:
        view["is_refolding"] = True
    if "outcomes" in found:
        outcomes = found["outcomes"][0] if found["outcomes"] else {}
        view["outcomes"] = {name: outcomes.get(name) for name in ("scores", "segments", "notifications")}
    if "heads" in found:
        keys = (key.split(":", 1) for head in found["heads"] for key in head["keys"])
        view["identity"] = {"identifiers": [{"kind": kind, "value": value} for kind, value in keys]}
    if "timeline" in found:
        view["timeline"] = _page(found["timeline"], FIRST_PAGE)
    return view


def _page(found: Sequence[Document], limit: int) -> dict[str, object]:
    """`found` holds one more than `limit` where more follow."""
    last = found[limit - 1] if len(found) > limit else None
    following = cursor((instant(last["occurred_at"]), last["_id"].hex())) if last else None
    return {"interactions": [orjson.Fragment(each["body"]) for each in found[:limit]], "next": following}
