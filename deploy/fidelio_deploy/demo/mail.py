"""Mail that was really sent, read back from the mailbox of the stack's own mail server."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


def mails(mailbox: Path) -> Iterator[EmailMessage]:
    """In the order of their arrival."""
    for file in sorted(mailbox.glob("[0-9]*.eml")):
        yield message_from_bytes(file.read_bytes(), policy=default)


def mail_of(mailbox: Path, decisions: set[str]) -> EmailMessage | None:
    """One that was sent by one of these decisions: their ids are the mails' ids."""
    return next((mail for mail in mails(mailbox) if _decision(mail) in decisions), None)


def _decision(mail: EmailMessage) -> str:
    return str(mail["Message-ID"]).strip("<>").partition("@")[0]
