"""What is said of the person: the latest value of each name, by the person's time; the interaction's id breaks ties."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.bounds import cut, fits
from fidelio_profile.domain.localities import language_tag, time_zone_name
from fidelio_profile.domain.parts import Fields, Made, Part, Read
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ingest import Interaction, Scalar

MOST_TRAITS = 48
_LANGUAGE = ("language", "locale")
_TIME_ZONE = ("time_zone", "timezone")
_READ_HERE = frozenset({"first_name", *_LANGUAGE, *_TIME_ZONE})
_LONGEST_NAME = 48
_LONGEST_VALUE = 128
_LONGEST_SOURCE = 40


class Trait(NamedTuple):
    """`is_pinned`: a correction at the person's request, which no later synchronisation undoes."""

    value: Scalar
    at: Instant
    id: str
    source: str
    is_pinned: bool = False


Traits = Mapping[tuple[str], Trait]


def traits_of(interaction: Interaction, at: Instant) -> Part[Traits]:
    """A value too long to be kept is kept as none: the one before it does not hold any more."""
    if not interaction.traits:
        return NO_TRAITS
    is_pinned = interaction.type == "profile.corrected"
    source = cut(interaction.source, _LONGEST_SOURCE)
    said = {
        (name,): Trait(_kept(value), at, interaction.id, source, is_pinned)
        for name, value in interaction.traits.items()
        if fits(name, _LONGEST_NAME)
    }
    return Made(_kept_first(said), _document)


def join_traits(left: Part[Traits], right: Part[Traits]) -> Part[Traits]:
    return left if right is NO_TRAITS else Made(_join(left.value, right.value), _document)


def traits_from(document: Mapping[str, Any]) -> Part[Traits]:
    traits = document["traits"]
    if "language" not in document:  # version 1
        return Made(_read(document), _document)
    derived = {"language": document["language"], "time_zone": document["time_zone"]}
    return Read({"traits": traits, **derived}, _read) if traits else NO_TRAITS


def _kept(value: Scalar) -> Scalar:
    return None if isinstance(value, str) and not fits(value, _LONGEST_VALUE) else value


def _join(left: Traits, right: Traits) -> Traits:
    joined = dict(left)
    for key, trait in right.items():
        known = joined.get(key)
        if known is None or _precedence(trait) > _precedence(known):
            joined[key] = trait
    return _kept_first(joined)


def _kept_first(traits: Traits) -> Traits:
    """Where there are too many, corrections and what Fidelio itself reads are kept first.

    A correction stays one whatever it is joined with, and its value holds alone: nothing displaced before is missed.
    """
    return bottom(traits, MOST_TRAITS, lambda key: traits[key].is_pinned or key[0] in _READ_HERE)


def _precedence(trait: Trait) -> tuple[bool, str, str]:
    return trait.is_pinned, trait.at, trait.id


def _document(traits: Traits) -> Fields:
    return {
        "traits": [
            {
                "name": name,
                "value": each.value,
                "at": each.at,
                "id": each.id,
                "source": each.source,
                "is_pinned": each.is_pinned,
            }
            for (name,), each in sorted(traits.items(), key=itemgetter(0))
        ],
        "language": _first_valid(traits, _LANGUAGE, language_tag),
        "time_zone": _first_valid(traits, _TIME_ZONE, time_zone_name),
    }


def _first_valid(traits: Traits, names: tuple[str, ...], parse: Callable[[Scalar], str | None]) -> str | None:
    """Of what is told under these names, what holds over the others; but nothing that makes no sense."""
    told = [traits[name,] for name in names if (name,) in traits]
    told.sort(key=_precedence, reverse=True)
    return next((found for each in told if (found := parse(each.value))), None)


def _read(document: Mapping[str, Any]) -> Traits:
    return {
        (each["name"],): Trait(each["value"], each["at"], each["id"], each["source"], each.get("is_pinned", False))
        for each in document["traits"]
    }


NO_TRAITS: Part[Traits] = Made({}, _document)
