"""Everything in one answer, a JSON value a line."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import StreamingResponse

from fidelio_profile.adapters.mongo_streams import MongoStreams
from fidelio_profile.api.accesses import AccessLog, VisitOf
from fidelio_profile.api.answers import refusals
from fidelio_profile.api.profiles import Since, Types, Until, selected
from fidelio_profile.api.shapes import Problem, ProfileView, StreamedInteraction
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.storage.mongo import Document

MOST_STREAMS = 4
_NDJSON = "application/x-ndjson"


class Lines(StreamingResponse):
    media_type = _NDJSON


@dataclass(slots=True)
class StreamEndpoints:
    streams: MongoStreams
    accesses: AccessLog
    running: int = 0

    def add_to(self, routes: APIRouter) -> None:
        place = [Depends(self.place)]
        for path, endpoint, line in (
            ("/timeline.ndjson", self.timeline, StreamedInteraction),
            ("/profiles.ndjson", self.profiles, ProfileView),
        ):
            described = {"description": f"{line.__name__}, one a line; an answer that broke off is not ended properly"}
            told = {200: described, **{status: _as_json(each) for status, each in refusals().items()}}
            routes.get(path, dependencies=place, response_class=Lines, responses=told)(endpoint)

    async def place(self) -> AsyncGenerator[None, None]:
        """A few at a time, held until the last line is sent: each takes as much as it is given."""
        if self.running >= MOST_STREAMS:
            raise HTTPException(503, f"{MOST_STREAMS} streams are running, which is all that may; try again later")
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    async def timeline(
        self,
        visit: VisitOf,
        *,
        types: Types = None,
        since: Since = None,
        until: Until = None,
    ) -> Lines:
        """Everybody's interactions, profile by profile, each one's latest first."""
        selection = selected((), types or (), since, until)
        await self.accesses.record(visit, [None])
        return Lines(_lines(self.streams.interactions(selection), _interaction))

    async def profiles(self, visit: VisitOf) -> Lines:
        """All profiles by id, without their outcomes."""
        await self.accesses.record(visit, [None])
        return Lines(_lines(self.streams.profiles(), _profile))


def _as_json(refusal: dict[str, Any]) -> dict[str, Any]:
    """Said in full: FastAPI takes a model to come in the endpoint's own form, which is lines."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": refusal["description"], "content": {"application/json": {"schema": schema}}}


async def _lines(batches: AsyncIterator[list[Document]], line: Callable[[Document], bytes]) -> AsyncIterator[bytes]:
    async for batch in batches:
        yield b"".join(b"%b\n" % line(each) for each in batch)


def _interaction(found: Document) -> bytes:
    return encode({"profile": found["profile"].hex(), "interaction": orjson.Fragment(found["body"])})


def _profile(found: Document) -> bytes:
    told = {name: found[name] for name in ("epoch", "revision", "state")}
    return encode({"profile": found["_id"].hex(), **told})
