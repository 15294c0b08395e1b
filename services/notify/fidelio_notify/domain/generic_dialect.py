"""Fidelio's own contract for providers of text messages, push and chat; PROVIDERS.md tells it to who implements it."""

from dataclasses import dataclass

from pydantic import SecretStr

from fidelio_notify.domain.plain_text import one_line, plain
from fidelio_notify.domain.posting import Answer, Posting, check_is_safe, code_of, fields_of, waiting_time
from fidelio_notify.providers import Accepted, Later, Order, Outcome, Refused, Unknown
from fidelio_shared.contracts.canonical import encode

_TAKEN = frozenset({200, 201, 202, 409})
_BUSY = frozenset({408, 425, 429, 503})
_NOT_OF_THIS_MESSAGE = frozenset({*range(300, 400), 401, 404, 405, 407})
"""The address or the token is wrong: every message would be refused, and waits until that is mended."""


@dataclass(frozen=True, slots=True)
class GenericDialect:
    url: str
    token: SecretStr

    def __post_init__(self) -> None:
        check_is_safe(self.url)

    @property
    def repeats_safely(self) -> bool:
        return True

    def posting(self, order: Order) -> Posting:
        said = {
            "id": order.decision,
            "channel": order.channel,
            "to": order.to,
            "title": one_line(order.letter.subject) if order.letter.subject else None,
            "text": plain(order.letter.text),
            "unsubscribe": order.unsubscribe,
        }
        headers = {
            "Authorization": f"Bearer {self.token.get_secret_value()}",
            "Content-Type": "application/json",
            "Idempotency-Key": order.decision,
        }
        return Posting(headers, encode(said))

    def outcome(self, answer: Answer) -> Outcome:
        """Whoever says yes without saying to what, and whoever failed, may have taken it."""
        told = fields_of(answer.body)
        status = str(answer.status)
        if answer.status in _TAKEN:
            message_id = code_of(told.get("id"), "")
            return Accepted(message_id) if message_id else Unknown()
        if answer.status in _BUSY | _NOT_OF_THIS_MESSAGE:
            return Later(code_of(told.get("code"), status), waiting_time(answer))
        if 400 <= answer.status < 500:
            return Refused(code_of(told.get("code"), status), is_address_dead=told.get("is_address_dead") is True)
        return Unknown()
