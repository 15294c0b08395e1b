"""What the endpoints have in common: tags, cursors, and refusals that say what is wrong."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Header, HTTPException, Path, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute
from starlette.types import StatelessLifespan

from fidelio_shared.contracts.canonical import encode, moment
from fidelio_shared.contracts.ingest import Contract
from fidelio_shared.messaging.errors import Halted, Unavailable
from fidelio_shared.observability.logs import log

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="profile id, 32 hex digits")]
Cursor = Annotated[str | None, Query(max_length=2048, description="`next` of the page before")]
KnownTags = Annotated[
    str, Header(alias="If-None-Match", description="ETag of an earlier answer: 304 where it still holds")
]
_REFUSALS = {
    400: "The cursor is not one that an earlier page gave, or the body cannot be read",
    401: "X-API-Key is missing, unknown or revoked",
    403: "The key has not the scope that this needs",
    404: "There is none",
    409: "It is not as the request supposes",
    410: "The profile was erased",
    422: "A parameter is not what it must be",
    503: "A store does not answer, or the access could not be recorded; try again",
}
NOT_MODIFIED: Mapping[int | str, dict[str, Any]] = {304: {"description": "Nothing has changed since If-None-Match"}}


class Problem(Contract):
    detail: str


def make_application(
    title: str,
    description: str,
    lifespan: StatelessLifespan[FastAPI] | None = None,
    pages: Sequence[BaseRoute] = (),
) -> FastAPI:
    """It describes itself at /openapi.json alone: FastAPI's pages would load scripts from somebody else's servers."""
    return FastAPI(
        title=title, description=description, docs_url=None, redoc_url=None, lifespan=lifespan, routes=list(pages)
    )


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Those that every endpoint has, and these."""
    told = sorted({401, 403, 422, 503, *statuses})
    return {status: {"model": Problem, "description": _REFUSALS[status]} for status in told}


def refuse_unknown_parameters(request: Request) -> None:
    """A filter that is misspelt must not answer with everything."""
    known = sorted(_query_parameters(request.scope["route"].dependant))
    if set(request.query_params) - set(known):
        raise HTTPException(422, f"a parameter is unknown here; there are: {', '.join(known) or 'none'}")


def _query_parameters(dependant: Dependant) -> set[str]:
    own = {each.alias for each in dependant.query_params}
    return own.union(*map(_query_parameters, dependant.dependencies))


def answer(view: Mapping[str, object]) -> Response:
    return Response(encode(view), media_type="application/json")


def tagged(view: Mapping[str, object], known: str) -> Response:
    body = encode(view)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if known.strip() == "*" or tag in [each.strip().removeprefix("W/") for each in known.split(",")]:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})


def cursor(position: tuple[str, ...] | None) -> str | None:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode() if position is not None else None


def position(told: str) -> tuple[str, ...]:
    """Texts; how many and what they mean is for the endpoint to check."""
    try:
        found = orjson.loads(base64.urlsafe_b64decode(told.encode()))
    except (ValueError, binascii.Error) as error:
        raise bad_cursor() from error
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise bad_cursor()
    return tuple(found)


def position_key(told: str) -> bytes:
    try:
        return bytes.fromhex(told)
    except ValueError as error:
        raise bad_cursor() from error


def key_behind(told: str | None) -> bytes:
    """Of a cursor that holds one key: what its page ended with."""
    if told is None:
        return b""
    match position(told):
        case (str(key),):
            return position_key(key)
        case _:
            raise bad_cursor()


def moment_before(told: str | None) -> tuple[datetime, bytes] | None:
    """Of a cursor that holds an instant and a key: what its page ended with."""
    if told is None:
        return None
    match position(told):
        case (str(at), str(key)):
            return position_moment(at), position_key(key)
        case _:
            raise bad_cursor()


def position_moment(told: str) -> datetime:
    try:
        return moment(told).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error


def bad_cursor() -> HTTPException:
    return HTTPException(400, "cursor is not one that an earlier page gave")


def answer_errors(application: FastAPI) -> None:
    application.exception_handler(Unavailable)(_unavailable)
    application.exception_handler(Halted)(_refused)
    application.exception_handler(RequestValidationError)(_invalid)


async def _unavailable(_: object, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=503)


async def _refused(_: object, error: Exception) -> Response:
    log.error("api_store_refused", why=str(error))
    return JSONResponse({"detail": str(error)}, status_code=503)


async def _invalid(_: object, error: Exception) -> Response:
    """Which and why, never the value: it might be somebody's address."""
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors()]
    return JSONResponse({"detail": "; ".join(faults)}, status_code=422)
