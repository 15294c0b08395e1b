"""A shop that says what happened over the door of a whole stack, and asks profile what it knows."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from fidelio_deploy.stack import Stack

T = TypeVar("T")
PATIENCE_SECONDS = 60
SOURCE = "shop.example"


class Shop:
    """Says what happened over the door, and asks profile what it knows."""

    def __init__(self, stack: Stack) -> None:
        addresses = stack.addresses
        self.http = httpx.Client(headers={"X-API-Key": addresses.api_key}, timeout=30)
        self.door, self.profile = addresses.processes["ingest"], addresses.processes["profile"]

    def says(self, event: str, kind: str, *identifiers: dict[str, str], channel: str = "store", **more: object) -> None:
        said = {"source": "shop.example", "id": event, "type": kind, "identifiers": identifiers, **more}
        answer = self.http.post(f"{self.door}/v1/interactions", json={"channel": channel, **said})
        assert answer.status_code == 202, answer.text

    def orders(self, event: str, *identifiers: dict[str, str], **more: object) -> None:
        self.says(event, "order.placed", *identifiers, amount={"value": "12.30", "currency": "EUR"}, **more)

    def finds(self, identifier: dict[str, str]) -> dict[str, Any] | None:
        found = self.http.get(f"{self.profile}/profiles/by/{identifier['kind']}/{identifier['value']}")
        return found.json() if found.status_code == 200 else None

    def knows(self, identifier: dict[str, str], *, interactions: int) -> str | None:
        """The profile, once so many interactions are folded into it."""
        found = self.finds(identifier)
        return found["profile"] if found and found["state"]["interactions"] == interactions else None

    def asks(self, profile: str, what: str, **told: object) -> dict[str, Any]:
        """Over the profile's own interface; done when this returns."""
        answer = self.http.post(f"{self.profile}/profiles/{profile}/{what}", json=told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def outcomes(self, profile: str) -> dict[str, Any]:
        return self.http.get(f"{self.profile}/profiles/{profile}").json()["outcomes"]

    def erases(self, profile: str) -> str:
        return self.http.post(f"{self.profile}/profiles/{profile}/erase").json()["erasure"]

    def erasure(self, request: str) -> dict[str, Any]:
        return self.http.get(f"{self.profile}/erasures/{request}").json()

    def is_erased(self, request: str) -> bool:
        return self.erasure(request)["step"] == "done"


def until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "not within a minute"
        time.sleep(0.05)
    return found


def customer(number: str) -> dict[str, str]:
    return {"kind": "customer_id", "value": number}
