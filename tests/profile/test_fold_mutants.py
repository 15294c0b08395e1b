"""The negative controls of the fold's properties: each of these folds is found out."""

import pytest
from hypothesis import Phase, find, settings

from fidelio_profile.domain import fold
from support.effort import CI
from support.fold_check import violations
from support.fold_mutants import MUTANTS, Mutant
from support.fold_mutants_dealings import DEALINGS_MUTANTS

SEARCH = settings(CI, phases=(Phase.generate,), max_examples=300)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("mutant", [*MUTANTS, *DEALINGS_MUTANTS], ids=lambda each: each.name)
def test_a_wrong_fold_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, replacement in mutant.replaced:
        monkeypatch.setattr(module, name, replacement)
    find(mutant.cases, lambda delivered: violations(fold.fold, delivered) != [], settings=SEARCH)
