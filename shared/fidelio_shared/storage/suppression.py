"""Identifiers that are known again without being kept: as hashes that nobody can make without the key."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import SecretStr
from pymongo.asynchronous.collection import AsyncCollection

from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.mongo import Document, translated

NORMALISER = 1
"""Version of the normalised forms that were hashed; another one would not find them."""


@dataclass(frozen=True, slots=True)
class Suppressor:
    """`secret`: whoever has it can tell whether somebody they know is on the list; nobody else can.

    `former`: secrets under which was written before; they are still known again, nobody new is written so.
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


def suppressor_from(secret: SecretStr | None, former: Iterable[SecretStr]) -> Suppressor | None:
    """None where there is no key. Raises Halted where there are only former ones."""
    told = secret.get_secret_value() if secret else ""
    before = tuple(each.get_secret_value().encode() for each in former)
    if before and not told:
        raise Halted("FIDELIO_FORMER_SUPPRESSION_KEYS are for reading alone; set FIDELIO_SUPPRESSION_KEY as well")
    return Suppressor(told.encode(), before) if told else None


async def check_suppression(hashes: AsyncCollection[Document], suppressor: Suppressor | None) -> None:
    """Raises Halted where a key is missing: whoever was kept under it would not be known again. Each document names its
    `key`, which is indexed."""
    with translated():
        other = {"key": {"$nin": list(suppressor.names)}} if suppressor else {}
        found = await hashes.find_one(other, hint="key_1" if suppressor else "_id_")
    if found is not None:
        raise Halted(
            f"identifiers in {hashes.name} are kept under another FIDELIO_SUPPRESSION_KEY; set that one, or name it in "
            "FIDELIO_FORMER_SUPPRESSION_KEYS"
        )


def _name(secret: bytes) -> str:
    return hashlib.blake2b(secret, digest_size=4, person=b"key name").hexdigest()


def _hash(key: str, secret: bytes) -> bytes:
    return hashlib.blake2b(key.encode(), key=secret[:64], digest_size=16).digest()
