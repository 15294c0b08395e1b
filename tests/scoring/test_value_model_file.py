"""The section on value of a model file: what is written is read back, corruption is refused by the field's name."""

import json
from collections.abc import Callable
from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.domain.rfm import Cuts, RfmCuts
from fidelio_scoring.domain.spending import GammaGamma
from fidelio_scoring.domain.value_model import ValueModel
from fidelio_scoring.domain.value_model_file import parse_value, value_section

MODEL = ValueModel(
    currency="USD",
    gamma_gamma=GammaGamma(p=6.2488, q=3.7446, gamma=15.4477),
    mean_spend=35.96,
    margin=0.3,
    discount_rate=0.1,
    horizon_weeks=52.0,
    rfm=RfmCuts((99, 198, 219, 242), (1, 2, 3, 4), {"USD": (14.96, 27.99, 46.04, 93.76)}),
)
Section = Any  # the tests put all kinds of wrong things in


def cuts(least: float) -> st.SearchStrategy[Cuts]:
    numbers = st.lists(st.floats(least, 1e9), min_size=4, max_size=4, unique=True)
    return numbers.map(lambda drawn: tuple(sorted(drawn)))  # type: ignore[arg-type, return-value]


amounts = st.floats(1e-6, 1e12)
currencies = st.text("ABCXYZ", min_size=3, max_size=3)
models = st.builds(
    ValueModel,
    currency=currencies,
    gamma_gamma=st.none() | st.builds(GammaGamma, p=amounts, q=st.floats(1, 1e3, exclude_min=True), gamma=amounts),
    mean_spend=st.none() | amounts,
    margin=st.floats(0, 1, exclude_min=True),
    discount_rate=st.floats(0, 1),
    horizon_weeks=st.floats(0.1, 520),
    rfm=st.builds(RfmCuts, cuts(0), cuts(1), st.dictionaries(currencies, cuts(-1e9), max_size=3)),
)


@given(models)
def test_what_is_written_is_read_back(model: ValueModel) -> None:
    assert parse_value(json.loads(json.dumps(value_section(model)))) == model


def test_two_models_that_differ_are_written_differently() -> None:
    """Negative control."""
    assert value_section(MODEL) != value_section(replace(MODEL, margin=0.31))


def put(value: object, *path: str | int) -> Callable[[Section], None]:
    def corrupt(section: Section) -> None:
        for step in path[:-1]:
            section = section[step]
        section[path[-1]] = value

    return corrupt


def drop(*path: str) -> Callable[[Section], None]:
    def corrupt(section: Section) -> None:
        for step in path[:-1]:
            section = section[step]
        del section[path[-1]]

    return corrupt


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        (drop("margin"), "value lacks margin"),
        (put(1, "mood"), "value has an unknown key mood; remove it"),
        (put("euro", "currency"), "value.currency is 'euro', expected a currency code like EUR"),
        (put(978, "currency"), "value.currency is 978, expected a text"),
        (put([], "gamma_gamma"), r"value.gamma_gamma is \[\], expected an object"),
        (drop("gamma_gamma", "p"), "value.gamma_gamma lacks p"),
        (put(0, "gamma_gamma", "p"), "value.gamma_gamma.p is 0.0, expected above 0 and at most 1e.15"),
        (put(nan, "gamma_gamma", "gamma"), "value.gamma_gamma.gamma is nan, expected a finite number"),
        (put(1, "gamma_gamma", "q"), "value.gamma_gamma.q is 1.0, .* no mean; .* or value.gamma_gamma: null"),
        (put(-1, "mean_spend"), "value.mean_spend is -1.0, expected above 0"),
        (put(0, "margin"), "value.margin is 0.0, expected above 0 and at most 1; correct it"),
        (put(30, "margin"), "value.margin is 30.0, expected above 0 and at most 1; correct it"),
        (put(-0.1, "discount_rate"), "value.discount_rate is -0.1, expected above 0 and at most 1"),
        (put(inf, "discount_rate"), "value.discount_rate is inf, expected a finite number"),
        (put(0, "horizon_weeks"), "value.horizon_weeks is 0.0, expected above 0 and at most 520"),
        (put(521, "horizon_weeks"), "value.horizon_weeks is 521.0, expected above 0 and at most 520"),
        (put(json.loads("true"), "horizon_weeks"), "value.horizon_weeks is True, expected a finite number"),
        (put(None, "rfm"), "value.rfm is None, expected an object"),
        (drop("rfm", "frequency"), "value.rfm lacks frequency"),
        (
            put([1, 2, 3], "rfm", "recency_days"),
            r"value.rfm.recency_days is \[1, 2, 3\], expected a list of at least 4",
        ),
        (put([1, 2, 3, 4, 5], "rfm", "recency_days"), "value.rfm.recency_days has 5 cut points, expected 4"),
        (put(198, "rfm", "recency_days", 2), "value.rfm.recency_days is .*, expected each cut point above the one"),
        (put(-1, "rfm", "recency_days", 0), r"value.rfm.recency_days\[0\] is -1.0, expected at least 0"),
        (put("1", "rfm", "frequency", 0), r"value.rfm.frequency\[0\] is '1', expected a finite number"),
        (put(0, "rfm", "frequency", 0), r"value.rfm.frequency\[0\] is 0.0, expected at least 1"),
        (put([1, 2, 3, 4], "rfm", "monetary", "usd"), "value.rfm.monetary is 'usd', expected a currency code"),
        (put([4, 3, 2, 1], "rfm", "monetary", "USD"), "value.rfm.monetary.USD is .*, expected each cut point above"),
        (
            put(
                {f"A{one}{two}": [1, 2, 3, 4] for one in "ABCDEFGHIJ" for two in "ABCDEFGHIJKLMNOPQRSTU"},
                "rfm",
                "monetary",
            ),
            "value.rfm.monetary has 210 currencies, 200 at most",
        ),
    ],
)
def test_a_corruption_is_refused_by_the_name_of_its_field(corrupt: Callable[[Section], None], message: str) -> None:
    section = value_section(MODEL)
    corrupt(section)
    with pytest.raises(ModelError, match=f"^{message}"):
        parse_value(section)


def test_the_path_begins_where_the_section_stands() -> None:
    with pytest.raises(ModelError, match=r"^models\[1\].value is None, expected an object"):
        parse_value(None, "models[1].value")
