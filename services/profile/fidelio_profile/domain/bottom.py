"""A cap that does not depend on the order of arrival."""

from collections.abc import Mapping
from typing import TypeVar

from fidelio_shared.contracts.ids import hash16

K = TypeVar("K", bound=tuple[str, ...])
V = TypeVar("V")


def bottom(entries: Mapping[K, V], most: int) -> Mapping[K, V]:
    """The `most` entries whose keys have the smallest hashes.

    An entry of the final set is in the bottom of every part that holds it, so none is lost and taken up again.
    """
    if len(entries) <= most:
        return entries
    kept = sorted(entries, key=lambda key: hash16(*key))[:most]
    return {key: entries[key] for key in kept}
