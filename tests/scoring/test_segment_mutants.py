"""The negative controls of the scan: each of these evaluations is found out."""

from collections.abc import Iterator

import pytest

from support.segment_mutants import MUTANTS, Mutant
from support.segment_scan import definitions, violations

LIVES = range(400)


@pytest.fixture
def _read_anew() -> Iterator[None]:
    """Definitions hold on to the functions that they were made of."""
    definitions.cache_clear()
    yield
    definitions.cache_clear()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.title)
@pytest.mark.usefixtures("_read_anew")
def test_a_wrong_evaluation_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.instead)
    assert any(True for seed in LIVES for _ in violations(seed, mutant.subject))
