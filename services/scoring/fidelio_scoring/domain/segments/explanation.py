"""Why somebody is in a segment, or is not: condition by condition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.segments import words
from fidelio_scoring.domain.segments.compiling import compiled_test
from fidelio_scoring.domain.segments.conditions import All, AnyOf, Belongs, Condition, Leaf, Not, Past, Within
from fidelio_scoring.domain.segments.definitions import Definitions, Segment
from fidelio_scoring.domain.segments.instants import kth_latest, nth_channel
from fidelio_scoring.domain.segments.program import state_at, turn_of
from fidelio_scoring.domain.segments.reading import Reading, Scores
from fidelio_shared.declarations.words import Words


@dataclass(frozen=True, slots=True)
class Explanation:
    """`since`: it has been so since then, or longer; None: facts and scores do not tell. `until`: it is so until then
    if nothing happens; None: for good. `parts`: what it is made of, none of a segment that is only referred to."""

    words: Words
    holds: bool
    since: datetime | None
    until: datetime | None
    parts: tuple["Explanation", ...] = ()


def explain(definitions: Definitions, name: str, facts: Facts, scores: Scores, now: datetime) -> Explanation:
    """KeyError where there is no such segment."""
    explainer = _Explainer(definitions, Reading(facts, scores), now)
    segment = explainer.segments[name]
    whole = explainer.explained(Belongs(name))
    rivals = [explainer.explained(Belongs(each.name)) for each in explainer.rivals(segment)]
    parts = (explainer.explained(segment.condition), *(each for each in rivals if each.holds))
    return Explanation(whole.words, whole.holds, whole.since, whole.until, parts)


class _Explainer:
    """`states`: the bits now, and from each later instant on at which any condition turns."""

    def __init__(self, definitions: Definitions, reading: Reading, now: datetime) -> None:
        program = definitions.program
        bits, turns = state_at(program, reading, now)
        self.reading, self.now = reading, now
        self.segments = {each.name: each for each in definitions.segments}
        self.bits = program.positions
        self.states: list[tuple[datetime, int]] = [(now, program.members(bits))]
        for at, bit in turns:
            bits ^= bit
            if self.states[-1][0] == at:
                self.states.pop()
            self.states.append((at, program.members(bits)))
        self._since: dict[str, datetime | None] = {}

    def rivals(self, segment: Segment) -> list[Segment]:
        """Those of its group that stand before it."""
        before = list(self.segments.values())
        before = before[: before.index(segment)]
        return [each for each in before if segment.group and each.group == segment.group]

    def explained(self, condition: Condition) -> Explanation:
        holds = compiled_test(condition, self.bits)
        is_so = holds(self.states[0][1])
        return Explanation(
            words=self._words(condition),
            holds=is_so,
            since=self.since(condition),
            until=next((at for at, bits in self.states if holds(bits) != is_so), None),
            parts=tuple(self.explained(each) for each in _parts(condition)),
        )

    def since(self, condition: Condition) -> datetime | None:
        if isinstance(condition, Not):
            return self.since(condition.part)
        if isinstance(condition, Belongs):
            return self._since_of_segment(condition.segment)
        if not isinstance(condition, All | AnyOf):
            return self._since_of_leaf(condition)
        holds = [compiled_test(each, self.bits)(self.states[0][1]) for each in condition.parts]
        decides = isinstance(condition, AnyOf)
        found = [self.since(each) for each, held in zip(condition.parts, holds, strict=True) if held is decides]
        known = [each for each in found if each]
        if found:
            return min(known, default=None)
        every = [self.since(each) for each in condition.parts]
        known = [each for each in every if each]
        return max(known) if len(known) == len(every) else None

    def _since_of_segment(self, name: str) -> datetime | None:
        if name not in self._since:
            segment = self.segments[name]
            rivals = tuple(Not(Belongs(each.name)) for each in self.rivals(segment))
            self._since[name] = self.since(All((segment.condition, *rivals)))
        return self._since[name]

    def _since_of_leaf(self, leaf: Leaf) -> datetime | None:
        turn = turn_of(leaf, self.reading)
        if isinstance(turn, bool):
            return None
        if self.now >= turn[0]:
            return turn[0]
        if not isinstance(leaf, Past | Within) or leaf.instant is nth_channel:
            return None
        if leaf.instant is kth_latest:
            return self.reading.latest(str(leaf.of[0]))
        return leaf.instant(self.reading, *leaf.of)

    def _words(self, condition: Condition) -> Words:
        if isinstance(condition, Belongs):
            return words.belongs(self.segments[condition.segment].label)
        if isinstance(condition, All):
            return words.ALL
        if isinstance(condition, AnyOf):
            return words.ANY
        return words.NOT if isinstance(condition, Not) else condition.words


def _parts(condition: Condition) -> Sequence[Condition]:
    if isinstance(condition, Not):
        return (condition.part,)
    return condition.parts if isinstance(condition, All | AnyOf) else ()
