"""Segments as they were declared, and what they need to be known of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fidelio_scoring.domain.segments.conditions import Condition, Followed, Leaf, Past, Within, leaves_of
from fidelio_scoring.domain.segments.instants import kth_latest, silent_since, unanswered
from fidelio_scoring.domain.segments.program import Program
from fidelio_shared.declarations.words import Words
from fidelio_shared.declarations.yaml_tree import Place


class SegmentsError(ValueError):
    """Segment definitions that must not be used; the message says where, what, which and what to do."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`group`: of those that share one, only the first in the file whose condition holds is held. `hash`: of all that
    decides who is in it: two definitions in which it is the same have the same members."""

    name: str
    kind: str
    group: str | None
    label: Words
    description: Words
    condition: Condition
    hash: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Definitions:
    """`segments`: in the order of the file. `version`: the declared name and number, and a hash of the content."""

    file: str = field(compare=False)
    version: str
    segments: tuple[Segment, ...]
    program: Program = field(compare=False, repr=False)

    def segment(self, name: str) -> Segment | None:
        return next((each for each in self.segments if each.name == name), None)


def changed(old: Definitions, new: Definitions) -> frozenset[str]:
    """Segments that came, went, or may have other members."""
    before, after = ({each.name: each.hash for each in one.segments} for one in (old, new))
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def needs(definitions: Definitions) -> Mapping[str, int]:
    """How many of the latest instants of each type the definitions rest on."""
    found: dict[str, int] = {}
    for segment in definitions.segments:
        for name, k in _needs(segment):
            found[name] = max(k, found.get(name, 0))
    return dict(sorted(found.items()))


def check_kept(definitions: Definitions, kept: Mapping[str, int]) -> None:
    """Raises where a definition rests on more of the latest instants than profiles keep.

    The very latest of a type is known of every type: the counts of interactions tell it.
    """
    for segment in definitions.segments:
        for name, k in _needs(segment):
            if k > max(kept.get(name, 0), 1):
                where = f"{definitions.file}:{segment.place.line}:{segment.place.column}: segment {segment.name}"
                raise SegmentsError(
                    f"{where}: needs the latest {k} {name}, profiles keep {kept.get(name, 0)}; "
                    f"ask for fewer, or let profiles keep more of them"
                )


def _needs(segment: Segment) -> list[tuple[str, int]]:
    return [need for leaf in leaves_of(segment.condition) for need in _leaf_needs(leaf)]


def _leaf_needs(leaf: Leaf) -> list[tuple[str, int]]:
    if isinstance(leaf, Followed):
        return [(leaf.first, 1), (leaf.then, 1)]
    if not isinstance(leaf, Past | Within):
        return []
    if leaf.instant is kth_latest:
        return [(str(leaf.of[0]), int(leaf.of[1]))]
    return [(str(each), 1) for each in leaf.of] if leaf.instant in (silent_since, unanswered) else []
