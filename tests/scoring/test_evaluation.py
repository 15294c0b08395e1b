"""The measures of a score, and what they say of the shipped model on the half-year that it never saw."""

from importlib.resources import files
from random import Random

import numpy as np
import pytest

from fidelio_scoring.domain.churn import assess
from fidelio_scoring.domain.model_file import parse_model
from fidelio_scoring.training.cdnow import END_OF_1997, MASTER, locate_cdnow, read_cdnow
from fidelio_scoring.training.evaluation import (
    Vector,
    auc,
    backtest,
    backtest_model,
    brier,
    calibration_error,
    lift,
)
from fidelio_scoring.training.history import Log, logs_of, purchases_until
from fidelio_scoring.training.rows import rows_at

SHIPPED = parse_model(files("fidelio_scoring").joinpath("models", "cdnow-1997.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def master() -> dict[str, Log]:
    return logs_of(read_cdnow(locate_cdnow(MASTER)))


def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order() -> None:
    lots = np.random.default_rng(5)
    scores, gone = lots.integers(0, 12, 500).astype(np.float64), lots.random(500) < 0.3
    left, stayed = scores[gone][:, None], scores[~gone][None, :]
    pairs = (left > stayed) + 0.5 * (left == stayed)
    assert auc(scores, gone) == pytest.approx(pairs.mean(), rel=1e-12)
    assert np.isnan(auc(scores, np.ones(500, dtype=np.bool_)))


def test_lift_counts_ties_at_the_edge_in_proportion() -> None:
    gone = np.array([True, False, True, True] + [False] * 16)
    falling = np.arange(20, 0, -1).astype(np.float64)
    assert lift(falling, gone, share=0.1) == pytest.approx(0.5 / 0.15)
    assert lift(np.zeros(20), gone, share=0.1) == pytest.approx(1)


def test_brier_and_calibration_tell_boasting_from_honesty() -> None:
    gone = np.arange(1000) % 4 == 0
    honest, boasting = np.full(1000, 0.25), np.full(1000, 0.9)
    assert brier(honest, gone) == pytest.approx(0.1875)
    assert calibration_error(honest, gone) < 0.01
    assert calibration_error(boasting, gone) == pytest.approx(0.65)


def test_the_shipped_model_beats_days_since_the_last_purchase_on_the_half_year_it_never_saw(
    master: dict[str, Log],
) -> None:
    result = backtest_model(master, SHIPPED, cutoff=END_OF_1997)
    assert (result.everybody.customers, result.at_risk.customers) == (23_570, 4_189)
    assert result.everybody.model.auc == pytest.approx(0.805, abs=0.003)
    assert result.everybody.rule.auc == pytest.approx(0.796, abs=0.001)
    assert result.at_risk.model.auc == pytest.approx(0.717, abs=0.003)
    assert result.at_risk.rule.auc == pytest.approx(0.580, abs=0.001)
    assert result.at_risk.model.lift_at_10_percent > result.at_risk.rule.lift_at_10_percent
    assert result.everybody.lift_ceiling == pytest.approx(1 / result.everybody.gone_share)


def test_each_band_holds_a_share_and_high_is_mostly_right(master: dict[str, Log]) -> None:
    rows = rows_at(master, END_OF_1997, clock=SHIPPED.clock, horizon_weeks=SHIPPED.horizon_weeks)
    risks = _risks(master)
    bands = SHIPPED.bands
    low, high = risks < bands.watch.enter, risks >= bands.high.enter
    shares = [each.mean() for each in (low, ~low & ~high, high)]
    gone = [rows.gone[each].mean() for each in (low, ~low & ~high, high)]
    assert min(shares) > 0.15
    assert gone == sorted(gone)
    assert gone[0] < 0.4
    assert gone[2] > 0.9
    assert calibration_error(risks, rows.gone) < 0.03


def test_scores_know_nothing_of_shuffled_fates(master: dict[str, Log]) -> None:
    """Negative control: with the outcomes dealt out at random, every score is a coin."""
    customers = list(master)
    scores = dict(zip(customers, _risks(master).tolist(), strict=True))
    last = {
        each: purchases.last_order_at for each in customers if (purchases := purchases_until(master[each], END_OF_1997))
    }
    lucky = set(Random(1).sample(customers, len(customers) // 4))
    result = backtest(scores, last, bought_after=lucky, cutoff=END_OF_1997)
    assert result.everybody.model.auc == pytest.approx(0.5, abs=0.015)
    assert result.at_risk.model.auc == pytest.approx(0.5, abs=0.035)


def _risks(logs: dict[str, Log]) -> Vector:
    known = [purchases for log in logs.values() if (purchases := purchases_until(log, END_OF_1997))]
    return np.array([assess(each, END_OF_1997, previous_band=None, model=SHIPPED).risk for each in known])
