"""Names as they are searched for."""

import pytest

from fidelio_profile.domain.names import LONGEST, folded, search_fields
from fidelio_profile.domain.state import lift
from support.interactions import an_interaction


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Zoë O'Neil-Smith", "zoe o neil smith"),
        ("  ANN \t Marie ", "ann marie"),
        ("Straße", "strasse"),
        ("Ångström", "angstrom"),
        ("Ευρώπη", "ευρωπη"),
        ("李 小龍", "李 小龍"),
        ("ﬁona", "fiona"),
        ("$^.*[", ""),
        ("x" * 100, "x" * LONGEST),
        (f"{'x' * 63} y", "x" * 63),
    ],
)
def test_a_name_is_searched_for_without_case_accents_and_signs(told: str, expected: str) -> None:
    assert (folded(told), folded(folded(told))) == (expected, expected)


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({"name": "Ann Marie Smith"}, {"names": ["ann marie smith", "marie smith", "smith"]}),
        ({"first_name": "Ann", "last_name": "Smith"}, {"names": ["ann", "ann smith", "smith", "smith ann"]}),
        ({"first_name": "Ann"}, {"names": ["ann"]}),
        ({"name": "Ann", "last_name": None}, {"names": ["ann"]}),
        ({"name": 42, "city": "Lyon"}, {}),
        ({"name": "?"}, {}),
        ({"city": "Lyon"}, {}),
        ({}, {}),
    ],
)
def test_every_word_of_a_name_begins_a_key(traits: dict[str, object], expected: dict[str, list[str]]) -> None:
    assert search_fields(lift(an_interaction(1, traits=traits))) == expected


def test_the_keys_of_a_name_are_few_and_short() -> None:
    told = {"name": "a b " * 20, "first_name": "c d " * 20, "last_name": "e f " * 20}
    names = search_fields(lift(an_interaction(1, traits=told)))["names"]
    assert (len(names) <= 24, max(map(len, names)) <= LONGEST) == (True, True)
