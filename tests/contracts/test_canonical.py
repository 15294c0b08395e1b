"""The one encoder: equal values have equal bytes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fidelio_shared.contracts.canonical import (
    LAST_MILLISECOND,
    embed,
    encode,
    from_milliseconds,
    instant,
    milliseconds,
    moment,
)
from fidelio_shared.contracts.ingest import Amount, Interaction
from support.canonical_check import Encoder, meaning, moments, objects, plain_instant, violations
from support.effort import CI
from support.interactions import an_order

FIRST_MILLISECOND = -62_135_596_800_000
SAMPLE = {
    "b": [1.5, -0.0],
    "a": {"y": datetime(2026, 3, 1, 10, 0, 0, 999_999, UTC), "x": Decimal("-0.00")},
    "ü": 0.1 + 0.2,
}


@given(objects)
@CI
def test_what_is_encoded_is_canonical(value: Mapping[str, object]) -> None:
    assert violations(encode, value) == []


def in_the_order_of_insertion(value: Mapping[str, object]) -> bytes:
    return orjson.dumps(meaning(value))


def with_negative_zero(value: Mapping[str, object]) -> bytes:
    return encode(value).replace(b"0.0", b"-0.0")


def rounding(value: Mapping[str, object]) -> bytes:
    return encode(value).replace(b"00.999Z", b"01.000Z")


def with_long_floats(value: Mapping[str, object]) -> bytes:
    return encode(value).replace(b"0.30000000000000004", b"0.300000000000000044")


@pytest.mark.parametrize("wrong", [in_the_order_of_insertion, with_negative_zero, rounding, with_long_floats])
def test_an_encoder_that_is_not_canonical_is_found_out(wrong: Encoder) -> None:
    assert violations(encode, SAMPLE) == []
    assert violations(wrong, SAMPLE) != []


def test_an_example() -> None:
    assert encode(SAMPLE) == (
        '{"a":{"x":"0.00","y":"2026-03-01T10:00:00.999Z"},"b":[1.5,0.0],"ü":0.30000000000000004}'.encode()
    )


def test_a_model_is_encoded_as_the_values_that_it_holds() -> None:
    order = an_order(value="12.30")

    assert encode(order) == encode(order.model_dump())
    assert encode(Interaction.model_validate_json(encode(order))) == encode(order)


@pytest.mark.parametrize("value", [{"x": {1, 2}}, {"x": b"bytes"}, {"x": object()}, {"x": 2**64}, {1: "x"}])
def test_what_has_no_canonical_form_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        encode(value)


def test_canonical_bytes_stand_in_a_larger_value_as_they_are() -> None:
    inner = {"b": Decimal("1.0"), "a": [0.5]}

    assert encode({"z": embed(encode(inner)), "y": 1}) == encode({"z": inner, "y": 1})


@pytest.mark.parametrize(
    ("value", "text"), [("12.30", "12.30"), ("1E+5", "100000"), ("-0.00", "0.00"), ("-3", "-3"), ("1E-4", "0.0001")]
)
def test_a_decimal_is_positional_text_with_the_decimals_that_it_was_given(value: str, text: str) -> None:
    amount = Amount(value=Decimal(value), currency="EUR")

    assert encode(amount) == f'{{"currency":"EUR","value":"{text}"}}'.encode()


@given(moments)
@CI
def test_an_instant_is_utc_cut_to_milliseconds(when: datetime) -> None:
    text = instant(when)

    assert text == plain_instant(when)
    assert timedelta(0) <= when - moment(text) < timedelta(milliseconds=1)


@given(moments, moments)
@CI
def test_instants_sort_as_text(one: datetime, other: datetime) -> None:
    assume(abs(one - other) >= timedelta(milliseconds=1))

    assert (instant(one) < instant(other)) == (one < other)


def test_just_before_the_next_second_is_still_this_one() -> None:
    assert instant(datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC)) == "2026-12-31T23:59:59.999Z"
    assert instant(datetime(2027, 1, 1, 0, 59, 59, 999_999, timezone(timedelta(hours=1)))) == "2026-12-31T23:59:59.999Z"


def test_a_time_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        instant(datetime(2026, 3, 1))


@given(st.integers(FIRST_MILLISECOND, LAST_MILLISECOND))
@CI
def test_an_instant_and_its_milliseconds_are_each_others_inverse(count: int) -> None:
    text = from_milliseconds(count)

    assert milliseconds(text) == count
    assert instant(moment(text)) == text
    assert len(text) == len("2026-03-01T10:00:00.000Z")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (FIRST_MILLISECOND, "0001-01-01T00:00:00.000Z"),
        (LAST_MILLISECOND, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_milliseconds_count_from_1970(count: int, text: str) -> None:
    assert (from_milliseconds(count), milliseconds(text)) == (text, count)


@pytest.mark.parametrize("count", [FIRST_MILLISECOND - 1, LAST_MILLISECOND + 1])
def test_beyond_the_calendar_there_is_no_instant(count: int) -> None:
    with pytest.raises(OverflowError):
        from_milliseconds(count)
