"""A mail server and a provider of text messages on this machine, which behave as badly as asked and record what they
took; in a thread of their own, so that nothing else keeps anybody waiting."""

import asyncio
import re
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import orjson
from aiosmtpd.smtp import SMTP, Envelope, Session

from support.http_servers import Asked, Reply, serving_http
from support.outreach.behaviour import TAKING
from support.outreach.recording import Recorder

_DECISION = re.compile(rb"^Message-ID:\s*<([0-9a-f]{32})@", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ports:
    smtp: int
    http: int


@dataclass(frozen=True, slots=True)
class _Mailbox:
    """`patience_seconds`: of who calls; whoever is late answers when that is over. Who answers twice says no more: the
    second answer is never taken for one to the next mail, which would be put off, whichever that is."""

    recorder: Recorder
    patience_seconds: float

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        found = _DECISION.search(envelope.original_content or b"")
        assert found, "a mail of no decision"
        decision, address = found[1].decode(), envelope.rcpt_tos[0]
        behaviour = self.recorder.asked(decision, "email", address)
        if behaviour in TAKING:
            self.recorder.take(decision, "email", address)
        match behaviour:
            case "dead":
                return "550 5.1.1 nobody"
            case "refuses":
                return "554 5.7.1 no"
            case "busy":
                return "451 4.7.1 later"
            case "late" | "stalls":
                await asyncio.sleep(2 * self.patience_seconds)
            case "cuts_after" | "cuts_before":
                server.transport.abort()
            case "twice":
                server.transport.write(b"250 taken\r\n250 taken\r\n")
                server.transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
        return "250 taken"


@dataclass(frozen=True, slots=True)
class _Texts:
    recorder: Recorder
    patience_seconds: float

    async def answer(self, asked: Asked) -> Reply | None:
        said = orjson.loads(asked.body)
        decision, address = said["id"], said["to"]
        assert asked.headers["idempotency-key"] == decision
        taken = b'{"id": "m-%s"}' % decision.encode()
        behaviour = self.recorder.asked(decision, "sms", address)
        if behaviour in TAKING:
            self.recorder.take(decision, "sms", address)
        match behaviour:
            case "knows":
                return Reply(409, taken)
            case "refuses":
                return Reply(400, b'{"code": "no"}')
            case "busy":
                return Reply(429)
            case "late" | "stalls":
                await asyncio.sleep(2 * self.patience_seconds)
            case "cuts_after" | "cuts_before":
                return None
            case "twice":
                return Reply(201, taken, times=2)
        return Reply(201, taken)


@contextmanager
def recording_servers(recorder: Recorder, *, patience_seconds: float) -> Iterator[Ports]:
    started: Future[tuple[Ports, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        mailbox, texts = _Mailbox(recorder, patience_seconds), _Texts(recorder, patience_seconds)
        smtp = await loop.create_server(lambda: SMTP(mailbox, hostname="mail.example"), "127.0.0.1", 0)
        async with serving_http(texts.answer) as http:
            started.set_result((Ports(smtp.sockets[0].getsockname()[1], http.port), loop, done))
            await done.wait()
        smtp.close()

    thread = Thread(target=lambda: asyncio.run(serve()), name="providers", daemon=True)
    thread.start()
    ports, loop, done = started.result(timeout=10)
    try:
        yield ports
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(timeout=10)
