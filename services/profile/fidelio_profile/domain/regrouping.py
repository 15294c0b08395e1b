"""What people decide about who is who: two profiles are one person, one profile is two."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from fidelio_profile.domain.people import Head, Link, identifier_of, identity_key, merged
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.profile import EraseRequested, IdentityChanged, RetireRequested, SplitRequested


class NotPossible(ValueError):
    """What was asked cannot be done with these profiles; says why, without naming anybody."""


class NoSuchProfile(NotPossible):
    """There is none with this id, or it was erased."""


@dataclass(frozen=True, slots=True)
class Regrouped:
    """What is to be stored of a request, all or nothing, and said on the keys of those concerned.

    `deleted`: identifiers that find nobody any more.
    """

    profile: ProfileId
    others: tuple[ProfileId, ...] = ()
    new_links: Mapping[str, Link] = field(default_factory=dict)
    changed_links: Mapping[str, Link] = field(default_factory=dict)
    moved: Mapping[str, ProfileId] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    new_heads: Mapping[ProfileId, Head] = field(default_factory=dict)
    changed_heads: Mapping[ProfileId, Head] = field(default_factory=dict)
    records: tuple[RetireRequested | SplitRequested | EraseRequested, ...] = ()
    changes: tuple[IdentityChanged, ...] = ()


def unite(heads: Iterable[Head], request: str, at: datetime) -> Regrouped:
    """Whatever the rules say of them, also where they were separated before: people know better."""
    found = list({each.profile: each for each in heads}.values())
    if len(found) < 2:
        raise NotPossible("these are one profile already")
    winner, losers = merged(found)
    names = winner.names
    winner = replace(winner, apart=winner.apart - names)
    return Regrouped(
        profile=winner.profile,
        others=tuple(each.profile for each in losers),
        moved={key: winner.profile for each in found if each.profile != winner.profile for key in each.keys},
        changed_heads={each.profile: each for each in (winner, *losers)},
        records=tuple(RetireRequested(profile=each.profile, into=winner.profile, id=request, at=at) for each in losers),
        changes=(
            IdentityChanged(
                kind="merged",
                profile=winner.profile,
                interaction=InteractionId(request),
                at=at,
                others=tuple(each.profile for each in losers),
            ),
        ),
    )


def unite_unless_one(heads: Iterable[Head], request: str, at: datetime) -> Regrouped:
    """The same, and nothing where it came true meanwhile."""
    found = list(heads)
    names = {each.profile for each in found}
    return unite(found, request, at) if len(names) > 1 else Regrouped(found[0].profile)


def separate(head: Head, identifiers: Iterable[Identifier], request: str, at: datetime) -> Regrouped:
    """A new profile gets the identifiers, and is never merged with this one by evidence."""
    leaving = frozenset(identity_key(each) for each in identifiers)
    if not leaving or not leaving <= head.keys:
        raise NotPossible("not all of these identifiers are this profile's; look at its identity")
    if leaving == head.keys:
        raise NotPossible("at least one identifier must stay; erase the profile, or correct it, instead")
    created = profile_id(InteractionId(request))
    left = tuple(identifier_of(each) for each in sorted(leaving))
    new = Head(created, instant(at), version=0, keys=leaving, apart=frozenset({head.profile}))
    kept = replace(head, keys=head.keys - leaving, apart=head.apart | {created})
    return Regrouped(
        profile=head.profile,
        others=(created,),
        moved=dict.fromkeys(sorted(leaving), created),
        new_heads={created: new},
        changed_heads={head.profile: kept},
        records=(
            SplitRequested(
                profile=head.profile,
                id=request,
                into=created,
                identifiers=left,
                remaining=tuple(identifier_of(each) for each in sorted(kept.keys)),
                at=at,
            ),
        ),
        changes=(
            IdentityChanged(
                kind="split",
                profile=head.profile,
                interaction=InteractionId(request),
                at=at,
                identifiers=left,
                others=(created,),
            ),
        ),
    )


def keep_apart(one: Head, other: Head) -> Regrouped:
    """No evidence will merge them."""
    if one.profile == other.profile:
        raise NotPossible("these are one profile already; split it")
    changed = (replace(one, apart=one.apart | {other.profile}), replace(other, apart=other.apart | {one.profile}))
    return Regrouped(one.profile, (other.profile,), changed_heads={each.profile: each for each in changed})


def attach(head: Head, identifier: Identifier, request: str, at: datetime) -> Regrouped:
    """An identifier that nobody has, beyond any limit."""
    key = identity_key(identifier)
    return Regrouped(
        profile=head.profile,
        new_links={key: Link(head.profile, InteractionId(request), instant(at))},
        changed_heads={head.profile: replace(head, keys=head.keys | {key})},
        changes=(
            IdentityChanged(
                kind="linked",
                profile=head.profile,
                interaction=InteractionId(request),
                at=at,
                identifiers=(identifier,),
            ),
        ),
    )


def erase(head: Head, request: str, at: datetime) -> Regrouped:
    """The person with all that became part of them; no profile has their ids ever again."""
    names = tuple(sorted(head.absorbed))
    gone = replace(head, keys=frozenset(), apart=frozenset(), met=frozenset(), erased_at=instant(at))
    return Regrouped(
        profile=head.profile,
        others=names,
        deleted=head.keys,
        changed_heads={head.profile: gone},
        records=tuple(EraseRequested(profile=each, id=request, at=at) for each in (head.profile, *names)),
        changes=(
            IdentityChanged(
                kind="erased", profile=head.profile, interaction=InteractionId(request), at=at, others=names
            ),
        ),
    )
