"""HTTP servers on this machine that answer, stall or break off as a test wants, and keep what they were asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """`length`: what is promised where it is not what comes. `times`: how often it is said."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    times: int = 1


Answering = Callable[[Asked], Awaitable[Reply | None]]


async def taken(_: Asked) -> Reply:
    return Reply(201, b'{"id": "m-1"}')


@dataclass
class HttpServer:
    """`answering` returns None to break the connection off."""

    answering: Answering = taken
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    listening: asyncio.Server | None = None
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    def stop_listening(self) -> None:
        assert self.listening
        self.listening.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        try:
            while (asked := await _read(reader)) is not None:
                self.asked.append(asked)
                reply = await self.answering(asked)
                if reply is None:
                    writer.transport.abort()
                    return
                writer.write(_written(reply) * reply.times)
                await writer.drain()
                if reply.length is not None:
                    return
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, path, _ = first.split(" ")
    return Asked(method, path, headers, body)


def _written(reply: Reply) -> bytes:
    length = len(reply.body) if reply.length is None else reply.length
    lines = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + reply.body


@dataclass
class KeepingProvider:
    """By the generic contract: each key is taken once, and told again by its first id. `late` answers wait for
    `go_on`."""

    taken: dict[str, str] = field(default_factory=dict)
    late: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, asked: Asked) -> Reply:
        key = asked.headers["idempotency-key"]
        is_known = key in self.taken
        message_id = self.taken.setdefault(key, f"m-{len(self.taken) + 1}")
        if self.late:
            self.late -= 1
            await self.go_on.wait()
        return Reply(409 if is_known else 201, b'{"id": "%s"}' % message_id.encode())


@asynccontextmanager
async def serving_http(
    answering: Answering = taken, *, certificate: ssl.SSLContext | None = None
) -> AsyncIterator[HttpServer]:
    found = HttpServer(answering)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0, ssl=certificate)
    found.listening = server
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for each in found.open:
            each.transport.abort()


def always(reply: Reply | None) -> Answering:
    async def answering(_: Asked) -> Reply | None:
        return reply

    return answering
