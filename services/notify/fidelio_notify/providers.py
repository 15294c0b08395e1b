"""What a provider of a channel is given, and what it answers."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fidelio_notify.domain.letters.letter import Letter
from fidelio_shared.contracts.ids import ProfileId


@dataclass(frozen=True, slots=True)
class Call:
    """What an agent's task needs beside the letter. `due_at`: the decision's deadline."""

    profile: ProfileId
    partition: int
    priority: int
    at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """`decision` is its idempotency key. `unsubscribe`: the one-click address (RFC 8058); None of what is owed.
    `playbook`: what it belongs to in the provider's own statistics. `call`: of channel `callback` alone."""

    decision: str
    channel: str
    to: str
    letter: Letter
    unsubscribe: str | None = None
    playbook: str | None = None
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    message_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no to this message; it will not be repeated. `code`: its own. `is_address_dead`: nobody is
    reached there any more."""

    code: str
    is_address_dead: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """The message was certainly not taken, and nothing speaks against offering it again: greylisted, too many at once,
    or the connection broke before it was handed over. `after`: not before so long, where the provider said so."""

    code: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The connection broke, or no answer came in time: it may have been taken."""


Outcome = Accepted | Refused | Later | Unknown


class Session(Protocol):
    async def send(self, order: Order) -> Outcome: ...


class Provider(Protocol):
    @property
    def repeats_safely(self) -> bool:
        """The same order sent twice is accepted once: an unknown outcome may be asked for again."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Raises Unavailable where the provider cannot be reached: before anything was attempted."""
