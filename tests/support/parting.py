"""People separate two persons: what the identity transaction of a split writes."""

from collections.abc import Iterable
from dataclasses import replace

from fidelio_profile.domain.people import Head
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ids import ProfileId


def parted(head: Head, keys: Iterable[str], new_id: ProfileId, at: Instant) -> tuple[Head, Head]:
    """The one without these identifiers, a new one with them, and neither ever becomes part of the other."""
    taken = frozenset(keys) & head.keys
    left = replace(head, keys=head.keys - taken, apart=head.apart | {new_id})
    return left, Head(new_id, at, version=0, keys=taken, apart=frozenset({head.profile}))
