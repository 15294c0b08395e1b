"""The segments file: YAML, checked as it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from fidelio_scoring.domain.segments.conditions import All, Belongs, Condition, Not, parts_of
from fidelio_scoring.domain.segments.definitions import Definitions, Segment, SegmentsError
from fidelio_scoring.domain.segments.language import condition_of
from fidelio_scoring.domain.segments.program import compiled
from fidelio_shared.declarations.content import content_hash, plain, version_of
from fidelio_shared.declarations.fields import count_of, fields, items_of, name_of, one_of, words_of
from fidelio_shared.declarations.yaml_tree import Fault, Node, read_yaml

SCHEMA = 1
KINDS = ("value", "behaviour", "need", "potential", "lifecycle")
MOST_SEGMENTS = 200
MOST_CONDITIONS = 2_000
_LONGEST_LABEL = 60
_LONGEST_DESCRIPTION = 300
_MOST_VERSION = 10**6


def parse_segments(text: str, *, file: str = "segments.yaml") -> Definitions:
    """`file`: what to call it where something is wrong."""
    try:
        return _definitions(read_yaml(text), file)
    except Fault as fault:
        place = fault.place
        raise SegmentsError(f"{file}:{place.line}:{place.column}: {fault}") from fault


def _definitions(node: Node, file: str) -> Definitions:
    found = fields(node, "the file", required=("schema", "name", "version", "segments"))
    count_of(found["schema"], "schema", SCHEMA, SCHEMA)
    name = name_of(found["name"], "name")
    number = count_of(found["version"], "version", 1, _MOST_VERSION)
    segments = [_segment(each) for each in items_of(found["segments"], "segments", MOST_SEGMENTS)]
    _check_names(segments)
    conditions = _in_order(segments)
    if sum(1 for each in conditions.values() for _ in parts_of(each)) > MOST_CONDITIONS:
        raise Fault(found["segments"].place, f"there are more than {MOST_CONDITIONS} conditions; take segments out")
    hashes = _whole_hashes(segments, conditions)
    return Definitions(
        file=file,
        version=version_of(name, number, node),
        segments=tuple(replace(each, hash=hashes[each.name]) for each in segments),
        program=compiled(conditions),
    )


def _segment(node: Node) -> Segment:
    found = fields(node, "a segment", required=("name", "kind", "labels", "description", "when"), optional=("group",))
    name = name_of(found["name"], "name")
    try:
        return Segment(
            name=name,
            kind=one_of(found["kind"], "kind", KINDS),
            group=name_of(found["group"], "group") if "group" in found else None,
            label=words_of(found["labels"], "labels", _LONGEST_LABEL),
            description=words_of(found["description"], "description", _LONGEST_DESCRIPTION),
            condition=condition_of(found["when"]),
            hash=content_hash(plain(found["when"])),
            place=node.place,
        )
    except Fault as fault:
        raise Fault(fault.place, f"segment {name}: {fault}") from fault


def _check_names(segments: Sequence[Segment]) -> None:
    names: set[str] = set()
    for segment in segments:
        if segment.name in names:
            raise Fault(segment.place, f"there are two segments {segment.name}; give one another name")
        names.add(segment.name)
    for segment in segments:
        for each in _referred(segment.condition):
            if each.segment not in names:
                raise Fault(each.place, f"segment {segment.name}: there is no segment {each.segment}; correct the name")


def _in_order(segments: Sequence[Segment]) -> Mapping[str, Condition]:
    """Whole conditions, each after those that it refers to: in a group, only the first that holds is held."""
    whole: dict[str, Condition] = {}
    groups: dict[str, list[str]] = {}
    for segment in segments:
        before = groups.setdefault(segment.group, []) if segment.group else []
        others = [Not(Belongs(each)) for each in before]
        whole[segment.name] = All((segment.condition, *others)) if others else segment.condition
        before.append(segment.name)
    uses = {name: [each.segment for each in _referred(condition)] for name, condition in whole.items()}
    try:
        return {name: whole[name] for name in TopologicalSorter(uses).static_order()}
    except CycleError as error:
        circle: list[str] = error.args[1]
        place = next(each.place for each in segments if each.name in circle)
        what = "segments that refer to each other, or to a later one of their group, go round in a circle"
        raise Fault(place, f"{what}: {' → '.join(circle)}; take one reference out") from error


def _whole_hashes(segments: Sequence[Segment], conditions: Mapping[str, Condition]) -> Mapping[str, str]:
    """Of each condition with those of all segments that it rests on, in order."""
    own = {each.name: each.hash for each in segments}
    found: dict[str, str] = {}
    for name, condition in conditions.items():
        found[name] = content_hash([own[name], *(found[each.segment] for each in _referred(condition))])[:16]
    return found


def _referred(condition: Condition) -> list[Belongs]:
    return [each for each in parts_of(condition) if isinstance(each, Belongs)]
