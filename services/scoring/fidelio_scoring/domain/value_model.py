"""What a model file says of value."""

from dataclasses import dataclass

from fidelio_scoring.domain.rfm import RfmCuts
from fidelio_scoring.domain.spending import GammaGamma


@dataclass(frozen=True, slots=True)
class ValueModel:
    """`margin`: the share of revenue that is earned; `discount_rate`: of a year; `mean_spend`: of a purchase day.

    `gamma_gamma` and `mean_spend` are in `currency`, and None where the history did not tell.
    """

    currency: str
    gamma_gamma: GammaGamma | None
    mean_spend: float | None
    margin: float
    discount_rate: float
    horizon_weeks: float
    rfm: RfmCuts
