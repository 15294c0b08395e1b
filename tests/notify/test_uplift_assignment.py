"""Who is held out, and who gets which variant: by chance, independently, and always the same."""

from collections import Counter
from collections.abc import Sequence

import pytest
from scipy import stats

from fidelio_notify.domain.playbooks.model import Variant
from fidelio_notify.domain.uplift.assignment import arm_of, variant_of
from fidelio_shared.contracts.ids import ProfileId, hash16

KEY = b"a key of tests"
PEOPLE = [ProfileId(hash16("test", number)) for number in range(100_000)]
FEWER = PEOPLE[:20_000]
HALVES = (Variant("a", 0.5, "hello"), Variant("b", 0.5, "hi"))
THIRDS = (Variant("a", 0.2, "hello"), Variant("b", 0.3, "hi"), Variant("c", 0.5, "dear"))
RARE = 1e-6
"""The seeds are fixed: what passes once passes always. So rarely would chance alone have failed it."""


def held(playbook: str, share: float, people: Sequence[ProfileId] = FEWER, key: bytes = KEY) -> list[bool]:
    return [arm_of(key, playbook, each, share) == "held" for each in people]


def drawn(playbook: str, step: int = 0) -> list[str]:
    return [variant_of(KEY, playbook, step, each, HALVES).name for each in FEWER]


def is_independent(one: Sequence[object], other: Sequence[object]) -> bool:
    rows, columns = sorted(set(one), key=str), sorted(set(other), key=str)
    pairs = Counter(zip(one, other, strict=True))
    table = [[pairs[row, column] for column in columns] for row in rows]
    return float(stats.chi2_contingency(table, correction=False).pvalue) > RARE


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_of_a_hundred_thousand_people_the_share_is_held_out(share: float) -> None:
    count = sum(held("check-in", share, PEOPLE))

    assert stats.binomtest(count, len(PEOPLE), share).pvalue > RARE


def test_variants_have_their_shares() -> None:
    names = Counter(variant_of(KEY, "check-in", 0, each, THIRDS).name for each in PEOPLE)

    expected = [each.share * len(PEOPLE) for each in THIRDS]
    assert stats.chisquare([names[each.name] for each in THIRDS], expected).pvalue > RARE


def test_shares_that_another_assignment_had_would_be_noticed() -> None:
    count = sum(held("check-in", 0.1, PEOPLE))

    assert stats.binomtest(count, len(PEOPLE), 0.106).pvalue < RARE


@pytest.mark.parametrize(("share", "expected"), [(0.0, {False}), (1.0, {True})])
def test_nobody_or_everybody_is_held_out(share: float, expected: set[bool]) -> None:
    assert set(held("check-in", share)) == expected


def test_who_is_held_out_of_one_playbook_says_nothing_of_another() -> None:
    assert is_independent(held("check-in", 0.3), held("win-back", 0.3))


def test_who_is_held_out_says_nothing_of_the_variant() -> None:
    assert is_independent(held("check-in", 0.3), drawn("check-in"))


def test_variants_of_two_playbooks_and_of_two_steps_are_drawn_apart() -> None:
    assert is_independent(drawn("check-in"), drawn("win-back"))
    assert is_independent(drawn("check-in"), drawn("check-in", step=1))


def test_an_assignment_that_forgot_the_playbook_would_be_noticed() -> None:
    assert not is_independent(held("check-in", 0.3), held("check-in", 0.2))


def test_whoever_is_held_out_still_is_when_the_share_grows() -> None:
    before, after = held("check-in", 0.1), held("check-in", 0.25)

    assert not [each for each, (was, still) in enumerate(zip(before, after, strict=True)) if was and not still]
    assert sum(after) > sum(before)


def test_whoever_is_written_to_still_is_when_the_share_shrinks() -> None:
    assert not any(
        now and not before for before, now in zip(held("check-in", 0.25), held("check-in", 0.1), strict=True)
    )


def test_the_same_person_is_assigned_alike_every_time() -> None:
    assert held("check-in", 0.3) == held("check-in", 0.3)
    assert drawn("check-in") == drawn("check-in")


def test_without_the_key_nobody_can_tell_who_is_held_out() -> None:
    assert is_independent(held("check-in", 0.3), held("check-in", 0.3, key=b"another"))


def test_shares_that_sum_to_a_little_less_than_one_leave_nobody_without_a_variant() -> None:
    almost = tuple(Variant(name, 0.1, "hello") for name in "abcdefghij")

    assert {variant_of(KEY, "check-in", 0, each, almost).name for each in FEWER} == set("abcdefghij")
    assert variant_of(KEY, "check-in", 0, PEOPLE[0], (Variant("only", 0.0, "hello"),)).name == "only"
