"""Conditions as tests of a number of which each bit tells whether something holds."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_

from fidelio_scoring.domain.segments.conditions import All, AnyOf, Condition, Not

Test = Callable[[int], bool]
Bits = Mapping[Condition, int]


def compiled_test(condition: Condition, bits: Bits) -> Test:
    plain = _with_negation_inside(condition)
    if isinstance(plain, AnyOf):
        return _any(_Parts(plain.parts, bits))
    return _all(_Parts(plain.parts if isinstance(plain, All) else (plain,), bits))


class _Parts:
    """`positive`, `negative`: bits that are asked for as such. `tests`: of what is composed again."""

    def __init__(self, parts: Sequence[Condition], bits: Bits) -> None:
        plain = [_with_negation_inside(each) for each in parts]
        self.tests = tuple(compiled_test(each, bits) for each in plain if isinstance(each, All | AnyOf))
        asked = [each for each in plain if not isinstance(each, All | AnyOf)]
        self.positive = reduce(or_, [bits[each] for each in asked if not isinstance(each, Not)], 0)
        self.negative = reduce(or_, [bits[each.part] for each in asked if isinstance(each, Not)], 0)


def _with_negation_inside(condition: Condition) -> Condition:
    if not isinstance(condition, Not):
        return condition
    part = condition.part
    if isinstance(part, Not):
        return _with_negation_inside(part.part)
    if isinstance(part, All):
        return AnyOf(tuple(map(Not, part.parts)))
    if isinstance(part, AnyOf):
        return All(tuple(map(Not, part.parts)))
    return condition


def _all(parts: _Parts) -> Test:
    asked, negative, tests = parts.positive | parts.negative, parts.negative, parts.tests
    if parts.positive & negative:
        return lambda _: False

    def holds(bits: int) -> bool:
        return (bits ^ negative) & asked == asked and all(test(bits) for test in tests)

    return holds if tests else lambda bits: (bits ^ negative) & asked == asked


def _any(parts: _Parts) -> Test:
    asked, negative, tests = parts.positive | parts.negative, parts.negative, parts.tests
    if parts.positive & negative:
        return lambda _: True

    def holds(bits: int) -> bool:
        return (bits ^ negative) & asked != 0 or any(test(bits) for test in tests)

    return holds if tests else lambda bits: (bits ^ negative) & asked != 0
