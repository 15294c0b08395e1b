"""Everything in one answer, a JSON value a line."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import orjson
from fastapi import APIRouter, Depends

from fidelio_profile.adapters.mongo_streams import MongoStreams
from fidelio_profile.api.profiles import Since, Types, Until, selected
from fidelio_profile.api.shapes import ProfileView, StreamedInteraction
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import refusals
from fidelio_shared.access.streams import Lines, Places, as_json
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.storage.mongo import Document


@dataclass(frozen=True, slots=True)
class StreamEndpoints:
    streams: MongoStreams
    accesses: AccessLog
    places: Places

    def add_to(self, routes: APIRouter) -> None:
        place = [Depends(self.places.place)]
        for path, endpoint, line in (
            ("/timeline.ndjson", self.timeline, StreamedInteraction),
            ("/profiles.ndjson", self.profiles, ProfileView),
        ):
            described = {"description": f"{line.__name__}, one a line; an answer that broke off is not ended properly"}
            told = {200: described, **{status: as_json(each) for status, each in refusals().items()}}
            routes.get(path, dependencies=place, response_class=Lines, responses=told)(endpoint)

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


async def _lines(batches: AsyncIterator[list[Document]], line: Callable[[Document], bytes]) -> AsyncIterator[bytes]:
    async for batch in batches:
        yield b"".join(b"%b\n" % line(each) for each in batch)


def _interaction(found: Document) -> bytes:
    return encode({"profile": found["profile"].hex(), "interaction": orjson.Fragment(found["body"])})


def _profile(found: Document) -> bytes:
    told = {name: found[name] for name in ("epoch", "revision", "state")}
    return encode({"profile": found["_id"].hex(), **told})
