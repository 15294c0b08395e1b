"""A cap that does not depend on the order of arrival."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from fidelio_shared.contracts.ids import hash16

K = TypeVar("K", bound=tuple[str, ...])
V = TypeVar("V")


def _all_are_equal(_: tuple[str, ...]) -> bool:
    return False


def bottom(entries: Mapping[K, V], most: int, is_first: Callable[[K], bool] = _all_are_equal) -> Mapping[K, V]:
    """The `most` entries whose keys have the smallest hashes, those whose key `is_first` before all others.

    An entry of the final set is in the bottom of every part that holds it, so none is lost and taken up again.
    """
    if len(entries) <= most:
        return entries
    kept = sorted(entries, key=lambda key: (not is_first(key), hash16(*key)))[:most]
    return {key: entries[key] for key in kept}
