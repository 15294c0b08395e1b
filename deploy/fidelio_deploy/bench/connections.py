"""Connections that ask a server at hardly any cost.

httpx takes 2 ms of processor time a request, as much as the API that it asks: on two processors it would measure
itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS = 50
_END_OF_HEAD = b"\r\n\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Connections:
    """Used in turn: a server closes what stays idle."""

    free: asyncio.Queue[Connection]
    headers: str

    async def get(self, path: str) -> int:
        """The status of the whole answer; waits while every connection is in use."""
        reader, writer = connection = await self.free.get()
        writer.write(f"GET {path} HTTP/1.1\r\n{self.headers}\r\n".encode())
        head = (await reader.readuntil(_END_OF_HEAD)).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
        self.free.put_nowait(connection)
        return int(head.split(b" ", 2)[1])


@asynccontextmanager
async def connected(address: str, key: str) -> AsyncIterator[Connections]:
    url, free = urlsplit(address), asyncio.Queue[Connection]()
    opened = [await asyncio.open_connection(url.hostname, url.port) for _ in range(CONNECTIONS)]
    for each in opened:
        free.put_nowait(each)
    try:
        yield Connections(free, f"Host: {url.netloc}\r\nX-API-Key: {key}\r\n")
    finally:
        for _, writer in opened:
            writer.close()
