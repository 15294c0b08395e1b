"""YAML as a bounded tree that remembers where everything stands: no anchors, no tags, scalars as JSON has them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import yaml

MOST_BYTES = 131_072
MOST_NODES = 20_000
DEEPEST = 32
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")


@dataclass(frozen=True, slots=True)
class Place:
    """Both count from 1."""

    line: int
    column: int


class Fault(ValueError):
    """What is wrong at a place of the file, and what to do."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    is_plain: bool
    place: Place = field(compare=False)

    @property
    def value(self) -> str | int | float | bool | None:
        """Only what JSON would take is anything else than text: `no` is a text, and so is 010."""
        if not self.is_plain:
            return self.text
        if self.text in ("true", "false"):
            return self.text == "true"
        if self.text in ("", "~", "null"):
            return None
        if number := _NUMBER.fullmatch(self.text):
            return float(self.text) if number[2] else int(self.text)
        return self.text


@dataclass(frozen=True, slots=True)
class Listed:
    items: tuple["Node", ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Mapped:
    entries: tuple[tuple[Scalar, "Node"], ...]
    place: Place = field(compare=False)


Node = Scalar | Listed | Mapped
START = Place(1, 1)


class _Mark(Protocol):
    """PyYAML's count from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(slots=True)
class _Open:
    place: Place
    is_list: bool
    nodes: list[Node] = field(default_factory=list)

    def close(self) -> Node:
        if self.is_list:
            return Listed(tuple(self.nodes), self.place)
        keys = [_key(each) for each in self.nodes[::2]]
        seen: set[str] = set()
        for key in keys:
            if key.text in seen:
                raise Fault(key.place, f"{key.text!r} stands here twice; keep one of them")
            seen.add(key.text)
        return Mapped(tuple(zip(keys, self.nodes[1::2], strict=True)), self.place)


def read_yaml(text: str) -> Node:
    if len(text) > MOST_BYTES or len(text.encode(errors="replace")) > MOST_BYTES:
        raise Fault(START, f"the file is larger than {MOST_BYTES} bytes; take something out")
    opened: list[_Open] = [_Open(START, is_list=True)]
    for count, event in enumerate(_events(text)):
        place = _place(event.start_mark)
        if count > MOST_NODES:
            raise Fault(place, f"the file has more than {MOST_NODES} parts; take something out")
        if isinstance(event, yaml.AliasEvent) or (isinstance(event, yaml.NodeEvent) and event.anchor):
            raise Fault(place, "anchors and aliases are not read here; write it out")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            raise Fault(place, "tags are not read here; take the tag out")
        _take(event, place, opened)
    documents = opened[0].nodes
    if len(documents) != 1:
        raise Fault(START, f"the file holds {len(documents)} documents; it takes exactly one")
    return documents[0]


def _take(event: yaml.Event, place: Place, opened: list[_Open]) -> None:
    if isinstance(event, yaml.ScalarEvent):
        opened[-1].nodes.append(Scalar(event.value, event.style is None, place))
    elif isinstance(event, yaml.CollectionStartEvent):
        if len(opened) > DEEPEST:
            raise Fault(place, f"this is nested deeper than {DEEPEST}; nest it less")
        opened.append(_Open(place, is_list=isinstance(event, yaml.SequenceStartEvent)))
    elif isinstance(event, yaml.CollectionEndEvent):
        closed = opened.pop().close()
        opened[-1].nodes.append(closed)


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Fault(_place(mark), f"this is not YAML ({error.problem or error.context})") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Fault(Place(line, 1), "the file holds a character that YAML does not allow; take it out") from error
    except (ValueError, OverflowError) as error:
        raise Fault(START, "the file escapes a character that does not exist (\\U…); take it out") from error


def _key(node: Node) -> Scalar:
    if not isinstance(node, Scalar):
        raise Fault(node.place, "a key is a word; quote it if it is meant to be a text")
    return node


def _place(mark: _Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else START
