"""Which segments somebody is in, by operations on the bits of one number.

Conditions are the lower bits, segments the bits above them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fidelio_scoring.domain.segments.compiling import Bits, Test, compiled_test
from fidelio_scoring.domain.segments.conditions import Belongs, Condition, Leaf, leaves_of
from fidelio_scoring.domain.segments.reading import Reading


@dataclass(frozen=True, slots=True)
class Rule:
    segment: str
    bit: int
    holds: Test


@dataclass(frozen=True, slots=True)
class Program:
    """`leaves`: each with its bit. `rules`: whatever one refers to stands before it."""

    leaves: tuple[tuple[int, Leaf], ...]
    rules: tuple[Rule, ...]

    def members(self, bits: int) -> int:
        """The bits of conditions that hold, with those of segments that therefore hold."""
        for rule in self.rules:
            if rule.holds(bits):
                bits |= rule.bit
        return bits

    def names(self, bits: int) -> frozenset[str]:
        return frozenset([rule.segment for rule in self.rules if bits & rule.bit])

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
    return Program(tuple((bits[each], each) for each in leaves), rules)


def state_at(program: Program, reading: Reading, now: datetime) -> tuple[int, list[tuple[datetime, int]]]:
    """The bits of conditions that hold, and the later instants at which they turn."""
    bits = 0
    turns: list[tuple[datetime, int]] = []
    for bit, leaf in program.leaves:
        turn = leaf.turn(reading)
        if turn is False:
            continue
        if turn is True:
            bits |= bit
            continue
        at, becomes = turn
        if now < at:
            turns.append((at, bit))
            if not becomes:
                bits |= bit
        elif becomes:
            bits |= bit
    turns.sort()
    return bits, turns
