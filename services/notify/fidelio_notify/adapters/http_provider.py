"""Providers that are spoken to over HTTP, each in its dialect."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from fidelio_notify.adapters.certificates import trusting
from fidelio_notify.adapters.http_posting import CONNECT_SECONDS, BrokenOff, Unreached, a_client, post
from fidelio_notify.domain.posting import Dialect
from fidelio_notify.providers import Later, Order, Outcome, Unknown
from fidelio_shared.messaging.errors import Unavailable


@dataclass(frozen=True, slots=True)
class HttpProvider:
    """`name`: what is waited for where it cannot be reached. `timeout_seconds`: for the whole of an exchange. Each
    message has a connection of its own: what is answered on it is of no other message, and a kept one that closes just
    then would leave an unknown end."""

    name: str
    dialect: Dialect
    ca_file: Path | None = None
    timeout_seconds: float = 30.0

    @property
    def repeats_safely(self) -> bool:
        return self.dialect.repeats_safely

    @asynccontextmanager
    async def session(self) -> AsyncIterator["HttpSession"]:
        await self._knock()
        async with a_client(trusting(self.ca_file, "http/1.1"), kept=0) as client:
            yield HttpSession(client, self.dialect, self.timeout_seconds)

    async def _knock(self) -> None:
        """An outage is noticed before anything is attempted, and once for all that waits."""
        parts = urlsplit(self.dialect.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(parts.hostname, port)
        except OSError as error:
            raise Unavailable(self.name) from error
        writer.close()


@dataclass(frozen=True, slots=True)
class HttpSession:
    client: httpx.AsyncClient
    dialect: Dialect
    timeout_seconds: float

    async def send(self, order: Order) -> Outcome:
        posting = self.dialect.posting(order)
        answer = await post(self.client, self.dialect.url, posting, seconds=self.timeout_seconds)
        match answer:
            case Unreached():
                return Later("unreached")
            case BrokenOff():
                return Unknown()
            case _:
                return self.dialect.outcome(answer)
