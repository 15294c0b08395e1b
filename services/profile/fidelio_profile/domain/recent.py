"""The latest instants of a type: sliding windows over them need no history."""

from collections.abc import Mapping
from typing import Any

from fidelio_profile.domain.parts import Fields, Made, Part, Read
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.recent import MOST_RECENT

Recent = Mapping[str, tuple[Instant, ...]]
"""Latest first. Interactions of one instant have it in as often as they are many."""


def one_recent(interaction_type: str, at: Instant) -> Part[Recent]:
    return Made({interaction_type: (at,)}, _document) if interaction_type in MOST_RECENT else NO_RECENT


def join_recent(left: Part[Recent], right: Part[Recent]) -> Part[Recent]:
    return left if right is NO_RECENT else Made(_join(left.value, right.value), _document)


def recent_from(document: Mapping[str, Any]) -> Part[Recent]:
    recent = document.get("recent")
    return Read({"recent": recent}, _read) if recent else NO_RECENT


def _join(left: Recent, right: Recent) -> Recent:
    joined = dict(left)
    for name, instants in right.items():
        joined[name] = tuple(sorted((*joined.get(name, ()), *instants), reverse=True)[: MOST_RECENT[name]])
    return joined


def _document(recent: Recent) -> Fields:
    return {"recent": [{"type": name, "at": list(recent[name])} for name in sorted(recent)]}


def _read(document: Mapping[str, Any]) -> Recent:
    return {each["type"]: tuple(each["at"]) for each in document["recent"] if each["type"] in MOST_RECENT}


NO_RECENT: Part[Recent] = Made({}, _document)
