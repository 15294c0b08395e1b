"""Mail over SMTP. A connection is there before an attempt is recorded, so that an outage costs no decision."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib
from pydantic import SecretStr

from fidelio_notify.domain.check_in_letters import Letter
from fidelio_shared.messaging.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Refused:
    """The server said no to this message; it will not be repeated."""

    code: int


@dataclass(frozen=True, slots=True)
class Accepted:
    message_id: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The connection broke while the message was under way: it may have been taken."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    host: str
    port: int
    sender: str
    username: str | None
    password: SecretStr | None
    use_tls: bool

    @asynccontextmanager
    async def session(self) -> AsyncIterator["SmtpSession"]:
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password.get_secret_value() if self.password else None,
            use_tls=self.use_tls,
            timeout=10,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("smtp") from error
        try:
            yield SmtpSession(client, self.sender)
        finally:
            client.close()


@dataclass(frozen=True, slots=True)
class SmtpSession:
    client: aiosmtplib.SMTP
    sender: str

    async def send(self, decision: str, to: str, letter: Letter) -> Accepted | Refused | Unknown:
        message = _message(self.sender, decision, to, letter)
        try:
            await self.client.send_message(message)
        except aiosmtplib.SMTPResponseException as error:
            return Refused(error.code)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return Refused(error.recipients[0].code)
        except (aiosmtplib.SMTPException, OSError):
            return Unknown()
        return Accepted(message["Message-ID"])


def _message(sender: str, decision: str, to: str, letter: Letter) -> EmailMessage:
    """The Message-ID is the decision's: a repetition, if there ever were one, could be told."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, letter.subject
    message["Message-ID"] = f"<{decision}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message
