"""Mail servers on this machine that take, refuse, stall or break off, wherever a test wants them to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from fidelio_notify.adapters.smtp_provider import SmtpProvider, Tls
from fidelio_notify.domain.mails import Sender

SENDER = Sender("care@fidelio.example", "Fidélio", "leave@fidelio.example")


@dataclass
class Postbox:
    """`answers`: what is said at MAIL, RCPT, DATA (before the content) and CONTENT instead of yes. `breaks_at` and
    `stalls_at`: where the connection is cut, or nothing is said until `go_on`; `repeats_at`: where one more yes is said
    before the answer. `slow_by_seconds`: at every answer."""

    answers: Mapping[str, str] = field(default_factory=dict)
    breaks_at: str | None = None
    stalls_at: str | None = None
    repeats_at: str | None = None
    slow_by_seconds: float = 0.0
    port: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[LoginPassword] = field(default_factory=list)
    connections: int = 0

    async def at(self, server: SMTP, stage: str) -> str | None:
        if self.breaks_at == stage:
            self.breaks_at = None
            server.transport.abort()
        if self.stalls_at == stage:
            self.stalls_at = None
            await self.go_on.wait()
        if self.slow_by_seconds:
            await asyncio.sleep(self.slow_by_seconds)
        if self.repeats_at == stage:
            server.transport.write(b"250 and\r\n")
        return self.answers.get(stage)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self.at(server, "MAIL") or "250 ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = await self.at(server, "RCPT")
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        refused = await self.at(server, "CONTENT")
        if refused is None:
            self.mails.append(envelope.original_content or b"")
            self.recipients += envelope.rcpt_tos
        return refused or "250 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append(data)
        refused = self.answers.get("AUTH")
        return AuthResult(success=refused is None, handled=False, message=refused)


class _Server(SMTP):
    """aiosmtpd asks its handler only after the content."""

    async def smtp_DATA(self, arg: str) -> None:
        refused = await self.event_handler.at(self, "DATA")
        await (self.push(refused) if refused else super().smtp_DATA(arg))


@asynccontextmanager
async def serving(
    postbox: Postbox,
    *,
    tls: Tls = "none",
    certificate: ssl.SSLContext | None = None,
    knows_utf8: bool = True,
    wants_login: bool = False,
) -> AsyncIterator[Postbox]:
    def connected() -> SMTP:
        postbox.connections += 1
        return _Server(
            postbox,
            hostname="mail.example",
            enable_SMTPUTF8=knows_utf8,
            tls_context=certificate if tls == "starttls" else None,
            authenticator=postbox.authenticate if wants_login else None,
            auth_require_tls=False,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=certificate if tls == "implicit" else None)
    postbox.port = server.sockets[0].getsockname()[1]
    try:
        yield postbox
    finally:
        postbox.go_on.set()
        server.close()
        await server.wait_closed()


def a_provider(postbox: Postbox, **changed: object) -> SmtpProvider:
    plain: dict[str, object] = {"host": "127.0.0.1", "port": postbox.port, "sender": SENDER, "tls": "none"}
    return SmtpProvider(**{**plain, "timeout_seconds": 5.0, **changed})
