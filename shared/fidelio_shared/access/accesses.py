"""Every look at a profile is on record before it is answered; what comes together is written together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Header, Request

from fidelio_shared.access.keys import Key
from fidelio_shared.access.mongo_accesses import Access
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.errors import Unavailable

LONGEST_PURPOSE = 128
MOST_GATHERED = 20_000
Purpose = Annotated[
    str | None, Header(max_length=LONGEST_PURPOSE, description="why this is looked at, kept in the access record")
]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by somebody who was let in."""

    who: str
    what: str
    purpose: str | None


async def visit_of(request: Request, x_purpose: Purpose = None) -> Visit:
    key: Key = request.state.key
    return Visit(key.name, str(request.scope["route"].path), x_purpose)


VisitOf = Annotated[Visit, Depends(visit_of)]


@dataclass(slots=True)
class AccessLog:
    """One write at a time: who comes during a write shares the next one."""

    insert: Callable[[Sequence[Access]], Awaitable[None]]
    _gathered: list[Access] = field(default_factory=list)
    _next: asyncio.Task[None] | None = None
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def record(self, visit: Visit, profiles: Iterable[ProfileId | None]) -> None:
        """Stored when this returns; raises Unavailable where it is not, and then nothing may be told."""
        accesses = [Access(visit.who, each, visit.what, visit.purpose) for each in profiles]
        if not accesses:
            return
        if len(self._gathered) + len(accesses) > MOST_GATHERED:
            raise Unavailable("mongodb")
        self._gathered += accesses
        if self._next is None:
            self._next = asyncio.create_task(self._write())
        await asyncio.shield(self._next)

    async def _write(self) -> None:
        async with self._writing:
            gathered, self._gathered, self._next = self._gathered, [], None
            await self.insert(gathered)
