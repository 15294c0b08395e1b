"""What is known of who is who: identifiers, and the heads of the profiles that hold them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal, Protocol

from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ids import InteractionId, ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier

MOST_ABSORBED = 256


def identity_key(identifier: Identifier) -> str:
    return f"{identifier.kind}:{identifier.value}"


def identifier_hash(key: str) -> str:
    """How a profile remembers whose an identifier is not, without keeping it."""
    return hash16("identifier", key)


def identifier_of(key: str) -> Identifier:
    kind, _, value = key.partition(":")
    return Identifier(kind=kind, value=value)


@dataclass(frozen=True, slots=True)
class Link:
    """An identifier's profile, and the interaction that said so. `seen_with`: others who used this weak one.

    `is_shared`: seen with more people than the rules allow, it finds nobody any more. `since`: what happened until then
    was somebody's who was erased.
    """

    profile: ProfileId
    interaction: InteractionId
    at: Instant
    seen_with: frozenset[ProfileId] = frozenset()
    is_shared: bool = False
    since: Instant | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """`created_at`: when its first interaction was received. `keys`: its identifiers, as `kind:value`.

    `absorbed`: every profile that became part of it. `apart`: those it must never be merged with.
    `version` counts the transactions that rested on it or changed it.
    """

    profile: ProfileId
    created_at: Instant
    version: int
    keys: frozenset[str] = frozenset()
    merged_into: ProfileId | None = None
    absorbed: frozenset[ProfileId] = frozenset()
    apart: frozenset[ProfileId] = frozenset()
    met: frozenset[ProfileId] = frozenset()
    erased_at: Instant | None = None

    @property
    def age(self) -> tuple[Instant, ProfileId]:
        """Fixed at birth: the smallest of a merge wins, so merges never go round in circles."""
        return self.created_at, self.profile

    @property
    def names(self) -> frozenset[ProfileId]:
        return self.absorbed | {self.profile}

    def is_identified(self, rules: IdentityRules) -> bool:
        return any(rules.is_strong(identifier_of(each).kind) for each in self.keys)

    def is_apart_from(self, other: "Head") -> bool:
        return bool(self.apart & other.names or other.apart & self.names)


@dataclass(frozen=True, slots=True)
class Demotion:
    """An identifier that an interaction named and that was set aside. `owner`: whose it is otherwise, if anybody's.

    `reason`: `limit` (a profile would hold too many of `kind`), `apart` (people separated them), `shared`.
    """

    identifier: Identifier
    reason: Literal["limit", "apart", "shared"]
    kind: str
    owner: ProfileId | None


@dataclass(frozen=True, slots=True)
class Review:
    """A doubt for people to settle; the same doubt has the same id, however often it comes up."""

    profile: ProfileId
    demotion: Demotion
    interaction: InteractionId
    at: Instant

    @property
    def id(self) -> str:
        return hash16("review", self.profile, identity_key(self.demotion.identifier), self.demotion.reason)


def broken_rule(
    heads: Sequence[Head], new: Mapping[str, int], rules: IdentityRules
) -> tuple[Literal["limit", "apart"], str] | None:
    """What forbids that these are one profile, with so many `new` identifiers of each kind; and the kind of a limit.

    Who holds more than a limit already, since it was changed or people decided so, breaks none by staying as they are.
    """
    if any(one.is_apart_from(other) for one, other in combinations(heads, 2)):
        return "apart", ""
    if len(heads) > 1 and sum(len(each.names) for each in heads) > MOST_ABSORBED:
        return "limit", "profile"
    held = [Counter(identifier_of(key).kind for key in each.keys) for each in heads]
    whole = sum(held, Counter(new))
    for kind, rule in rules.kinds.items():
        if whole[kind] > rule.most and whole[kind] > max((each[kind] for each in held), default=0):
            return "limit", kind
    return None


class IdentityChange(Protocol):
    """What is to be stored of who is who, all or nothing. `moved`: identifiers, and whose they are now."""

    @property
    def new_links(self) -> Mapping[str, Link]: ...
    @property
    def changed_links(self) -> Mapping[str, Link]: ...
    @property
    def moved(self) -> Mapping[str, ProfileId]: ...
    @property
    def new_heads(self) -> Mapping[ProfileId, Head]: ...
    @property
    def changed_heads(self) -> Mapping[ProfileId, Head]: ...


def merged(heads: list[Head]) -> tuple[Head, list[Head]]:
    """The oldest with everything that the others had, and the others without."""
    winner, *losers = sorted(heads, key=lambda each: each.age)
    whole = replace(
        winner,
        keys=frozenset().union(*(each.keys for each in heads)),
        absorbed=winner.absorbed.union(*(each.names for each in losers)),
        apart=frozenset().union(*(each.apart for each in heads)),
        met=frozenset().union(*(each.met for each in heads)) - {each.profile for each in heads},
    )
    return whole, [replace(each, merged_into=winner.profile, keys=frozenset(), met=frozenset()) for each in losers]
