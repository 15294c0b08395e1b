"""Nobody is written to without a consent that holds, nor against any other gate, whatever is known and at any hour."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import pytest
from hypothesis import given

from fidelio_notify.domain.gates.case import Case
from fidelio_notify.domain.gates.local_time import quiet_until
from fidelio_notify.domain.judging import Deferred, Judgement, judge
from support import choice_mutants, gate_mutants
from support.effort import CI, LONG
from support.gate_cases import MILLISECOND
from support.gate_meaning import violations, violations_of_group
from support.gate_mutants import Mutant
from support.gate_situations import a_rivalry, a_situation, many, rivalries, situations


@CI
@given(situations())
def test_nobody_is_written_to_who_may_not_be(case: Case) -> None:
    assert violations(case) == []


@pytest.mark.long
@LONG
@given(situations())
def test_nobody_is_written_to_who_may_not_be_at_length(case: Case) -> None:
    assert violations(case) == []


@CI
@given(rivalries())
def test_one_message_stands_for_all_reasons(group: tuple[Case, ...]) -> None:
    assert violations_of_group(group) == []


def test_in_thousands_of_cases_and_groups_nothing_is_wrong() -> None:
    """Those in which every wrong gate and choice is found out."""
    assert not [each for each in _some_cases() if violations(each)]
    assert not [each for each in _some_groups() if violations_of_group(each)]


def test_what_is_put_off_for_the_night_is_put_off_no_moment_too_long_nor_too_short() -> None:
    nights = [(each, judged) for each in _some_cases() if _is_put_off_for_the_night(judged := judge(each))]
    assert len(nights) > 50
    for case, judged in nights:
        assert isinstance(judged, Deferred)
        assert [_is_day(case, judged.until - MILLISECOND), _is_day(case, judged.until)] == [False, True]


def _is_put_off_for_the_night(judged: Judgement) -> bool:
    refused = {each.gate for each in judged.verdicts if not each.passed}
    return isinstance(judged, Deferred) and refused == {"quiet"}


def _is_day(case: Case, now: datetime) -> bool:
    return any(each.passed for each in judge(replace(case, now=now)).verdicts if each.gate == "quiet")


@pytest.fixture
def _nothing_is_remembered() -> Iterator[None]:
    quiet_until.cache_clear()
    yield
    quiet_until.cache_clear()


@pytest.mark.parametrize("mutant", gate_mutants.MUTANTS, ids=lambda each: each.title)
@pytest.mark.usefixtures("_nothing_is_remembered")
def test_a_wrong_gate_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.instead)
    assert any(violations(each) for each in _some_cases())


@pytest.mark.parametrize("mutant", choice_mutants.MUTANTS, ids=lambda each: each.title)
def test_a_wrong_choice_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.instead)
    assert any(violations_of_group(each) for each in _some_groups())


@lru_cache(maxsize=1)
def _some_cases() -> Sequence[Case]:
    return many(a_situation, 5_000)


@lru_cache(maxsize=1)
def _some_groups() -> Sequence[tuple[Case, ...]]:
    return many(a_rivalry, 300)
