"""What comes back to the sender of a mail: delivery reports (RFC 3464), complaints (RFC 5965), answers, and requests
to be left alone. Whoever knows the Message-ID, hence the decision, has had the mail; other mail is nobody's."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime

from fidelio_notify.domain.callbacks import Told, What
from fidelio_notify.domain.mail_codes import NOBODY_THERE, any_code
from fidelio_shared.contracts.ids import hash16

SOURCE = "mail/returned"
_MOST_BYTES = 1024 * 1024
_MOST_RECIPIENTS = 20
_MOST_PARTS = 20
_UNSUBSCRIBES = re.compile(r"\s*unsubscribe\s+([0-9a-f]{32})\s*", re.IGNORECASE)
_WHAT_HAPPENED: dict[str, What] = {"failed": "bounced", "delivered": "delivered"}


def read_mail(content: bytes, *, domain: str) -> tuple[Told, ...]:
    """Empty of what says nothing of a mail that was sent from `domain`."""
    if len(content) > _MOST_BYTES:
        return ()
    mail = message_from_bytes(content, policy=default)
    event = hash16("mail", _header(mail, "Message-ID") or content.hex())
    at = _sent_at(mail)
    if mail.get_content_type() == "multipart/report":
        return tuple(_reported(mail, domain, event, at))[:_MOST_RECIPIENTS]
    said = _said(mail, domain)
    if said is None:
        return ()
    what, decision = said
    address = parseaddr(_header(mail, "From"))[1]
    return (Told(SOURCE, event, "email", what, at=at, decision=decision, address=address or None),)


def _reported(mail: EmailMessage, domain: str, event: str, at: datetime | None) -> Iterator[Told]:
    parts = _parts(mail)
    decision = next(filter(None, (_decision(_original_id(each), domain) for each in parts)), None)
    if decision is None:
        return
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            address = _address(_header(_inner(part), "Original-Rcpt-To"))
            yield Told(SOURCE, event, "email", "complained", at=at, decision=decision, address=address)
        if kind == "message/delivery-status":
            for number, fields in enumerate(_blocks(part)[1 : _MOST_RECIPIENTS + 1]):
                told = _delivered(fields, f"{event}/{number}", decision, at)
                if told:
                    yield told


def _delivered(fields: EmailMessage, event: str, decision: str, at: datetime | None) -> Told | None:
    what = _WHAT_HAPPENED.get(_header(fields, "Action").strip().lower())
    if what is None:
        return None
    code = any_code(_header(fields, "Status"))
    if code.endswith(".0.0"):
        code = any_code(_header(fields, "Diagnostic-Code")) or code
    return Told(
        SOURCE,
        event,
        "email",
        what,
        at=at,
        decision=decision,
        address=_address(_header(fields, "Original-Recipient")) or _address(_header(fields, "Final-Recipient")),
        is_permanent=what == "bounced" and code in NOBODY_THERE,
        code=code or None,
    )


def _said(mail: EmailMessage, domain: str) -> tuple[What, str] | None:
    """By a person: what machines answer (I am on holiday) is no answer."""
    asked = _UNSUBSCRIBES.fullmatch(_header(mail, "Subject"))
    if asked:
        return "unsubscribed", asked[1].lower()
    if _header(mail, "Auto-Submitted").strip().lower() not in ("", "no"):
        return None
    decision = _decision(_header(mail, "In-Reply-To"), domain)
    return ("replied", decision) if decision else None


def _decision(message_id: str, domain: str) -> str | None:
    found = re.fullmatch(r"\s*<([0-9a-f]{32})@" + re.escape(domain) + r">\s*", message_id)
    return found[1] if found else None


def _original_id(part: EmailMessage) -> str:
    if part.get_content_type() == "message/rfc822":
        return _header(_inner(part), "Message-ID")
    if part.get_content_type() == "text/rfc822-headers":
        headers = part.get_payload(decode=True)
        return _header(message_from_bytes(headers, policy=default), "Message-ID") if isinstance(headers, bytes) else ""
    return ""


def _parts(mail: EmailMessage) -> list[EmailMessage]:
    return _blocks(mail)[:_MOST_PARTS]


def _blocks(part: EmailMessage) -> list[EmailMessage]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, EmailMessage)] if isinstance(payload, list) else []


def _inner(part: EmailMessage) -> EmailMessage:
    return next(iter(_blocks(part)), EmailMessage())


def _address(field: str) -> str | None:
    """`rfc822; ann@example.org`, with or without its type and angle brackets."""
    return parseaddr(field.rpartition(";")[2].strip())[1] or None


def _header(mail: EmailMessage, name: str) -> str:
    """As text, whatever is wrong with it: mail comes from anybody."""
    try:
        return str(mail.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError, KeyError):
        return ""


def _sent_at(mail: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(mail, "Date"))
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
