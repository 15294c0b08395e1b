"""Conditions, and when each turns.

With facts and scores given, every condition that is not made of others turns at most once as time goes by, at an
instant that the facts tell. All exactness in time rests on this.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from fidelio_scoring.domain.facts import Consent
from fidelio_scoring.domain.segments import words
from fidelio_scoring.domain.segments.measures import Number
from fidelio_scoring.domain.segments.reading import Reading, Scalar
from fidelio_shared.contracts.rights import EVERY_CHANNEL, objections
from fidelio_shared.declarations.lengths import Length
from fidelio_shared.declarations.words import Words
from fidelio_shared.declarations.yaml_tree import START, Place

Turn = bool | tuple[datetime, bool]
"""Always so; or from this instant on so, and the opposite before it."""
_NO_CONTACT = frozenset({"contact", "processing"})


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds that are given hold all."""

    at_least: Number | None = None
    at_most: Number | None = None
    more_than: Number | None = None
    less_than: Number | None = None

    def holds(self, value: Number) -> bool:
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
            and (self.more_than is None or value > self.more_than)
            and (self.less_than is None or value < self.less_than)
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """A number lies in a range."""

    measure: Callable[..., Number | None]
    of: tuple[str, ...]
    range: Range

    @property
    def subject(self) -> Callable[..., Number | None]:
        return self.measure

    def turn_of(self, value: Number) -> Turn:
        return self.range.holds(value)

    @property
    def words(self) -> Words:
        return words.measured(self.measure.__name__, self.of, words.bounds(self.range))


@dataclass(frozen=True, slots=True)
class Among:
    """An attribute is one of these; of several, any. `truths` are apart from `values`, for True equals 1."""

    attribute: Callable[..., tuple[Scalar, ...]]
    of: tuple[str, ...]
    values: frozenset[str | int | float]
    truths: frozenset[bool] = frozenset()

    @property
    def subject(self) -> Callable[..., tuple[Scalar, ...]]:
        return self.attribute

    def turn_of(self, values: tuple[Scalar, ...]) -> Turn:
        return any(each in (self.truths if isinstance(each, bool) else self.values) for each in values)

    @property
    def words(self) -> Words:
        return words.among(self.attribute.__name__, self.of, (*self.values, *self.truths))


@dataclass(frozen=True, slots=True)
class Known:
    """There is any value."""

    attribute: Callable[..., tuple[Scalar, ...]]
    of: tuple[str, ...]

    @property
    def subject(self) -> Callable[..., tuple[Scalar, ...]]:
        return self.attribute

    def turn_of(self, values: tuple[Scalar, ...]) -> Turn:
        return any(each is not None for each in values)

    @property
    def words(self) -> Words:
        return words.known(self.attribute.__name__, self.of)


@dataclass(frozen=True, slots=True)
class Past:
    """An instant lies back by the length or more: from instant + length on."""

    instant: Callable[..., datetime | None]
    of: tuple[str | int, ...]
    length: Length

    @property
    def subject(self) -> Callable[..., datetime | None]:
        return self.instant

    def turn_of(self, at: datetime) -> Turn:
        return (self.length.after(at), True)

    @property
    def words(self) -> Words:
        return words.past(self.instant.__name__, self.of, self.length.words)


@dataclass(frozen=True, slots=True)
class Within:
    """An instant lies back by less than the length: until instant + length."""

    instant: Callable[..., datetime | None]
    of: tuple[str | int, ...]
    length: Length

    @property
    def subject(self) -> Callable[..., datetime | None]:
        return self.instant

    def turn_of(self, at: datetime) -> Turn:
        return (self.length.after(at), False)

    @property
    def words(self) -> Words:
        return words.within(self.instant.__name__, self.of, self.length.words)


@dataclass(frozen=True, slots=True)
class Followed:
    """The latest `then` came at the latest `first` or after it, by less than the length."""

    first: str
    then: str
    length: Length

    @property
    def subject(self) -> Callable[..., tuple[datetime, datetime] | None]:
        return _latest_of_both

    @property
    def of(self) -> tuple[str, str]:
        return self.first, self.then

    def turn_of(self, instants: tuple[datetime, datetime]) -> Turn:
        first, then = instants
        return first <= then < self.length.after(first)

    @property
    def words(self) -> Words:
        return words.followed(self.first, self.then, self.length.words)


@dataclass(frozen=True, slots=True)
class Granted:
    """Unknown is not granted; a refusal for this or for any channel wins, and so does an objection to being contacted
    or to all processing. A grant that expires has ended at that instant."""

    purpose: str
    channel: str

    @property
    def subject(self) -> Callable[[Reading], tuple[Consent, ...]]:
        return _consents

    @property
    def of(self) -> tuple[str, ...]:
        return ()

    def turn_of(self, consents: tuple[Consent, ...]) -> Turn:
        channels = (self.channel, EVERY_CHANNEL)
        told = [each for each in consents if each.purpose == self.purpose and each.channel in channels]
        if not told or any(each.status != "granted" for each in told) or objections(consents) & _NO_CONTACT:
            return False
        ends = [each.expires_at for each in told if each.expires_at]
        return (max(ends), False) if len(ends) == len(told) else True

    @property
    def words(self) -> Words:
        return words.granted(self.purpose, self.channel)


Leaf = Measured | Among | Known | Past | Within | Followed | Granted
"""Each asks one thing of a person, its `subject` with `of`, and turns as `turn_of` the answer says; where the answer is
None, it does not hold."""


@dataclass(frozen=True, slots=True)
class Belongs:
    """The person is in another segment. `place`: where the file says so."""

    segment: str
    place: Place = field(default=START, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]


Condition = Leaf | Belongs | Not | All | AnyOf


def parts_of(condition: Condition) -> Iterator["Condition"]:
    """The condition and all that it is made of."""
    yield condition
    if isinstance(condition, Not):
        yield from parts_of(condition.part)
    elif isinstance(condition, All | AnyOf):
        for each in condition.parts:
            yield from parts_of(each)


def leaves_of(condition: Condition) -> Iterator[Leaf]:
    for each in parts_of(condition):
        if not isinstance(each, Belongs | Not | All | AnyOf):
            yield each


def _latest_of_both(reading: Reading, one: str, other: str) -> tuple[datetime, datetime] | None:
    first, second = reading.latest(one), reading.latest(other)
    return None if first is None or second is None else (first, second)


def _consents(reading: Reading) -> tuple[Consent, ...]:
    return reading.facts.consents
