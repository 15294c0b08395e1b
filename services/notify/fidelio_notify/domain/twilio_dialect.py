"""Text messages by Twilio's Messages resource (API version 2010-04-01): an example of a provider with its own shape.

It has no idempotency key: an order whose end is unknown is never repeated.
"""

import base64
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import SecretStr

from fidelio_notify.domain.plain_text import plain
from fidelio_notify.domain.posting import Answer, Posting, check_is_safe, code_of, fields_of, waiting_time
from fidelio_notify.providers import Accepted, Later, Order, Outcome, Refused, Unknown

_NOBODY_THERE = frozenset({"21211", "21214", "21217", "21614"})
"""The number is invalid, cannot be reached, is incomplete, or is no mobile number."""
_BUSY = frozenset({408, 429})
_NOT_OF_THIS_MESSAGE = frozenset({*range(300, 400), 401, 403, 404, 405, 407})
_SERVICE = "MG"


@dataclass(frozen=True, slots=True)
class TwilioDialect:
    """`sender`: a number in E.164, or a messaging service's id. `callback`: where Twilio tells what became of a
    message; the decision is added, and Twilio signs it with the rest."""

    account: str
    token: SecretStr
    sender: str
    callback: str | None = None
    host: str = "https://api.twilio.com"

    def __post_init__(self) -> None:
        check_is_safe(self.host)

    @property
    def url(self) -> str:
        return f"{self.host}/2010-04-01/Accounts/{self.account}/Messages.json"

    @property
    def repeats_safely(self) -> bool:
        return False

    def posting(self, order: Order) -> Posting:
        who = "MessagingServiceSid" if self.sender.startswith(_SERVICE) else "From"
        form = {"To": order.to, who: self.sender, "Body": plain(order.letter.text)}
        if self.callback:
            form["StatusCallback"] = callback_address(self.callback, order.decision)
        credentials = base64.b64encode(f"{self.account}:{self.token.get_secret_value()}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"}
        return Posting(headers, urlencode(form).encode())

    def outcome(self, answer: Answer) -> Outcome:
        told = fields_of(answer.body)
        code = code_of(told.get("code"), str(answer.status))
        if answer.status in (200, 201):
            message_id = code_of(told.get("sid"), "")
            return Accepted(message_id) if message_id else Unknown()
        if answer.status in _BUSY | _NOT_OF_THIS_MESSAGE:
            return Later(code, waiting_time(answer))
        if 400 <= answer.status < 500:
            return Refused(code, is_address_dead=code in _NOBODY_THERE)
        return Unknown()


def callback_address(callback: str, decision: str) -> str:
    return f"{callback}?decision={decision}"
