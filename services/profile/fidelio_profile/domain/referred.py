"""What is kept by its reference, a ticket or a subscription: so many, and whether there were more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from fidelio_profile.domain.bounds import fits
from fidelio_shared.contracts.ingest import Reference

V = TypeVar("V")
Key = tuple[str, str]
"""Kind and id."""
_LONGEST_KIND = 32
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Referred(Generic[V]):
    """`has_more`: some were left out, because there were too many or their reference was too long."""

    entries: Mapping[Key, V]
    has_more: bool = False


def one_referred(reference: Reference, entry: V) -> Referred[V]:
    if fits(reference.kind, _LONGEST_KIND) and fits(reference.id, _LONGEST_ID):
        return Referred({(reference.kind, reference.id): entry})
    return Referred({}, has_more=True)


def join_referred(
    left: Referred[V],
    right: Referred[V],
    join: Callable[[V, V], V],
    keep: Callable[[Mapping[Key, V]], Mapping[Key, V]],
    most: int,
) -> Referred[V]:
    """`keep`: what remains of them, all where they are no more than `most`."""
    joined = dict(left.entries)
    for key, entry in right.entries.items():
        joined[key] = join(joined[key], entry) if key in joined else entry
    return Referred(keep(joined), left.has_more or right.has_more or len(joined) > most)
