"""What somebody's segments do over time, told by any implementation: event by event, and in silence between them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from fidelio_scoring.domain.segments import evaluation
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.reading import NO_SCORES, Scores
from support.segment_world import Event, facts_of

Change = tuple[datetime, frozenset[str]]
MOST_CHANGES = 100


def history(
    definitions: Definitions, events: Sequence[Event], until: datetime, scores: Scores = NO_SCORES
) -> list[Change]:
    """Every change of memberships up to `until`, each with the memberships from then on."""
    heard = sorted(enumerate(events), key=lambda each: (each[1].received, each[0]))
    changes: list[Change] = []
    known: frozenset[str] = frozenset()
    for count, (_, event) in enumerate(heard, start=1):
        facts = facts_of([each.interaction(number) for number, each in heard[:count]])
        ends = heard[count][1].received if count < len(heard) else until
        now = evaluation.memberships(definitions, facts, scores, event.received)
        if now != known:
            known = now
            changes.append((event.received, known))
        after = event.received
        while (
            at := evaluation.next_change(definitions, facts, scores, after=after, known=known)
        ) is not None and at < ends:
            assert at > after, "a change that is not later"
            known = evaluation.memberships(definitions, facts, scores, at)
            changes.append((at, known))
            after = at
            assert len(changes) < MOST_CHANGES, "ever more changes"
    return changes


def named(changes: Iterable[tuple[datetime, str]]) -> list[Change]:
    return [(at, frozenset(names.split())) for at, names in changes]
