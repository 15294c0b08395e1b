"""Keys of the API: who may ask for what. A key is kept as its digest alone."""

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["read", "write", "privacy"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
BOOTSTRAP = "bootstrap"
MARK = "fidelio_"
"""Begins every key, so that a search through files finds those that leaked."""


@dataclass(frozen=True, slots=True)
class Key:
    """`name` says who asks, in access records."""

    name: str
    scopes: frozenset[Scope]


def token(secret: bytes) -> str:
    return MARK + secret.hex()


def digest(told: str) -> bytes:
    """Plain SHA-256: a key is 32 random bytes, which nobody can guess, so that a slow hash would only slow requests."""
    return hashlib.sha256(told.encode()).digest()
