"""A profile is what its interactions mean, in whatever order, copies and batches they come."""

from collections.abc import Sequence

import pytest
from hypothesis import given

from fidelio_profile.domain.fold import fold
from support.effort import CI, FEW, LONG
from support.fold_cases import deliveries, wide_deliveries
from support.fold_check import Delivery, violations


@CI
@given(deliveries())
def test_order_copies_and_batches_change_nothing(delivered: Sequence[Delivery]) -> None:
    assert violations(fold, delivered) == []


@FEW
@given(wide_deliveries)
def test_what_is_kept_of_too_much_does_not_depend_on_the_order(delivered: Sequence[Delivery]) -> None:
    assert violations(fold, delivered) == []


@pytest.mark.long
@LONG
@given(deliveries())
def test_order_copies_and_batches_change_nothing_at_length(delivered: Sequence[Delivery]) -> None:
    assert violations(fold, delivered) == []
