"""Resolve and fold together, in any interleaving, ended between any two effects: who is who, and who said what."""

import pytest
from hypothesis import Phase, find, given, settings

from fidelio_shared.messaging.errors import Rejected
from support.effort import CI, LONG
from support.protocol_cases import Story, stories
from support.protocol_check import violations
from support.protocol_mutants import MUTANTS, Mutant
from support.protocol_mutants_paging import PAGING_MUTANTS
from support.protocol_told import TOLD

SEARCH = settings(CI, phases=(Phase.generate,), max_examples=2_000)


@pytest.mark.parametrize("story", TOLD, ids=range(len(TOLD)))
def test_stories_that_were_hard_to_find_keep_every_guarantee(story: Story) -> None:
    assert violations(story) == []


@settings(CI, max_examples=500)
@given(stories)
def test_whatever_happens_every_interaction_is_once_with_its_person(story: Story) -> None:
    assert violations(story) == []


@pytest.mark.long
@settings(LONG, max_examples=2_000)
@given(stories)
def test_whatever_happens_every_interaction_is_once_with_its_person_at_length(story: Story) -> None:
    assert violations(story) == []


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("mutant", [*MUTANTS, *PAGING_MUTANTS], ids=lambda each: each.text)
def test_a_wrong_protocol_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.replacement)
    if not any(map(_is_found_out, TOLD)):
        find(stories, _is_found_out, settings=SEARCH)


def _is_found_out(story: Story) -> bool:
    """By a complaint, or by what cannot go on."""
    try:
        return violations(story) != []
    except (AssertionError, LookupError, Rejected):
        return True
