"""What is posted to a provider or a subscriber over HTTP, and what it answered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlsplit

import orjson

from fidelio_notify.providers import Order, Outcome

_LONGEST_WAIT = timedelta(days=1)
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Posting:
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """`body`: empty where it was longer than anybody reads. `at`: when it came."""

    status: int
    body: bytes
    retry_after: str | None
    at: datetime


class Dialect(Protocol):
    """How one provider is spoken to."""

    @property
    def url(self) -> str: ...

    @property
    def repeats_safely(self) -> bool: ...

    def posting(self, order: Order) -> Posting: ...

    def outcome(self, answer: Answer) -> Outcome: ...


def fields_of(body: bytes) -> Mapping[str, object]:
    """Empty where it is no JSON object."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def code_of(value: object, default: str) -> str:
    """A code only: the provider's free text may repeat whom the message was for."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if _CODE.fullmatch(text) else default


def waiting_time(answer: Answer) -> timedelta | None:
    """Of Retry-After, seconds or a date; a day at most."""
    told = (answer.retry_after or "").strip()
    if told.isascii() and told.isdecimal():
        return timedelta(seconds=min(int(told[:9]), _LONGEST_WAIT.total_seconds()))
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - answer.at, timedelta()), _LONGEST_WAIT)


def check_is_safe(url: str) -> None:
    """Raises where the token would travel in plain text."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE):
        return
    raise ValueError("a provider's address begins with https://; http is for this machine only")
