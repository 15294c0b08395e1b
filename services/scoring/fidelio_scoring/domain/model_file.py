"""The model file: versioned JSON of coefficients, checked and put to its own self-test when read. Never pickle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from fidelio_scoring.domain.bands import Bands, Thresholds
from fidelio_scoring.domain.churn import HEAD_FEATURES, ChurnModel, TrainedOn, assess
from fidelio_scoring.domain.heads import MOST_HEADS, Head, Term
from fidelio_scoring.domain.model_fields import (
    RETRAIN,
    ModelError,
    chance,
    count,
    instant,
    items,
    not_negative,
    not_positive,
    number,
    parse_object,
    positive,
    section,
    text_of,
)
from fidelio_scoring.domain.purchase_clock import ClockParameters
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.signals import FALLING
from fidelio_scoring.domain.value_model_file import parse_value, value_section

SCHEMA = 2
RISK_TOLERANCE = 1e-9
SMALLEST_CLOCK, LARGEST_CLOCK = 1e-6, 1e6
EPOCH = date(1970, 1, 1)
CONTENT = ("version", "trained_on", "clock", "heads", "bands", "feature_means", "evaluation", "value", "self_test")
TRAINED_ON = ("population", "from", "until", "customers", "label", "horizon_weeks")
EXAMPLE = ("first_order_at", "last_order_at", "days", "order_count", "now", "risk")


def parse_model(text: str) -> ChurnModel:
    """A model whose every number was checked and whose self-test gives the risks written in the file."""
    content = parse_object(text)
    if content.get("schema") != SCHEMA:
        raise ModelError(f"schema is {content.get('schema')!r}, this version reads {SCHEMA}; train with this version")
    content = section(content, "the model file", ("schema", *CONTENT, "sha256"))
    model = _model(content)
    _check_hash(content)
    _check_self_test(content["self_test"], model)
    return model


def write_model(model: ChurnModel, examples: Sequence[tuple[Purchases, datetime]]) -> str:
    """The file's text; the model's risks for `examples`, at least three, become its self-test."""
    content = {
        "schema": SCHEMA,
        "version": model.version,
        "trained_on": _trained_on_json(model),
        "clock": asdict(model.clock),
        "heads": [_head_json(head) for head in model.heads],
        "bands": asdict(model.bands),
        "feature_means": {term.feature: term.mean for head in model.heads for term in head.terms},
        "evaluation": dict(model.evaluation),
        "value": value_section(model.value) if model.value else None,
        "self_test": [_example_json(purchases, now, model) for purchases, now in examples],
    }
    text = json.dumps(content | {"sha256": _hash(content)}, indent=2) + "\n"
    parse_model(text)
    return text


def _model(content: Mapping[str, object]) -> ChurnModel:
    trained_on = section(content["trained_on"], "trained_on", TRAINED_ON)
    means = section(content["feature_means"], "feature_means")
    return ChurnModel(
        version=text_of(content["version"], "version"),
        trained_on=_trained_on(trained_on),
        horizon_weeks=positive(trained_on["horizon_weeks"], "trained_on.horizon_weeks"),
        clock=_clock(section(content["clock"], "clock", ("r", "alpha", "a", "b"))),
        heads=_heads(content["heads"], means),
        bands=_bands(section(content["bands"], "bands", ("watch", "high"))),
        evaluation=_evaluation(section(content["evaluation"], "evaluation")),
        value=parse_value(content["value"]) if content["value"] is not None else None,
    )


def _evaluation(fields: Mapping[str, object]) -> Mapping[str, float]:
    return {name: number(value, f"evaluation.{name}") for name, value in fields.items()}


def _trained_on(fields: Mapping[str, object]) -> TrainedOn:
    return TrainedOn(
        population=text_of(fields["population"], "trained_on.population"),
        first_day=_day(fields["from"], "trained_on.from"),
        until=instant(fields["until"], "trained_on.until"),
        customers=count(fields["customers"], "trained_on.customers"),
        label=text_of(fields["label"], "trained_on.label"),
    )


def _clock(fields: Mapping[str, object]) -> ClockParameters:
    r, alpha, a, b = (_clock_number(fields[name], f"clock.{name}") for name in ("r", "alpha", "a", "b"))
    return ClockParameters(r, alpha, a, b)


def _clock_number(value: object, where: str) -> float:
    """Beyond these no history leads, and the clock's sums would overflow."""
    if not SMALLEST_CLOCK <= positive(value, where) <= LARGEST_CLOCK:
        raise ModelError(f"{where} is {value!r}, expected a number from {SMALLEST_CLOCK} to {LARGEST_CLOCK}; {RETRAIN}")
    return positive(value, where)


def _heads(value: object, means: Mapping[str, object]) -> tuple[Head, ...]:
    heads = tuple(_head(head, f"heads[{i}]", means) for i, head in enumerate(items(value, "heads", at_least=1)))
    if len(heads) > MOST_HEADS or len({head.name for head in heads}) < len(heads):
        names = ", ".join(head.name for head in heads)
        raise ModelError(f"heads are {names}; expected one or two, each with its own name; {RETRAIN}")
    return heads


def _head(value: object, where: str, means: Mapping[str, object]) -> Head:
    fields = section(value, where, ("name", "intercept", "weights", "platt_a", "platt_b"))
    name = text_of(fields["name"], f"{where}.name")
    if name not in HEAD_FEATURES:
        raise ModelError(f"{where}.name is {name!r}, expected {' or '.join(HEAD_FEATURES)}; {RETRAIN}")
    features = HEAD_FEATURES[name]
    weights = section(fields["weights"], f"{where}.weights", features)
    return Head(
        name=name,
        intercept=number(fields["intercept"], f"{where}.intercept"),
        terms=tuple(_term(feature, weights[feature], means, where) for feature in features),
        platt_a=positive(fields["platt_a"], f"{where}.platt_a"),
        platt_b=number(fields["platt_b"], f"{where}.platt_b"),
    )


def _term(feature: str, weight: object, means: Mapping[str, object], where: str) -> Term:
    if feature not in means:
        raise ModelError(f"feature_means lacks {feature}; {RETRAIN}")
    has_sign = not_positive if feature in FALLING else not_negative
    return Term(
        feature, has_sign(weight, f"{where}.weights.{feature}"), number(means[feature], f"feature_means.{feature}")
    )


def _bands(fields: Mapping[str, object]) -> Bands:
    watch, high = _thresholds(fields["watch"], "bands.watch"), _thresholds(fields["high"], "bands.high")
    if watch.enter >= high.enter or watch.leave >= high.leave:
        raise ModelError("bands.watch is not below bands.high; correct the thresholds")
    return Bands(watch, high)


def _thresholds(value: object, where: str) -> Thresholds:
    fields = section(value, where, ("enter", "leave"))
    enter, leave = chance(fields["enter"], f"{where}.enter"), chance(fields["leave"], f"{where}.leave")
    if leave > enter:
        raise ModelError(f"{where}.leave is {leave}, above enter {enter}; correct the thresholds")
    return Thresholds(enter, leave)


def _check_hash(content: Mapping[str, object]) -> None:
    found = _hash({key: value for key, value in content.items() if key != "sha256"})
    if content["sha256"] != found:
        raise ModelError(f"sha256 is {content['sha256']!r}, the content gives {found}; the file was altered, {RETRAIN}")


def _check_self_test(value: object, model: ChurnModel) -> None:
    for index, example in enumerate(items(value, "self_test", at_least=3)):
        where = f"self_test[{index}]"
        fields = section(example, where, EXAMPLE)
        purchases, now = _purchases(fields, where), instant(fields["now"], f"{where}.now")
        expected = number(fields["risk"], f"{where}.risk")
        risk = assess(purchases, now, previous_band=None, model=model).risk
        if abs(risk - expected) > RISK_TOLERANCE:
            raise ModelError(f"{where}.risk is {expected}, this version computes {risk}; train with this version")


def _purchases(fields: Mapping[str, object], where: str) -> Purchases:
    days = (_day(day, f"{where}.days") for day in items(fields["days"], f"{where}.days", at_least=1))
    return Purchases(
        first_order_at=instant(fields["first_order_at"], f"{where}.first_order_at"),
        last_order_at=instant(fields["last_order_at"], f"{where}.last_order_at"),
        days=sum({1 << (day - EPOCH).days for day in days}),
        order_count=count(fields["order_count"], f"{where}.order_count"),
    )


def _day(value: object, where: str) -> date:
    try:
        day = date.fromisoformat(text_of(value, where))
    except ValueError as error:
        raise ModelError(f"{where} is {value!r}, expected a day like 1998-01-01; {RETRAIN}") from error
    if day < EPOCH:
        raise ModelError(f"{where} is {day}, expected a day since {EPOCH}; {RETRAIN}")
    return day


def _trained_on_json(model: ChurnModel) -> dict[str, object]:
    trained_on = model.trained_on
    return {
        "population": trained_on.population,
        "from": trained_on.first_day.isoformat(),
        "until": _instant_text(trained_on.until),
        "customers": trained_on.customers,
        "label": trained_on.label,
        "horizon_weeks": model.horizon_weeks,
    }


def _head_json(head: Head) -> dict[str, object]:
    return {
        "name": head.name,
        "intercept": head.intercept,
        "weights": {term.feature: term.weight for term in head.terms},
        "platt_a": head.platt_a,
        "platt_b": head.platt_b,
    }


def _example_json(purchases: Purchases, now: datetime, model: ChurnModel) -> dict[str, object]:
    days = [k for k in range(purchases.days.bit_length()) if purchases.days >> k & 1]
    return {
        "first_order_at": _instant_text(purchases.first_order_at),
        "last_order_at": _instant_text(purchases.last_order_at),
        "days": [(EPOCH + timedelta(days=k)).isoformat() for k in days],
        "order_count": purchases.order_count,
        "now": _instant_text(now),
        "risk": assess(purchases, now, previous_band=None, model=model).risk,
    }


def _instant_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _hash(content: Mapping[str, object]) -> str:
    """Of the canonical text: sorted keys, no spaces, shortest floats. Layout and key order do not count."""
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
