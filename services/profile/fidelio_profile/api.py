"""The profile over HTTP: one view of the person, and the way there from any identifier."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Path, Query, Response
from fastapi.responses import JSONResponse

from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.errors import Unavailable

_LARGEST_PAGE = 200
NO_PROFILE = "no profile has this id"
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="profile id, 32 hex digits")]
KnownTags = Annotated[
    str, Header(alias="If-None-Match", description="ETag of an earlier answer: 304 where it still holds")
]


@dataclass(frozen=True, slots=True)
class ProfileApi:
    views: MongoProfileViews

    def open_on(self, application: FastAPI, api_key: str) -> None:
        routes = APIRouter(dependencies=[Depends(_key_check(api_key))])
        routes.get("/profiles/{profile}")(self.profile)
        routes.get("/profiles/by/{kind}/{value:path}")(self.profile_by)
        routes.get("/profiles/{profile}/timeline")(self.timeline)
        application.include_router(routes)
        application.exception_handler(Unavailable)(_unavailable)

    async def profile(self, profile: Id, known: KnownTags = "") -> Response:
        """The unified profile with its latest scores, segments and notifications. The ETag covers them all."""
        found = await self.views.whole(ProfileId(profile))
        if found is None:
            raise HTTPException(404, NO_PROFILE)
        return _tagged(_whole_view(found), known)

    async def profile_by(
        self,
        kind: Annotated[str, Path(max_length=128)],
        value: Annotated[str, Path(max_length=512)],
        known: KnownTags = "",
    ) -> Response:
        """The same, by an identifier in its normalised form, for example /profiles/by/email/ann@example.org."""
        owner = await self.views.owner(kind, value)
        if owner is None:
            raise HTTPException(404, "no profile holds this identifier; e-mail in lower case, phone as +33…")
        return await self.profile(owner, known)

    async def timeline(
        self,
        profile: Id,
        limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 50,
        cursor: Annotated[str | None, Query(max_length=128)] = None,
    ) -> Response:
        """The person's interactions, latest first; `next` is the cursor of the following page."""
        page = await self.views.timeline(ProfileId(profile), before=_position(cursor), limit=limit)
        if not page and cursor is None and await self.views.whole(ProfileId(profile)) is None:
            raise HTTPException(404, NO_PROFILE)
        following = _cursor(page[-1]) if len(page) == limit else None
        entries = [orjson.Fragment(each["body"]) for each in page]
        return Response(encode({"interactions": entries, "next": following}), media_type="application/json")


def _key_check(api_key: str) -> Callable[[str], None]:
    expected = hashlib.sha256(api_key.encode()).digest()

    def check(x_api_key: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(hashlib.sha256(x_api_key.encode()).digest(), expected):
            raise HTTPException(401, "X-API-Key is missing or wrong")

    return check


async def _unavailable(_: object, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=503)


def _whole_view(found: Mapping[str, Any]) -> dict[str, Any]:
    outcomes = found["outcomes"][0] if found["outcomes"] else {}
    return {
        "profile": found["_id"].hex(),
        "epoch": found["epoch"],
        "revision": found["revision"],
        "state": found["state"],
        "outcomes": {name: outcomes.get(name) for name in ("scores", "segments", "notifications")},
    }


def _tagged(view: dict[str, Any], known: str) -> Response:
    body = encode(view)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if known.strip() == "*" or tag in [each.strip().removeprefix("W/") for each in known.split(",")]:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})


def _cursor(entry: Mapping[str, Any]) -> str:
    raw = f"{instant(entry['occurred_at'])}|{entry['_id'].hex()}"
    return base64.urlsafe_b64encode(raw.encode()).decode()


def _position(cursor: str | None) -> tuple[datetime, bytes] | None:
    if cursor is None:
        return None
    try:
        at, _, key = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return datetime.fromisoformat(at), bytes.fromhex(key)
    except (ValueError, binascii.Error) as error:
        raise HTTPException(400, "cursor is not one that an earlier page gave") from error
