"""The model file: what is written is read back, and every corruption is refused with a message that names it."""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from math import inf, nan
from typing import Any

import pytest

from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.domain.model_file import parse_model, write_model
from fidelio_scoring.training.cdnow import END_OF_1997
from fidelio_scoring.training.fit import self_test_examples

SHIPPED = files("fidelio_scoring").joinpath("models", "cdnow-1997.json").read_text(encoding="utf-8")

Content = dict[str, Any]  # Any: the tests put all kinds of wrong things in


def sealed(content: Content) -> str:
    """With the hash that fits, so that nothing but the corruption itself can be refused."""
    rest = {key: value for key, value in content.items() if key != "sha256"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return json.dumps(rest | {"sha256": sha256(canonical.encode()).hexdigest()})


def put(value: object, *path: str | int) -> Callable[[Content], None]:
    def corrupt(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return corrupt


def drop(*path: str | int) -> Callable[[Content], None]:
    def corrupt(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        del content[path[-1]]

    return corrupt


def add_head(name: str) -> Callable[[Content], None]:
    return lambda content: content["heads"].append(content["heads"][0] | {"name": name})


def test_what_is_written_is_read_back() -> None:
    model = parse_model(SHIPPED)
    assert parse_model(write_model(model, self_test_examples(END_OF_1997))) == model


def test_layout_and_the_order_of_keys_do_not_matter() -> None:
    content = json.loads(SHIPPED)
    assert parse_model(json.dumps(dict(reversed(content.items())), indent=7)) == parse_model(SHIPPED)


def test_a_sealed_file_without_corruption_is_accepted() -> None:
    assert parse_model(sealed(json.loads(SHIPPED))) == parse_model(SHIPPED)


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        (put(1, "schema"), "schema is 1, this version reads 2; train with this version"),
        (drop("schema"), "schema is None"),
        (drop("clock"), "the model file lacks clock"),
        (put(1, "mood"), "the model file has an unknown key mood; remove it"),
        (put("", "version"), "version is '', expected a text"),
        (put("soon", "trained_on", "until"), "trained_on.until is 'soon', expected an instant"),
        (put("1997-12-31T23:59:59", "trained_on", "until"), "trained_on.until is .* without a time zone; add Z"),
        (put("spring", "trained_on", "from"), "trained_on.from is 'spring', expected a day"),
        (put(0, "trained_on", "customers"), "trained_on.customers is 0, expected a whole number of at least 1"),
        (put(0, "trained_on", "horizon_weeks"), "trained_on.horizon_weeks is 0, expected a number above 0"),
        (put(-0.6, "clock", "r"), "clock.r is -0.6, expected a number above 0"),
        (put(0, "clock", "alpha"), "clock.alpha is 0, expected a number above 0"),
        (put("0.6", "clock", "a"), "clock.a is '0.6', expected a finite number"),
        (put(json.loads("true"), "clock", "b"), "clock.b is True, expected a finite number"),
        (put(10**400, "clock", "b"), "clock.b is 1000.*, expected a finite number"),
        (put(1.0, "clock", "s"), "clock has an unknown key s"),
        (put([], "heads"), r"heads is \[\], expected a list of at least 1"),
        (put("", "heads", 0, "name"), r"heads\[0\].name is '', expected a text"),
        (put(None, "heads", 0, "intercept"), r"heads\[0\].intercept is None, expected a finite number"),
        (put(-0.1, "heads", 0, "weights", "habit"), r"heads\[0\].weights.habit is -0.1: .*train with weights >= 0"),
        (put(-0.1, "heads", 0, "weights", "lapse"), r"heads\[0\].weights.lapse is -0.1"),
        (put(-1e-9, "heads", 0, "weights", "silence"), r"heads\[0\].weights.silence is -1e-09"),
        (put(-0.1, "heads", 0, "weights", "overdue"), r"heads\[0\].weights.overdue is -0.1"),
        (drop("heads", 0, "weights", "overdue"), r"heads\[0\].weights lacks overdue"),
        (put(0.1, "heads", 0, "weights", "mood"), r"heads\[0\].weights has an unknown key mood"),
        (put(0, "heads", 0, "platt_a"), r"heads\[0\].platt_a is 0, expected a number above 0"),
        (put([1], "heads", 0, "platt_b"), r"heads\[0\].platt_b is \[1\], expected a finite number"),
        (add_head("gone"), "heads are gone, leaving, gone; expected one or two, each with its own name"),
        (put(1, "bands", "high", "enter"), "bands.high.enter is 1, expected a number between 0 and 1"),
        (put(0, "bands", "watch", "leave"), "bands.watch.leave is 0, expected a number between 0 and 1"),
        (put(0.7, "bands", "watch", "leave"), "bands.watch.leave is 0.7, above enter 0.6"),
        (put(0.81, "bands", "watch", "enter"), "bands.watch is not below bands.high"),
        (put({"enter": 0.3}, "bands", "watch"), "bands.watch lacks leave"),
        (drop("feature_means", "silence"), "feature_means lacks silence"),
        (put("many", "feature_means", "habit"), "feature_means.habit is 'many', expected a finite number"),
        (put("good", "evaluation", "all_auc"), "evaluation.all_auc is 'good', expected a finite number"),
        (put("mood", "heads", 1, "name"), r"heads\[1\].name is 'mood', expected gone or leaving"),
        (put(-0.1, "heads", 1, "weights", "complaints"), r"heads\[1\].weights.complaints is -0.1"),
        (
            put(0.1, "heads", 1, "weights", "usage_week"),
            r"heads\[1\].weights.usage_week is 0.1: .*weights <= 0",
        ),
        (put(0.1, "heads", 1, "weights", "tenure"), r"heads\[1\].weights.tenure is 0.1"),
        (put([], "self_test"), r"self_test is \[\], expected a list of at least 3"),
        (drop("self_test", 1, "now"), r"self_test\[1\] lacks now"),
        (put([], "self_test", 0, "days"), r"self_test\[0\].days is \[\], expected a list of at least 1"),
        (put(["1969-12-31"], "self_test", 0, "days"), r"self_test\[0\].days is 1969-12-31, expected a day since 1970"),
        (put(1.5, "self_test", 0, "order_count"), r"self_test\[0\].order_count is 1.5, expected a whole number"),
        (put(0.5, "self_test", 2, "risk"), r"self_test\[2\].risk is 0.5, this version computes 0.29\d*; train with"),
    ],
)
def test_a_corruption_is_refused_by_the_name_of_its_field(corrupt: Callable[[Content], None], message: str) -> None:
    content = json.loads(SHIPPED)
    corrupt(content)
    with pytest.raises(ModelError, match=f"^{message}"):
        parse_model(sealed(content))


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_numbers_that_are_none_are_refused(number: float) -> None:
    content = json.loads(SHIPPED)
    content["clock"]["r"] = number
    with pytest.raises(ModelError, match=r"contains -?(NaN|Infinity), expected finite numbers"):
        parse_model(sealed(content))


def test_an_exponent_beyond_a_float_is_refused() -> None:
    with pytest.raises(ModelError, match=r"clock\.r is inf, expected a finite number"):
        parse_model(re.sub('"r": [0-9.]+', '"r": 1e999', SHIPPED))


def test_an_altered_digit_is_noticed() -> None:
    with pytest.raises(ModelError, match=r"^sha256 is '[0-9a-f]{64}', the content gives .* the file was altered"):
        parse_model(SHIPPED.replace('"all_auc": 0.7', '"all_auc": 0.8'))


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(ModelError, match="gives version twice"):
        parse_model(SHIPPED.replace('"schema": 2,', '"schema": 2, "version": "other",'))


@pytest.mark.parametrize("text", ["", "{", "not a model", "[" * 100_000])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="not JSON"):
        parse_model(text)


def test_json_that_is_no_object_is_refused() -> None:
    with pytest.raises(ModelError, match=r"the model file is \[\], expected an object"):
        parse_model("[]")


@pytest.mark.parametrize("coefficient", [("clock", "alpha"), ("clock", "b"), ("heads", 0, "intercept")])
def test_the_self_test_bites_when_a_coefficient_moves_by_a_millionth(coefficient: tuple[str | int, ...]) -> None:
    content = json.loads(SHIPPED)
    value: Any = content
    for step in coefficient:
        value = value[step]
    put(value * 1.000001, *coefficient)(content)
    with pytest.raises(ModelError, match=r"self_test\[0\].risk is .* this version computes"):
        parse_model(sealed(content))


def test_a_model_cannot_be_written_without_a_self_test() -> None:
    with pytest.raises(ModelError, match=r"self_test is .* expected a list of at least 3"):
        write_model(parse_model(SHIPPED), [])
