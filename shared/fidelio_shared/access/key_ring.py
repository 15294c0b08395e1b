"""Whose key a request bears, and whether it may ask for this."""

import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader

from fidelio_shared.access.answers import refuse_unknown_parameters
from fidelio_shared.access.keys import BOOTSTRAP, SCOPES, Key, Scope, digest
from fidelio_shared.access.mongo_keys import MongoKeyStore

REMEMBERED_SECONDS = 5.0
"""So long may a revoked key still be let in."""

_MOST_REMEMBERED = 1_024
_HEADER = APIKeyHeader(
    name="X-API-Key", auto_error=False, description="a key made by the service's `keys create`, with the scope needed"
)


@dataclass(slots=True)
class KeyRing:
    """`bootstrap`: digest of the key in the settings, which has every scope and cannot be revoked."""

    store: MongoKeyStore
    bootstrap: bytes
    clock: Callable[[], float] = time.monotonic
    _known: dict[bytes, tuple[float, Key]] = field(default_factory=dict)

    def needs(self, scope: Scope) -> Callable[..., Awaitable[None]]:
        """A dependency that lets in whoever has the scope, and says so in `request.state.key`."""

        async def check(request: Request, x_api_key: Annotated[str | None, Security(_HEADER)] = None) -> None:
            if not x_api_key:
                raise HTTPException(401, "X-API-Key is missing")
            key = await self._holder(digest(x_api_key))
            if key is None:
                raise HTTPException(401, "X-API-Key is unknown or was revoked")
            if scope not in key.scopes:
                raise HTTPException(403, f"this needs scope {scope}, which key {key.name} has not")
            request.state.key = key

        return check

    def routes(self, scope: Scope) -> APIRouter:
        """For endpoints that only those may ask who have the scope."""
        return APIRouter(dependencies=[Depends(self.needs(scope)), Depends(refuse_unknown_parameters)])

    async def _holder(self, told: bytes) -> Key | None:
        """Only keys that exist are remembered: no guessing fills the memory, and a new key works at once."""
        if hmac.compare_digest(told, self.bootstrap):
            return Key(BOOTSTRAP, frozenset(SCOPES))
        until, key = self._known.get(told, (0.0, None))
        if key is not None and self.clock() < until:
            return key
        self._known.pop(told, None)
        found = await self.store.holder(told)
        if found is not None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[told] = (self.clock() + REMEMBERED_SECONDS, found)
        return found
