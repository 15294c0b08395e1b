"""What a provider of a channel is given, and what it answers."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from fidelio_notify.domain.letters.letter import Letter


@dataclass(frozen=True, slots=True)
class Order:
    """`decision` is its idempotency key. `unsubscribe`: the one-click address (RFC 8058); None of what is owed."""

    decision: str
    channel: str
    to: str
    letter: Letter
    unsubscribe: str | None = None


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
class Unknown:
    """The connection broke, or no answer came in time: it may have been taken."""


Outcome = Accepted | Refused | Unknown


class Session(Protocol):
    async def send(self, order: Order) -> Outcome: ...


class Provider(Protocol):
    @property
    def repeats_safely(self) -> bool:
        """The same order sent twice is accepted once: an unknown outcome may be asked for again."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Raises Unavailable where the provider cannot be reached: before anything was attempted."""
