"""When Fidelio thinks of writing to somebody: when their risk rises to high, and only then."""

from dataclasses import replace

import pytest

from fidelio_notify.domain.check_in import CHECK_IN, is_triggered
from fidelio_shared.contracts.scoring import Band
from support.people import a_churn


@pytest.mark.parametrize(
    ("before", "after", "triggered"),
    [
        (None, "low", False),
        (None, "watch", False),
        (None, "high", False),
        ("low", "low", False),
        ("low", "watch", False),
        ("low", "high", True),
        ("watch", "low", False),
        ("watch", "watch", False),
        ("watch", "high", True),
        ("high", "low", False),
        ("high", "watch", False),
        ("high", "high", False),
    ],
)
def test_a_check_in_is_triggered_where_the_risk_rises_to_high(
    before: Band | None, after: Band, triggered: bool
) -> None:
    assert is_triggered(CHECK_IN, a_churn(before, after)) is triggered


@pytest.mark.parametrize(("before", "after", "triggered"), [("low", "watch", True), ("high", "watch", False)])
def test_a_band_that_is_fallen_to_is_no_rise(before: Band, after: Band, triggered: bool) -> None:
    assert is_triggered(replace(CHECK_IN, rises_to="watch"), a_churn(before, after)) is triggered
