"""The words of the report, from one file a language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from math import isfinite


@dataclass(frozen=True, slots=True)
class Words:
    language: str
    decimal: str
    title: str
    lead: str
    reach_title: str
    reach: str
    trust_title: str
    trust: str
    spread_title: str
    spread: str
    compare_title: str
    compare: str
    weights_title: str
    weights: str
    notice_title: str
    notice: str
    method: str
    axis_contacted: str
    axis_reached: str
    axis_said: str
    axis_came: str
    axis_score: str
    axis_share: str
    axis_pairs: str
    axis_effect: str
    perfect: str
    random: str
    left: str
    stayed: str
    everybody: str
    recent: str
    flagged: str
    silence: str
    never: str
    contender: str
    interval: str
    names: Mapping[str, str]
    features: Mapping[str, str]

    def number(self, value: float, digits: int = 0) -> str:
        return f"{value:.{digits}f}".replace(".", self.decimal) if isfinite(value) else "–"

    def share(self, value: float) -> str:
        space = "\u00a0" if self.language == "fr" else ""
        return f"{self.number(100 * value)}{space}%"

    def day(self, at: datetime) -> str:
        return f"{at:%d/%m/%Y}" if self.language == "fr" else f"{at:%Y-%m-%d}"


def words_in(language: str) -> Words:
    text = files("fidelio_scoring").joinpath("training", f"report_{language}.toml").read_text(encoding="utf-8")
    return Words(**tomllib.loads(text))
