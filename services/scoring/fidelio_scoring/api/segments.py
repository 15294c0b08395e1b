"""Segments: what there is, who is in one, and why."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from fidelio_scoring.adapters.mongo_standings import Member, MongoStandings
from fidelio_scoring.api.answers import existing
from fidelio_scoring.api.explaining import explained
from fidelio_scoring.api.shapes import CountView, ExplanationView, Form, MembersPage, SegmentsView
from fidelio_scoring.domain.segments.definitions import Segment
from fidelio_scoring.handlers import RulesInUse
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import Cursor, Id, answer, cursor, key_behind, refusals
from fidelio_shared.access.streams import NDJSON, Places
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import ToldInstant
from fidelio_shared.messaging.stream_clock import ReadTime

_PAGE, _LARGEST_PAGE = 100, 1_000
_CSV = "text/csv"
_JSON: Form = "json"
_FORMS: Mapping[str, Form] = {_CSV: "csv", NDJSON: "ndjson"}
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Name = Annotated[str, Path(alias="segment", pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Limit = Annotated[int, Query(ge=1, le=_LARGEST_PAGE)]
Wanted = Annotated[
    Form | None, Query(alias="format", description="csv and ndjson are the whole segment; Accept says so, too")
]
At = Annotated[
    ToldInstant | None, Query(description="when; else now, and on the stream clock the time last used for the profile")
]


async def form_of(request: Request, wanted: Wanted = None) -> Form:
    """What is asked for by name comes first, then what is accepted."""
    if wanted:
        return wanted
    told = [each.split(";")[0].strip() for each in request.headers.get("accept", "").split(",")]
    return next((_FORMS[each] for each in told if each in _FORMS), _JSON)


FormOf = Annotated[Form, Depends(form_of)]


@dataclass(frozen=True, slots=True)
class SegmentEndpoints:
    """`now`: None of the stream clock, where each profile has the time last used for it."""

    standings: MongoStandings
    in_use: RulesInUse
    accesses: AccessLog
    places: Places
    now: ReadTime | None
    _counting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def add_to(self, routes: APIRouter) -> None:
        lines = {_CSV: {"schema": {"type": "string"}}, NDJSON: {"schema": {"type": "string"}}}
        forms: dict[int | str, dict[str, Any]] = {200: {"content": lines}, **refusals(400, 404)}
        why = refusals(404, 409, 410)
        routes.get("/segments", response_model=SegmentsView, responses=refusals())(self.segments)
        routes.get("/segments/{segment}/count", response_model=CountView, responses=refusals(404))(self.count)
        routes.get(
            "/segments/{segment}/members",
            response_model=MembersPage,
            responses=forms,
            dependencies=[Depends(self.place)],
        )(self.members)
        routes.get("/profiles/{profile}/segments/{segment}", response_model=ExplanationView, responses=why)(self.why)

    async def segments(self) -> Response:
        """The definitions in use, and how many are in each segment."""
        rules = self.in_use.rules
        async with self._counting:
            found = [_segment(each, await self.standings.count(each.name)) for each in rules.definitions.segments]
            others = await self.standings.scored_by_others(rules.version)
        version = rules.definitions.version
        return answer({"version": version, "profiles_by_other_rules": others, "segments": found})

    async def count(self, segment: Name) -> Response:
        members = await self.standings.count(segment)
        is_defined = self._is_defined(segment)
        if not members and not is_defined:
            raise self._no_such_segment()
        return answer({"segment": segment, "members": members, "is_defined": is_defined})

    async def members(
        self, segment: Name, visit: VisitOf, form: FormOf, limit: Limit = _PAGE, cursor: Cursor = None
    ) -> Response:
        """A page by profile; as CSV or NDJSON all that come behind the cursor. `since` is when they entered.

        A segment that is defined no more can be asked for as long as it has members.
        """
        after = key_behind(cursor)
        found = await self.standings.members(segment, after, limit + 1)
        if not found and not self._is_defined(segment) and not await self.standings.count(segment):
            raise self._no_such_segment()
        if form != _JSON:
            await self.accesses.record(visit, [None])
            return _whole(self.standings.all_members(segment, after), form)
        await self.accesses.record(visit, [ProfileId(each.profile.hex()) for each in found[:limit]])
        return answer(_page(segment, found, limit))

    async def why(self, profile: Id, segment: Name, visit: VisitOf, at: At = None) -> Response:
        """By what is known of the person now, and the score announced last: condition by condition."""
        standing = existing(await self.standings.find(ProfileId(profile)))
        now = at or (await self.now() if self.now else None) or standing.as_of
        if not _EARLIEST <= now < _LATEST:
            raise HTTPException(422, f"at: from {_EARLIEST:%Y-%m-%d} until before {_LATEST:%Y-%m-%d}")
        view = explained(standing, segment, self.in_use.rules.definitions, now)
        await self.accesses.record(visit, [standing.profile])
        return answer(view)

    async def place(self, form: FormOf) -> AsyncGenerator[None, None]:
        """For the whole segment alone: a page is soon told."""
        if form == _JSON:
            yield
            return
        async with asynccontextmanager(self.places.place)():
            yield

    def _is_defined(self, segment: str) -> bool:
        return self.in_use.rules.definitions.segment(segment) is not None

    def _no_such_segment(self) -> HTTPException:
        version = self.in_use.rules.definitions.version
        return HTTPException(404, f"the definitions in use, {version}, have no such segment, and nobody is left in one")


def _segment(segment: Segment, members: int) -> dict[str, object]:
    return {
        "name": segment.name,
        "kind": segment.kind,
        "group": segment.group,
        "label": segment.label._asdict(),
        "description": segment.description._asdict(),
        "hash": segment.hash,
        "members": members,
    }


def _page(segment: str, found: Sequence[Member], limit: int) -> dict[str, object]:
    """`found`: one more than are told, where there is one."""
    told = found[:limit]
    following = cursor((told[-1].profile.hex(),)) if len(found) > limit else None
    members = [{"profile": each.profile.hex(), "since": each.since} for each in told]
    return {"segment": segment, "members": members, "next": following}


def _whole(batches: AsyncIterator[Sequence[Member]], form: Form) -> StreamingResponse:
    if form == "csv":
        return StreamingResponse(_lines(batches, _csv_line, b"profile,since\r\n"), media_type=_CSV)
    return StreamingResponse(_lines(batches, _json_line, b""), media_type=NDJSON)


async def _lines(
    batches: AsyncIterator[Sequence[Member]], line: Callable[[Member], bytes], header: bytes
) -> AsyncIterator[bytes]:
    yield header
    async for batch in batches:
        yield b"".join(map(line, batch))


def _csv_line(member: Member) -> bytes:
    """Nothing in it needs quotes."""
    return f"{member.profile.hex()},{instant(member.since)}\r\n".encode()


def _json_line(member: Member) -> bytes:
    return encode({"profile": member.profile.hex(), "since": member.since}) + b"\n"
