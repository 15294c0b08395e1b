"""Whether an evaluation of segments agrees with a scan over all that ever happened: asked by properties and mutants."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from random import Random

from fidelio_scoring.domain.segments import evaluation
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.parsing import parse_segments
from support.segment_lots import boundaries, document, life, scores
from support.segment_meaning import World
from support.segment_world import MILLISECOND, facts_of, interactions_of

FILES = 25
"""So many files of segments are tried on all lives."""
LOOKS = 12


@cache
def definitions(seed: int, *subjects: str) -> Definitions:
    return parse_segments(json.dumps(document(seed, *subjects)))


def violations(seed: int, *subjects: str) -> Iterator[str]:
    """Of one life, whose segments on these subjects are asked for at instants by lot and around boundaries."""
    lots = Random(seed)
    events, known_scores, defined = life(lots), scores(lots), definitions(seed % FILES, *subjects)
    interactions = interactions_of(events)
    world = World(document(seed % FILES, *subjects)["segments"], interactions, asdict(known_scores))
    facts, turns = facts_of(interactions), boundaries(events)

    for at in _looks(lots, turns):
        found = evaluation.memberships(defined, facts, known_scores, at)
        if found != (meant := world.members(at)):
            yield f"{seed}: at {at} in {sorted(found ^ meant)} or not"
    after = lots.choice(turns) + lots.choice((-1, 0, 1)) * MILLISECOND
    known = world.members(after)
    candidates = [after + MILLISECOND, *(each for each in turns if each > after + MILLISECOND)]
    first = next((each for each in candidates if world.members(each) != known), None)
    found_at = evaluation.next_change(defined, facts, known_scores, after=after, known=known)
    if found_at != first:
        yield f"{seed}: after {after} changes at {found_at}, not {first}"
    told = evaluation.outlook(defined, facts, known_scores, after)
    if told != (known, first):
        yield f"{seed}: the outlook at {after} is another"
    between = [after + lots.random() * ((first or turns[-1] + timedelta(days=30)) - after) for _ in range(3)]
    if first is None or first > after + MILLISECOND:
        for at in between:
            if after < at and (first is None or at < first) and world.members(at) != known:
                yield f"{seed}: a change between boundaries, at {at}"


def _looks(lots: Random, turns: list[datetime]) -> Iterator[datetime]:
    for _ in range(LOOKS // 2):
        yield lots.choice(turns) + lots.choice((-1, 0, 1)) * MILLISECOND
        yield turns[0] + lots.random() * (turns[-1] - turns[0])
