"""What a person may take with them (GDPR articles 15 and 20): one JSON, or a page to read, sent as it is read."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from fidelio_profile.adapters.mongo_exports import MongoExports
from fidelio_profile.adapters.mongo_identity import MongoIdentityViews
from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.api.answers import existing
from fidelio_profile.api.identity import identity_view
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import Id, refusals
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Document

Format = Annotated[Literal["json", "html"], Query(description="html: a page to read")]
Part = tuple[str, str, AsyncIterator[object]]
_TITLES = {
    "identity": "Who you are to us: identifiers, and what linked them",
    "profile": "Your profile: what we derive from that; each trait names its source, each consent its evidence",
    "interactions": "What happened, as it was told to us, with its source",
    "outcomes": "Scores, segments and messages: who received what about you, and why",
    "requests": "What people asked us to do with your profile",
    "accesses": "Who looked at your profile, when, and why",
}


@dataclass(frozen=True, slots=True)
class ExportEndpoints:
    views: MongoProfileViews
    identity: MongoIdentityViews
    exports: MongoExports
    accesses: AccessLog

    def add_to(self, privacy: APIRouter) -> None:
        told = {200: {"description": "Everything that is known of the person"}, **refusals(404, 410)}
        privacy.get("/profiles/{profile}/export", response_class=StreamingResponse, responses=told)(self.export)

    async def export(self, profile: Id, visit: VisitOf, format: Format = "json") -> StreamingResponse:  # noqa: A002 - its name in the query
        """Everything that is known of the person: where it came from, who received it, who looked at it."""
        found = existing(await self.views.whole(ProfileId(profile)))
        await self.accesses.record(visit, [ProfileId(found["_id"].hex())])
        parts = self._parts(found)
        name = f"profile-{found['_id'].hex()}.{format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if format == "json":
            return StreamingResponse(_json(parts), media_type="application/json", headers=headers)
        return StreamingResponse(_html(parts), media_type="text/html; charset=utf-8", headers=headers)

    def _parts(self, found: Document) -> Mapping[str, AsyncIterator[object]]:
        ids = [found["_id"], *found.get("members", ())]
        return {
            "identity": self._identity(ProfileId(found["_id"].hex())),
            "profile": _one({"profile": found["_id"].hex(), "revision": found["revision"], "state": found["state"]}),
            "interactions": _each(self.exports.interactions(ids), _interaction),
            "outcomes": _each(self.exports.outcomes(ids), _outcome),
            "requests": _each(self.exports.requests(ids), _request),
            "accesses": _each(self.exports.accesses(ids), _access),
        }

    async def _identity(self, profile: ProfileId) -> AsyncIterator[object]:
        if explained := await self.identity.explain(profile):
            yield identity_view(profile, explained)


async def _one(value: object) -> AsyncIterator[object]:
    yield value


async def _each(found: AsyncIterator[Document], view: Callable[[Document], object]) -> AsyncIterator[object]:
    async for document in found:
        yield view(document)


def _interaction(document: Document) -> object:
    return orjson.Fragment(document["body"])


def _outcome(document: Document) -> object:
    return {name: document.get(name) for name in ("scores", "segments", "notifications")}


def _request(document: Document) -> object:
    return {
        "request": document["_id"].hex(),
        "by": document["by"],
        "at": document["at"],
        "changes": [orjson.Fragment(each) for each in document["changes"]],
    }


def _access(document: Document) -> object:
    return {name: document[name] for name in ("at", "who", "what", "purpose")}


async def _json(parts: Mapping[str, AsyncIterator[object]]) -> AsyncIterator[bytes]:
    """Lists in one object; a list is written as it is read."""
    yield b"{"
    for place, (name, values) in enumerate(parts.items()):
        yield b'%b"%b":[' % (b"," if place else b"", name.encode())
        is_first = True
        async for value in values:
            yield (b"" if is_first else b",") + encode({"_": value})[len(b'{"_":') : -1]
            is_first = False
        yield b"]"
    yield b"}"


async def _html(parts: Mapping[str, AsyncIterator[object]]) -> AsyncIterator[bytes]:
    yield _HEAD
    for name, values in parts.items():
        yield f"<h2>{escape(_TITLES[name])}</h2>".encode()
        is_empty = True
        async for value in values:
            is_empty = False
            plain = orjson.loads(encode({"_": value}))["_"]
            yield f"<section>{_shown(plain)}</section>".encode()
        if is_empty:
            yield b"<p>Nothing.</p>"
    yield b"</body></html>"


_HEAD = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>What we know of you</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.5rem;border-bottom:1px solid #ccc}
section{border:1px solid #ddd;border-radius:6px;padding:.4rem .8rem;margin:.6rem 0}
table{border-collapse:collapse}
th{text-align:left;vertical-align:top;padding:.1rem 1rem .1rem 0;color:#666;font-weight:500}
td{vertical-align:top}ul{margin:.2rem 0;padding-left:1.2rem}</style></head><body><h1>What we know of you</h1>"""


def _shown(value: Any) -> str:
    """A table for an object, a list for a list; empty fields are left out."""
    if isinstance(value, dict):
        told = {name: each for name, each in value.items() if each not in (None, [], {}, "")}
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{_shown(each)}</td></tr>" for name, each in told.items())
        return f"<table>{rows}</table>"
    if isinstance(value, list):
        return "<ul>" + "".join(f"<li>{_shown(each)}</li>" for each in value) + "</ul>"
    return escape(str(value))
