"""A letter as a mail: whatever stands in it adds no header and no recipient."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from urllib.parse import quote, urlsplit

from email_validator import EmailNotValidError, validate_email

from fidelio_notify.domain.plain_text import one_line, plain
from fidelio_notify.providers import Order

_NOT_IN_A_URI = re.compile(r"[^!-~]|[<>,]")
_LONGEST_LINE = 998
_LONGEST_WORD = 60
_LONGEST_URI = 900


class NotAnAddress(ValueError):
    """Nobody could be reached there, whatever server is asked."""


class Unmailable(ValueError):
    """No mail can be made of this order; says why, never to whom."""


@dataclass(frozen=True, slots=True)
class Sender:
    """`unsubscribe_mailbox`: for mail programs that unsubscribe by mail, beside the one-click address."""

    address: str
    name: str = ""
    unsubscribe_mailbox: str | None = None

    def __post_init__(self) -> None:
        for each in filter(None, (self.address, self.unsubscribe_mailbox)):
            if _mailbox(each)[1]:
                raise NotAnAddress("the sender's addresses are ASCII before the @, so that every server takes them")

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Mail:
    """`needs_utf8`: only a server that knows SMTPUTF8 can take it, as the address has letters beyond ASCII."""

    to: str
    message_id: str
    content: bytes
    needs_utf8: bool


_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
_ON_THE_WIRE = compat32.clone(linesep="\r\n", max_line_length=_LONGEST_LINE)


def write_mail(sender: Sender, order: Order, at: datetime) -> Mail:
    """Its Message-ID is the decision's: a repetition, if there ever were one, could be told.

    Written with the older half of `email`, whose headers are text: the newer one takes six times as long, and writes a
    long unsubscribe address as an encoded word, which no mail program reads as an address.
    """
    to, needs_utf8 = _mailbox(order.to)
    message_id = f"<{order.decision}@{sender.domain}>"
    message = _bodies(order)
    message["From"] = formataddr((one_line(sender.name), sender.address))
    message["To"] = to.encode().decode("ascii", "surrogateescape")
    message["Subject"] = _subject(one_line(order.letter.subject or ""))
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Feedback-ID"] = ":".join((_feedback_name(order.playbook), order.channel, "fidelio"))
    for name, value in _unsubscribing(sender, order):
        message[name] = value
    return Mail(to, message_id, message.as_bytes(policy=_ON_THE_WIRE), needs_utf8)


def _bodies(order: Order) -> MIMEBase:
    text = _body(order.letter.text, "plain")
    if order.letter.html is None:
        return text
    both = MIMEMultipart("alternative", boundary=f"=_{order.decision}")  # no quoted-printable text has `=_`
    both.attach(text)
    both.attach(_body(order.letter.html, "html"))
    return both


def _body(text: str, subtype: str) -> MIMENonMultipart:
    body = MIMENonMultipart("text", subtype)
    body.set_payload(plain(text), _UTF8)
    return body


def _subject(text: str) -> str:
    """Folded; encoded where it is not ASCII, could not be folded, or would itself be read as encoded."""
    is_simple = text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) < _LONGEST_WORD
    return Header(text, None if is_simple else "utf-8", header_name="Subject").encode()


def _mailbox(address: str) -> tuple[str, bool]:
    """With its domain in ASCII; and whether its local part is not."""
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise NotAnAddress("not an address of the form local@domain; it is refused before a server is asked") from None
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}", found.smtputf8


def _unsubscribing(sender: Sender, order: Order) -> list[tuple[str, str]]:
    """RFC 8058. A mail program posts to an https address only: for another, one click is not promised."""
    if order.unsubscribe is None:
        return []
    if _NOT_IN_A_URI.search(order.unsubscribe) or len(order.unsubscribe) > _LONGEST_URI:
        raise Unmailable("the unsubscribe address is too long or has characters that none may have; encode them")
    uris = [f"<{order.unsubscribe}>"]
    if sender.unsubscribe_mailbox:
        uris.append(f"<mailto:{sender.unsubscribe_mailbox}?subject={quote(f'unsubscribe {order.decision}')}>")
    headers = [("List-Unsubscribe", ",\n ".join(uris))]
    if urlsplit(order.unsubscribe).scheme == "https":
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _feedback_name(playbook: str | None) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", playbook or "none")[:60]
