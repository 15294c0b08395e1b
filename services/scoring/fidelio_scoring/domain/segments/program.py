"""Which segments somebody is in, by operations on the bits of one number.

Conditions are the lower bits, segments the bits above them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial

from fidelio_scoring.domain.segments.compiling import Bits, Test, compiled_test
from fidelio_scoring.domain.segments.conditions import Belongs, Condition, Leaf, Turn, leaves_of
from fidelio_scoring.domain.segments.reading import Reading

MOST_REMEMBERED = 8_192
"""Of what holds together: of the same conditions the same few thousand combinations come again and again."""


@dataclass(frozen=True, slots=True)
class Rule:
    segment: str
    bit: int
    holds: Test


@dataclass(frozen=True, slots=True)
class Question:
    """What several conditions ask of a person is asked once. `turns`: of each, by its bit, given the answer."""

    subject: Callable[..., object]
    of: tuple[str | int, ...]
    turns: tuple[tuple[int, Callable[..., Turn]], ...]

    def answer(self, reading: Reading) -> object:
        """Where it is None, no condition holds."""
        return self.subject(reading, *self.of)


@dataclass(frozen=True, slots=True)
class Program:
    """`leaves`: each with its bit. `rules`: whatever one refers to stands before it. `members`: the bits of conditions
    that hold, with those of segments that therefore hold. `names`: of the segments among such bits."""

    leaves: tuple[tuple[int, Leaf], ...]
    rules: tuple[Rule, ...]
    questions: tuple[Question, ...]
    members: Callable[[int], int] = field(compare=False)
    names: Callable[[int], frozenset[str]] = field(compare=False)

    def bits_of(self, names: frozenset[str]) -> int | None:
        """None where there is no such segment."""
        bits = {rule.segment: rule.bit for rule in self.rules}
        return sum(bits[each] for each in names) if names <= bits.keys() else None

    @property
    def positions(self) -> Bits:
        """The bit of each condition and of each segment."""
        leaves: dict[Condition, int] = {leaf: bit for bit, leaf in self.leaves}
        return leaves | {Belongs(each.segment): each.bit for each in self.rules}

    @property
    def segment_bits(self) -> int:
        return -1 << len(self.leaves)


def compiled(conditions: Mapping[str, Condition]) -> Program:
    """`conditions`: of each segment, after those that it refers to."""
    leaves = dict.fromkeys(leaf for each in conditions.values() for leaf in leaves_of(each))
    every: list[Condition] = [*leaves, *map(Belongs, conditions)]
    bits: Bits = {each: 1 << number for number, each in enumerate(every)}
    rules = tuple(Rule(name, bits[Belongs(name)], compiled_test(each, bits)) for name, each in conditions.items())
    placed = tuple((bits[each], each) for each in leaves)
    remembered = lru_cache(MOST_REMEMBERED)
    return Program(
        leaves=placed,
        rules=rules,
        questions=_questions(placed),
        members=remembered(partial(_members, rules)),
        names=remembered(partial(_names, rules)),
    )


def state_at(program: Program, reading: Reading, now: datetime) -> tuple[int, list[tuple[datetime, int]]]:
    """The bits of conditions that hold, and the later instants at which they turn."""
    bits = 0
    turns: list[tuple[datetime, int]] = []
    for question in program.questions:
        answer = question.answer(reading)
        if answer is None:
            continue
        for bit, turn_of in question.turns:
            turn = turn_of(answer)
            if turn is False:
                continue
            if turn is True:
                bits |= bit
                continue
            at, becomes = turn
            if now < at:
                turns.append((at, bit))
            if (now < at) is not becomes:
                bits |= bit
    turns.sort()
    return bits, turns


def turn_of(leaf: Leaf, reading: Reading) -> Turn:
    """Of one condition alone."""
    (question,) = _questions(((1, leaf),))
    answer = question.answer(reading)
    return answer is not None and question.turns[0][1](answer)


def _questions(leaves: tuple[tuple[int, Leaf], ...]) -> tuple[Question, ...]:
    found: dict[tuple[Callable[..., object], tuple[str | int, ...]], list[tuple[int, Callable[..., Turn]]]] = {}
    for bit, leaf in leaves:
        found.setdefault((leaf.subject, leaf.of), []).append((bit, leaf.turn_of))
    return tuple(Question(subject, of, tuple(turns)) for (subject, of), turns in found.items())


def _members(rules: tuple[Rule, ...], bits: int) -> int:
    for rule in rules:
        if rule.holds(bits):
            bits |= rule.bit
    return bits


def _names(rules: tuple[Rule, ...], bits: int) -> frozenset[str]:
    return frozenset([rule.segment for rule in rules if bits & rule.bit])
