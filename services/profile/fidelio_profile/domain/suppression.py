"""Identifiers of people who were erased: known again, without being kept."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fidelio_profile.domain.people import Link
from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.ingest import Interaction

NORMALISER = 1
"""Version of the normalised forms that were hashed; another one would not find them."""
_BEGINNINGS = frozenset({"order.placed", "subscription.started"})


@dataclass(frozen=True, slots=True)
class Suppressor:
    """`secret`: whoever has it can tell whether somebody they know was erased; nobody else can.

    `former`: secrets under which people were erased before; they are still known again, nobody new is written so.
    """

    secret: bytes
    former: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        """Of the key under which is written, without telling it."""
        return _name(self.secret)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all keys under which is read."""
        return tuple(_name(each) for each in (self.secret, *self.former))

    def hash(self, key: str) -> bytes:
        return _hash(key, self.secret)

    def hashes(self, key: str) -> tuple[bytes, ...]:
        return tuple(_hash(key, each) for each in (self.secret, *self.former))


def _name(secret: bytes) -> str:
    return hashlib.blake2b(secret, digest_size=4, person=b"key name").hexdigest()


def _hash(key: str, secret: bytes) -> bytes:
    return hashlib.blake2b(key.encode(), key=secret[:64], digest_size=16).digest()


def suppressed_keys(links: Mapping[str, Link]) -> list[str]:
    """Those that the person alone held: what others were seen with goes on working for them."""
    return [key for key, link in links.items() if not link.seen_with]


def begins_anew(interaction: Interaction, erased_at: Instant) -> bool:
    """Whether somebody who was erased comes back by their own doing, and not by an export of what was known."""
    if instant(interaction.occurred_at) <= erased_at:
        return False
    consent = interaction.consent
    is_consent = interaction.type == "consent.changed" and consent is not None and consent.status == "granted"
    return interaction.type in _BEGINNINGS or is_consent
