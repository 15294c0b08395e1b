"""Why a profile is in a segment, or is not."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import HTTPException

from fidelio_scoring.domain.moves import announced_scores
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.explanation import Explanation, explain
from fidelio_scoring.domain.standing import Standing

NOTHING_SAID = "nothing is said of this profile: it is part of another one now, or the person objects to it"


def explained(standing: Standing, segment: str, definitions: Definitions, at: datetime) -> Mapping[str, object]:
    if definitions.segment(segment) is None:
        raise HTTPException(404, f"the definitions in use, {definitions.version}, have no such segment")
    if standing.facts is None:
        raise HTTPException(409, NOTHING_SAID)
    why = explain(definitions, segment, standing.facts, announced_scores(standing.announced), at)
    return {
        "profile": standing.profile,
        "segment": segment,
        "definition": definitions.version,
        "at": at,
        "member_since": standing.segments.get(segment),
        "explanation": _part(why),
    }


def _part(why: Explanation) -> Mapping[str, object]:
    return {
        "words": why.words._asdict(),
        "holds": why.holds,
        "since": why.since,
        "until": why.until,
        "parts": [_part(each) for each in why.parts],
    }
