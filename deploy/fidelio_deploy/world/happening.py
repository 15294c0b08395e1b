"""Something that a channel system would tell of a customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Happening:
    """`fields`: what the contract of interactions knows beside type, time and identifiers."""

    day: float
    channel: str
    type: str
    fields: Fields = field(default_factory=dict)


def referring(kind: str, number: object) -> Fields:
    return {"reference": {"kind": kind, "id": str(number)}}


def one_of(choices: tuple[str, ...], dice: np.random.Generator) -> str:
    return choices[int(dice.random() * len(choices))]
