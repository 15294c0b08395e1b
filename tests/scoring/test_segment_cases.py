"""The language of segments, case by case: every change of memberships, to the millisecond."""

from datetime import datetime

import pytest
import yaml

from support.segment_cases import ABSENCES, HORIZON, SEQUENCES, WINDOWS, Case
from support.segment_cases_more import AGGREGATES, ATTRIBUTES, CALENDARS, CARE, COMPOSED, CONSENTS
from support.segment_check import history, named
from support.segment_meaning import World
from support.segment_world import MILLISECOND, definitions_of, document_of, interactions_of

CASES = (*WINDOWS, *ABSENCES, *SEQUENCES, *CALENDARS, *ATTRIBUTES, *AGGREGATES, *CARE, *CONSENTS, *COMPOSED)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_memberships_change_at_these_instants_and_at_no_others(case: Case) -> None:
    until = max(each.received for each in case.events) + HORIZON
    definitions = definitions_of(case.segments, **case.groups)
    assert history(definitions, case.events, until, case.scores) == named(case.changes)


@each_case
def test_a_scan_of_all_that_happened_agrees_around_every_change(case: Case) -> None:
    segments = document_of(yaml.safe_load(case.segments), case.groups)["segments"]
    scores = {name: getattr(case.scores, name) for name in ("band", "rfm", "clv", "health")}

    def scanned(now: datetime) -> frozenset[str]:
        heard = [each for each in interactions_of(case.events) if each.received_at <= now]
        return World(segments, heard, scores).members(now) if heard else frozenset()

    changes = named(case.changes)
    before = [frozenset(), *(names for _, names in changes)]
    told = [(at - MILLISECOND, was) for (at, _), was in zip(changes, before, strict=False)] + changes
    assert [(at, scanned(at)) for at, _ in told] == told
