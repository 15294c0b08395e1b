"""The parts of a state that few interactions touch: read from storage, and written anew, only where one does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

V = TypeVar("V")
Fields = dict[str, Any]
"""Some fields of the state's document."""


@dataclass(slots=True)
class Made(Generic[V]):
    """Nothing but `document` is ever set; cached properties lock in Python 3.11, a microsecond each."""

    value: V
    write: Callable[[V], Fields] = field(repr=False, compare=False)
    _document: Fields | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def document(self) -> Fields:
        if self._document is None:
            self._document = self.write(self.value)
        return self._document


@dataclass(slots=True)
class Read(Generic[V]):
    """`document` is what `write` would make of the value."""

    document: Fields
    read: Callable[[Mapping[str, Any]], V] = field(repr=False, compare=False)
    _value: V | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def value(self) -> V:
        if self._value is None:
            self._value = self.read(self.document)
        return self._value


Part = Made[V] | Read[V]
