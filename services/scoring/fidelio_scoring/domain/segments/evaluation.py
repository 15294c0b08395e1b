"""Which segments somebody is in, and when that changes if nothing happens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.program import Program, state_at
from fidelio_scoring.domain.segments.reading import Reading, Scores

MILLISECOND = timedelta(milliseconds=1)


class Outlook(NamedTuple):
    memberships: frozenset[str]
    changes_at: datetime | None


def memberships(definitions: Definitions, facts: Facts, scores: Scores, now: datetime) -> frozenset[str]:
    program = definitions.program
    bits, _ = state_at(program, Reading(facts, scores), now)
    return program.names(program.members(bits))


def next_change(
    definitions: Definitions, facts: Facts, scores: Scores, *, after: datetime, known: frozenset[str]
) -> datetime | None:
    """The first millisecond after `after` at which memberships, the scores unchanged, are others than `known`.

    Exact: with facts and scores given, each condition turns at most once, at an instant that `turn` tells and that is a
    whole millisecond, as facts and lengths are. Memberships are a function of which conditions hold, so they are the
    same from one turn up to the next. What they are at the first millisecond after `after` and at each turn behind it
    is therefore all that they ever are. Where `known` names a segment that is not defined, they are never that.
    """
    program = definitions.program
    first = _whole(after) + MILLISECOND
    wanted = program.bits_of(known)
    bits, turns = state_at(program, Reading(facts, scores), first)
    if wanted is None or program.members(bits) & program.segment_bits != wanted:
        return first
    return _first_other(program, bits, turns, wanted)


def outlook(definitions: Definitions, facts: Facts, scores: Scores, now: datetime) -> Outlook:
    """Both at once, for half the work: memberships now, and the next change after it."""
    program = definitions.program
    bits, turns = state_at(program, Reading(facts, scores), _whole(now))
    held = program.members(bits) & program.segment_bits
    return Outlook(program.names(held), _first_other(program, bits, turns, held))


def _whole(at: datetime) -> datetime:
    """Its millisecond: nothing turns within one."""
    return at - timedelta(microseconds=at.microsecond % 1000)


def _first_other(program: Program, bits: int, turns: Sequence[tuple[datetime, int]], held: int) -> datetime | None:
    """The first turn from which on the segments are others than `held`."""
    mask = program.segment_bits
    for at, turning in _by_instant(turns):
        bits ^= turning
        if program.members(bits) & mask != held:
            return at
    return None


def _by_instant(turns: Sequence[tuple[datetime, int]]) -> Sequence[tuple[datetime, int]]:
    """What turns at the same instant turns at once."""
    together: dict[datetime, int] = {}
    for at, bit in turns:
        together[at] = together.get(at, 0) ^ bit
    return tuple(together.items())
