"""What a person may object to (GDPR articles 18 and 21), told as a consent that is denied for one of these purposes."""

from collections.abc import Iterable
from typing import Literal, Protocol

Right = Literal["profiling", "contact", "processing"]
RIGHTS: tuple[Right, ...] = ("profiling", "contact", "processing")
"""`profiling`: kept, and neither scored nor in any segment. `contact`: nothing is sent on their own initiative.
`processing`: restricted: kept, and nothing is done with it."""
EVERY_CHANNEL = "any"


class _Said(Protocol):
    @property
    def purpose(self) -> str: ...
    @property
    def status(self) -> str: ...


def objections(consents: Iterable[_Said]) -> frozenset[str]:
    """On whichever channel it was said; whoever grants it again there takes it back."""
    return frozenset(each.purpose for each in consents if each.purpose in RIGHTS and each.status == "denied")
