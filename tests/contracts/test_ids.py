"""Identities that are hashes: the same thing said twice has the same name, and other things have other names."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_shared.contracts.ids import hash16, interaction_id, profile_id, record_id
from support.effort import CI

parts = st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=1, max_size=4)


@given(parts, parts)
@CI
def test_different_parts_have_different_hashes(one: list[str], other: list[str]) -> None:
    assert (hash16(*one) == hash16(*other)) == (one == other)


@given(parts)
@CI
def test_where_a_part_ends_makes_a_difference(said: list[str]) -> None:
    joined = "".join(said)
    if len(said) > 1:
        assert hash16(*said) != hash16(joined)
    assert hash16(*said) != hash16(*said, "")


def unprefixed(*parts: str) -> str:
    return hashlib.blake2b("".join(parts).encode(), digest_size=16).hexdigest()


def test_a_hash_without_lengths_would_confuse_them() -> None:
    assert unprefixed("ab", "c") == unprefixed("a", "bc")
    assert hash16("ab", "c") != hash16("a", "bc")


def test_the_hash_is_what_it_has_always_been() -> None:
    """Another one would make every repetition of an old event a new event."""
    said = b"".join(len(part).to_bytes(4, "big") + part for part in (b"interaction", b"shop.example", "é".encode()))

    assert interaction_id("shop.example", "é") == hashlib.blake2b(said, digest_size=16).hexdigest()
    assert interaction_id("shop.example/orders", "4711") == "46f7281171d7e53f08621e4a7cb03dce"
    assert profile_id(interaction_id("shop.example/orders", "4711")) == "191bae5cc13d016d23306816b9eef996"


@pytest.mark.parametrize("number", [0, 7, -1, 2**63])
def test_a_number_is_its_digits(number: int) -> None:
    assert hash16("x", number) == hash16("x", str(number))


@given(st.text(st.characters(codec="utf-8")), parts)
@CI
def test_a_record_has_one_id_however_often_it_is_written(topic: str, said: list[str]) -> None:
    assert record_id(topic, *said) == record_id(topic, *said)
    assert record_id(topic, *said) != record_id(topic + "s", *said)
    assert len(record_id(topic, *said)) == 32
