"""Mail over SMTP. A connection is there before an attempt is recorded, so that an outage costs no decision."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import aiosmtplib
from aiosmtplib.protocol import normalize_message_line_endings
from pydantic import SecretStr

from fidelio_notify.adapters.certificates import trusting
from fidelio_notify.domain.mail_codes import NOBODY_THERE, leading_code
from fidelio_notify.domain.mails import Mail, NotAnAddress, Sender, Unmailable, write_mail
from fidelio_notify.providers import Accepted, Later, Order, Outcome, Refused, Unknown
from fidelio_shared.messaging.errors import Unavailable

Tls = Literal["none", "starttls", "implicit"]
Stage = Literal["sender", "recipient", "content"]

_BROKEN = (aiosmtplib.SMTPException, OSError)
_TOO_LARGE = 552
_QUIT_SECONDS = 2.0


class MailServerRefused(Exception):
    """The server's code; never its words, which may repeat the credentials."""


@dataclass(frozen=True, slots=True)
class SmtpProvider:
    """`starttls` is required where it is named: a server without it is never spoken to in plain text. Certificates are
    verified, against `ca_file` where it is given. `timeout_seconds`: until a connection stands; of a message until its
    content is awaited, and for its answer: a server that is slow at every word holds nobody for longer."""

    host: str
    port: int
    sender: Sender
    tls: Tls = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.tls == "none" and self.username is not None and not _is_this_machine(self.host):
            raise ValueError("credentials are sent over TLS only; set TLS to starttls or implicit, or no user name")

    @property
    def repeats_safely(self) -> bool:
        return False

    @asynccontextmanager
    async def session(self) -> AsyncIterator["SmtpSession"]:
        client = self._client()
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await _connect(client)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise Unavailable("smtp") from MailServerRefused(f"the mail server answered {error.code}")
        except _BROKEN as error:
            client.close()
            raise Unavailable("smtp") from error
        try:
            yield SmtpSession(client, self.sender, self.timeout_seconds)
            if client.is_connected:
                with suppress(*_BROKEN):
                    await client.quit(timeout=_QUIT_SECONDS)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password.get_secret_value() if self.password else None,
            local_hostname=self.sender.domain,
            use_tls=self.tls == "implicit",
            start_tls=self.tls == "starttls",
            tls_context=None if self.tls == "none" else trusting(self.ca_file),
            timeout=self.timeout_seconds,
        )


@dataclass(frozen=True, slots=True)
class SmtpSession:
    client: aiosmtplib.SMTP
    sender: Sender
    timeout_seconds: float

    async def send(self, order: Order) -> Outcome:
        """Until the content is on its way, whoever breaks off has not taken it; afterwards nobody can say."""
        try:
            mail = write_mail(self.sender, order, datetime.now(UTC))
        except NotAnAddress:
            return Refused("not_an_address", is_address_dead=True)
        except Unmailable:
            return Refused("unmailable")
        try:
            async with asyncio.timeout(self.timeout_seconds):
                refusal = await self._open(mail)
        except _BROKEN:
            self.client.close()
            return Later("disconnected")
        return refusal or await self._hand_over(mail)

    async def _open(self, mail: Mail) -> Refused | Later | None:
        """Everything up to the server's word that it awaits the content: whoever says it has answered nothing twice
        before. After any other word nothing more is said, or the next mail might become this one's content."""
        if not self.client.is_connected:
            await _connect(self.client)
        if mail.needs_utf8 and not self.client.supports_extension("smtputf8"):
            return Refused("smtputf8")
        options = [b"SMTPUTF8"] if mail.needs_utf8 else []
        commands: tuple[tuple[Stage, tuple[int, ...], list[bytes]], ...] = (
            ("sender", (250,), [b"MAIL", f"FROM:<{self.sender.address}>".encode(), *options]),
            ("recipient", (250, 251), [b"RCPT", f"TO:<{mail.to}>".encode()]),
            ("content", (354,), [b"DATA"]),
        )
        for stage, expected, words in commands:
            answer = await self.client.execute_command(*words)
            if 400 <= answer.code < 600:
                await self._reset()
                return _refusal(stage, answer.code, answer.message)
            if answer.code not in expected:
                self.client.close()
                return Later("out_of_step")
        return None

    async def _hand_over(self, mail: Mail) -> Outcome:
        protocol = self.client.protocol
        if protocol is None or not protocol.is_connected:
            return Later("disconnected")
        try:
            protocol.write(_on_the_wire(mail.content))
            answer = await protocol.read_response(self.timeout_seconds)
        except _BROKEN:
            self.client.close()
            return Unknown()
        if 200 <= answer.code < 300:
            return Accepted(mail.message_id)
        if 400 <= answer.code < 600:
            return _refusal("content", answer.code, answer.message)
        self.client.close()
        return Unknown()

    async def _reset(self) -> None:
        """For the next message; where that does not succeed, it gets another connection."""
        with suppress(*_BROKEN):
            if self.client.is_connected and (await self.client.execute_command(b"RSET")).code == 250:
                return
        self.client.close()


async def _connect(client: aiosmtplib.SMTP) -> None:
    await client.connect()
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()


def _refusal(stage: Stage, code: int, text: str) -> Refused | Later:
    """A refusal of the sender says nothing of this message, unless it is too large: it waits until that is mended."""
    enhanced = leading_code(text)
    named = f"{code} {enhanced}".strip()
    if not 500 <= code < 600 or (stage == "sender" and code != _TOO_LARGE):
        return Later(named)
    return Refused(named, is_address_dead=stage != "sender" and enhanced in NOBODY_THERE)


def _on_the_wire(content: bytes) -> bytes:
    """With the dots of RFC 5321 4.5.2."""
    stuffed = normalize_message_line_endings(content).replace(b"\r\n.", b"\r\n..")
    return (b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\n"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
