"""Languages and time zones, as told by whatever system."""

import re
from functools import lru_cache
from importlib.resources import files

from fidelio_shared.contracts.ingest import Scalar

_TAG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8}){0,3})")


@lru_cache(maxsize=1024)
def language_tag(told: Scalar) -> str | None:
    """A tag such as `fr` or `pt-BR`, written as RFC 5646 recommends; None for what is none."""
    tag = _TAG.fullmatch(told.strip()) if isinstance(told, str) else None
    return "".join([tag[1].lower(), *map(_subtag, re.findall(r"[A-Za-z0-9]+", tag[2]))]) if tag else None


def time_zone_name(told: Scalar) -> str | None:
    """A name of the IANA time zone database; None for what is none."""
    return told if isinstance(told, str) and told in _zones() else None


def _subtag(text: str) -> str:
    if len(text) == 2:
        return f"-{text.upper()}"
    return f"-{text.title() if len(text) == 4 else text.lower()}"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Of the pinned package, not of the machine: every process must know the same."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())
