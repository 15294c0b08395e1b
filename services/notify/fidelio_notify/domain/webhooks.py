"""Who subscribed to what is decided and sent, what is posted to them, and when it is tried again."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from fidelio_notify.domain.addresses import Reach, target_of
from fidelio_notify.domain.posting import Answer, Posting, waiting_time
from fidelio_notify.domain.signatures import signed_headers
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.notify import NotificationChanged

EVENT_TYPES = frozenset(f"notification.{each}" for each in ("decided", "sent", "failed", "deferred", "suppressed"))
MOST_ATTEMPTS = 12
OLDEST = timedelta(days=3)
_FIRST_WAIT = timedelta(seconds=5)
_GROWTH = 4.0
_LONGEST_WAIT = timedelta(hours=12)
_LONGEST_PAUSE = timedelta(hours=1)
_GONE = 410
SECRET_BYTES = 32

Disabled = Literal["gone", "stopped"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """`secrets`: each signs; the second is a former one, for as long as the subscriber needs to change it. `failures`:
    since something was last delivered."""

    webhook: str
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    types: frozenset[str] = EVENT_TYPES
    disabled: Disabled | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """`event`: its id for the subscriber, who may get it twice. `attempts`: begun, this one included. `at`: of the
    event; it is not tried for ever."""

    delivery: str
    webhook: str
    event: str
    profile: ProfileId
    content: bytes = field(repr=False)
    at: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class Again:
    at: datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """After so many attempts, or so long."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The subscriber wants no more of anything."""


Ending = Delivered | Again | GivenUp | Gone


def subscribe(url: str, *, types: Iterable[str], reach: Reach, random_bytes: bytes) -> Webhook:
    """Raises Hostile or ValueError where nothing would ever be posted there."""
    target_of(url, reach)
    wanted = frozenset(types)
    if not wanted or wanted - EVENT_TYPES:
        raise ValueError("name some of the types of events: " + ", ".join(sorted(EVENT_TYPES)))
    secret = new_secret(random_bytes)
    return Webhook(hash16("webhook", url, secret), url, (secret,), wanted)


def new_secret(random_bytes: bytes) -> str:
    if len(random_bytes) != SECRET_BYTES:
        raise ValueError(f"a secret is made of {SECRET_BYTES} random bytes")
    return "whsec_" + base64.b64encode(random_bytes).decode()


def deliveries(webhooks: Iterable[Webhook], event: str, changed: NotificationChanged) -> Iterator[Delivery]:
    """`event`: the id of its record on `notifications`."""
    kind = f"notification.{changed.step}"
    content = encode({"type": kind, "timestamp": instant(changed.at), "data": changed})
    for each in webhooks:
        if each.disabled is None and kind in each.types:
            yield Delivery(
                hash16("delivery", each.webhook, event), each.webhook, event, changed.profile, content, changed.at
            )


def posting(webhook: Webhook, delivery: Delivery, host: str, *, now: datetime) -> Posting:
    signed: Mapping[str, str] = signed_headers(
        webhook.secrets, message_id=delivery.event, content=delivery.content, now=now
    )
    headers = {**signed, "Host": host, "Content-Type": "application/json", "User-Agent": "Fidelio-Webhooks"}
    return Posting(headers, delivery.content)


def ending(delivery: Delivery, answer: Answer | None, *, now: datetime, chance: float) -> Ending:
    """None: there was no answer. `chance`: 0 to 1, drawn anew each time (full jitter): what failed together comes back
    apart."""
    if answer is not None and 200 <= answer.status < 300:
        return Delivered()
    if answer is not None and answer.status == _GONE:
        return Gone()
    asked = waiting_time(answer) if answer is not None else None
    due = now + max(chance * longest_wait(delivery.attempts), asked or timedelta())
    if delivery.attempts >= MOST_ATTEMPTS or due - delivery.at > OLDEST:
        return GivenUp()
    return Again(due)


def pause(webhook: Webhook, *, now: datetime, chance: float) -> datetime:
    """After another failure there: it is asked again within the hour, by one of those that wait."""
    return now + chance * min(longest_wait(webhook.failures + 1), _LONGEST_PAUSE)


def longest_wait(attempts: int) -> timedelta:
    return min(_FIRST_WAIT * _GROWTH ** min(attempts - 1, MOST_ATTEMPTS), _LONGEST_WAIT)
