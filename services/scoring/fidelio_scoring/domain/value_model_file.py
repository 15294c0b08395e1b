"""The part of a model file that says what customers are worth."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise

from fidelio_scoring.domain.model_fields import RETRAIN, ModelError, items, number, section, text_of
from fidelio_scoring.domain.rfm import Cuts, RfmCuts
from fidelio_scoring.domain.spending import GammaGamma
from fidelio_scoring.domain.value_model import ValueModel

FIELDS = ("currency", "gamma_gamma", "mean_spend", "margin", "discount_rate", "horizon_weeks", "rfm")
LONGEST_HORIZON_WEEKS = 520
LARGEST_AMOUNT = 1e15
MOST_CURRENCIES = 200
CURRENCY = re.compile("[A-Z]{3}")


def parse_value(value: object, where: str = "value") -> ValueModel:
    fields = section(value, where, FIELDS)
    mean_spend = fields["mean_spend"]
    return ValueModel(
        currency=_currency(fields["currency"], f"{where}.currency"),
        gamma_gamma=_gamma_gamma(fields["gamma_gamma"], f"{where}.gamma_gamma"),
        mean_spend=None if mean_spend is None else _amount(mean_spend, f"{where}.mean_spend"),
        margin=_between(fields["margin"], f"{where}.margin", above=0, most=1),
        discount_rate=_discount_rate(fields["discount_rate"], f"{where}.discount_rate"),
        horizon_weeks=_between(fields["horizon_weeks"], f"{where}.horizon_weeks", above=0, most=LONGEST_HORIZON_WEEKS),
        rfm=_rfm(fields["rfm"], f"{where}.rfm"),
    )


def value_section(model: ValueModel) -> dict[str, object]:
    return {
        "currency": model.currency,
        "gamma_gamma": asdict(model.gamma_gamma) if model.gamma_gamma else None,
        "mean_spend": model.mean_spend,
        "margin": model.margin,
        "discount_rate": model.discount_rate,
        "horizon_weeks": model.horizon_weeks,
        "rfm": {
            "recency_days": list(model.rfm.recency_days),
            "frequency": list(model.rfm.frequency),
            "monetary": {currency: list(cuts) for currency, cuts in model.rfm.monetary.items()},
        },
    }


def _gamma_gamma(value: object, where: str) -> GammaGamma | None:
    if value is None:
        return None
    fields = section(value, where, ("p", "q", "gamma"))
    p, q, gamma = (_amount(fields[name], f"{where}.{name}") for name in ("p", "q", "gamma"))
    if q <= 1:
        raise ModelError(f"{where}.q is {q}, with which there is no mean; expected above 1, or {where}: null")
    return GammaGamma(p, q, gamma)


def _rfm(value: object, where: str) -> RfmCuts:
    fields = section(value, where, ("recency_days", "frequency", "monetary"))
    return RfmCuts(
        recency_days=_cuts(fields["recency_days"], f"{where}.recency_days", least=0),
        frequency=_cuts(fields["frequency"], f"{where}.frequency", least=1),
        monetary=_monetary(section(fields["monetary"], f"{where}.monetary"), f"{where}.monetary"),
    )


def _monetary(fields: Mapping[str, object], where: str) -> Mapping[str, Cuts]:
    if len(fields) > MOST_CURRENCIES:
        raise ModelError(f"{where} has {len(fields)} currencies, {MOST_CURRENCIES} at most; remove the rare ones")
    return {_currency(name, where): _cuts(cuts, f"{where}.{name}") for name, cuts in fields.items()}


def _cuts(value: object, where: str, *, least: float | None = None) -> Cuts:
    cuts = [number(cut, f"{where}[{index}]") for index, cut in enumerate(items(value, where, at_least=4))]
    if len(cuts) > 4:
        raise ModelError(f"{where} has {len(cuts)} cut points, expected 4, between five classes; {RETRAIN}")
    if any(later <= earlier for earlier, later in pairwise(cuts)):
        raise ModelError(f"{where} is {cuts}, expected each cut point above the one before; {RETRAIN}")
    if least is not None and cuts[0] < least:
        raise ModelError(f"{where}[0] is {cuts[0]}, expected at least {least}; {RETRAIN}")
    one, two, three, four = cuts
    return one, two, three, four


def _currency(value: object, where: str) -> str:
    currency = text_of(value, where)
    if not CURRENCY.fullmatch(currency):
        raise ModelError(f"{where} is {currency[:60]!r}, expected a currency code like EUR; correct it")
    return currency


def _discount_rate(value: object, where: str) -> float:
    """Nothing is a rate of 0."""
    return 0.0 if number(value, where) == 0 else _between(value, where, above=0, most=1)


def _amount(value: object, where: str) -> float:
    return _between(value, where, above=0, most=LARGEST_AMOUNT)


def _between(value: object, where: str, *, above: float, most: float) -> float:
    found = number(value, where)
    if not above < found <= most:
        raise ModelError(f"{where} is {found}, expected above {above:g} and at most {most:g}; correct it")
    return found
