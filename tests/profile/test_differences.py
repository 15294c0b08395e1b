"""What verification calls a difference; every comparison of states rests on it."""

import pytest

from fidelio_profile.verifying import differences

STORED = {"count": 2, "name": "1", "days": ["a", "b"], "decayed": [1.5, 2.0], "orders": None}


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("/count", {"count": 3}),
        ("/name", {"name": "2"}),
        ("/days/1", {"days": ["a", "c"]}),
        ("/days", {"days": ["a"]}),
        ("/days", {"days": None}),
        ("/decayed/0", {"decayed": [1.5 * (1 + 3e-9), 2.0]}),
        ("/orders", {"orders": {"count": 1}}),
        ("/more", {"more": 1}),
    ],
)
def test_a_difference_is_told_by_its_path(path: str, changed: dict[str, object]) -> None:
    assert differences(STORED, STORED | changed) == [path]
    assert differences(STORED | changed, STORED) == [path]


def test_a_sum_may_differ_by_its_last_digits() -> None:
    assert differences(STORED, STORED | {"decayed": [1.5 * (1 + 5e-10), 2.0]}) == []
