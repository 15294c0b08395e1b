"""Which segments somebody is in, and when that changes if nothing happens."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.program import state_at
from fidelio_scoring.domain.segments.reading import Reading, Scores

MILLISECOND = timedelta(milliseconds=1)


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
    is therefore all that they ever are.
    """
    first = after - timedelta(microseconds=after.microsecond % 1000) + MILLISECOND
    program = definitions.program
    wanted = program.bits_of(known)
    bits, turns = state_at(program, Reading(facts, scores), first)
    mask = program.segment_bits
    if wanted is None or program.members(bits) & mask != wanted:
        return first
    for at, turning in _by_instant(turns):
        bits ^= turning
        if program.members(bits) & mask != wanted:
            return at
    return None


def _by_instant(turns: Iterable[tuple[datetime, int]]) -> Iterable[tuple[datetime, int]]:
    """What turns at the same instant turns at once."""
    together: dict[datetime, int] = {}
    for at, bit in turns:
        together[at] = together.get(at, 0) ^ bit
    return together.items()
