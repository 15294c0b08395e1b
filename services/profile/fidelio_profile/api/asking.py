"""What people ask for is stored, said on the keys concerned, and waited for a little."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request, Response

from fidelio_profile.adapters.mongo_requests import Decide, MongoRequestStore
from fidelio_profile.domain.regrouping import NoSuchProfile, NotPossible, Regrouped
from fidelio_shared.access.answers import answer
from fidelio_shared.access.keys import Key
from fidelio_shared.contracts.ids import ProfileId, hash16

_PATIENCE_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 0.05
_Idempotency = Annotated[
    str | None, Header(max_length=128, description="a request repeated with the same key is carried out once")
]


@dataclass(frozen=True, slots=True)
class Asker:
    """`request`: the id of what is asked for; the same one where the sender repeats itself."""

    name: str
    request: str


async def asker_of(http: Request, idempotency_key: _Idempotency = None) -> Asker:
    key: Key = http.state.key
    told = idempotency_key and hash16("request", key.name, http.url.path, idempotency_key)
    return Asker(key.name, told or secrets.token_hex(16))


AskerOf = Annotated[Asker, Depends(asker_of)]


@dataclass(frozen=True, slots=True)
class Asking:
    requests: MongoRequestStore

    async def decide(self, asker: Asker, profiles: Sequence[ProfileId], decide: Decide) -> Regrouped:
        try:
            return await self.requests.carry_out(asker.request, profiles, decide, by=asker.name)
        except NotPossible as error:
            raise HTTPException(404 if isinstance(error, NoSuchProfile) else 409, str(error)) from error

    async def carry_out(self, asker: Asker, profiles: Sequence[ProfileId], decide: Decide) -> Response:
        """200 where the profiles show it within a few seconds, 202 where they do not yet."""
        regrouped = await self.decide(asker, profiles, decide)
        is_done = await until(lambda: self.requests.is_done(regrouped))
        response = answer(view(asker.request, regrouped, is_done=is_done))
        response.status_code = 200 if is_done else 202
        return response


async def until(look: Callable[[], Awaitable[bool]]) -> bool:
    """Whether it was so within a few seconds."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not await look():
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
    return True


def view(request: str, regrouped: Regrouped, *, is_done: bool) -> dict[str, object]:
    return {"request": request, "profile": regrouped.profile, "others": regrouped.others, "is_done": is_done}
