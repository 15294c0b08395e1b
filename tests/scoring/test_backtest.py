"""The back-test: it looks at nothing that it should not know, and finds nothing where nothing is."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fidelio_scoring.__main__ import main
from fidelio_scoring.domain.purchases import gap_variation, gaps_in_days, mean_gap_days, repeat_days
from fidelio_scoring.training.cdnow import MASTER, SAMPLE, locate_cdnow, read_cdnow
from fidelio_scoring.training.contenders import Scored, contenders
from fidelio_scoring.training.detection import detections
from fidelio_scoring.training.evaluation import auc
from fidelio_scoring.training.evidence import Evidence, Question, as_json, gather
from fidelio_scoring.training.figures import average_precision, lift_ceiling, population
from fidelio_scoring.training.fit import reference_dates
from fidelio_scoring.training.history import Log, Order, buys_within, logs_of, purchases_until
from fidelio_scoring.training.intervals import auc_draws, interval
from fidelio_scoring.training.past import flat_of, past_at
from fidelio_scoring.training.plan import WEEK, PlanError, plan_for
from fidelio_scoring.training.purchase_files import DEFAULT_COLUMNS
from fidelio_scoring.training.tables import as_tables
from fidelio_scoring.training.trial import Trial, hold_trial

MODELS = {"fidelio", "event_only", "clock", "base_rate", "days_since_last", "silence_over_gap", "rfm_logistic"}
FIGURES = {"auc", "auc_low", "auc_high", "pr_auc", "brier", "ece", "lift_10", "lift_10_ceiling"}
START = datetime(2024, 1, 1, tzinfo=UTC)
WEEKS = 60
HORIZON = 8


def world(customers: int, *, gap_weeks: float, leave_chance: float, spread: float, seed: int) -> list[Order]:
    """Each enters in the first 20 weeks and then buys at random; `spread` sets their rates apart."""
    lots = np.random.default_rng(seed)
    orders = []
    for number in range(customers):
        at, gap = lots.uniform(0, 20), gap_weeks / (lots.gamma(1 / spread, spread) if spread else 1)
        while at < WEEKS:
            bought_at = START + timedelta(seconds=round(at * 604_800))
            orders.append(Order(f"c{number}", bought_at, float(lots.integers(5, 50))))
            at += lots.exponential(gap) if lots.random() >= leave_chance else WEEKS
    return orders


def trial_of(logs: Mapping[str, Log]) -> Trial:
    return hold_trial(logs, plan_for(logs, until=None, horizon_weeks=HORIZON), seed=3)


@pytest.fixture(scope="module")
def orders() -> list[Order]:
    return world(450, gap_weeks=3, leave_chance=0.15, spread=0.5, seed=11)


@pytest.fixture(scope="module")
def logs(orders: list[Order]) -> dict[str, Log]:
    return logs_of(orders)


@pytest.fixture(scope="module")
def evidence(orders: list[Order], tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    path = written(tmp_path_factory.mktemp("log") / "purchases.csv", orders)
    columns = replace(DEFAULT_COLUMNS, amount="paid")
    return gather(Question(path, columns, None, HORIZON, seed=3, allowed_bad=0), str)


@pytest.fixture(scope="module")
def trial(evidence: Evidence) -> Trial:
    return evidence.trial


def test_nothing_after_the_cut_changes_a_score(orders: list[Order], trial: Trial) -> None:
    """The canary: what comes after the cut is dealt out anew, and tells nobody anything."""
    cut, until = trial.plan.cut, trial.plan.until
    names = sorted({order.customer for order in orders})
    dealt = dict(zip(names, names[1:] + names[:1], strict=True))
    altered = [order if order.at <= cut else replace(order, customer=dealt[order.customer]) for order in orders]
    again = hold_trial(logs_of(altered), trial.plan, seed=3)
    assert told(again) == told(trial)
    assert (again.gone != trial.gone).any()
    last_before = max(order.at for order in orders if order.at <= cut)
    earlier = [order for order in orders if order.at != last_before]
    assert told(hold_trial(logs_of(earlier), trial.plan, seed=3)) != told(trial)
    assert until == max(order.at for order in orders)


def test_no_customer_is_scored_by_a_model_that_knows_them(logs: dict[str, Log], trial: Trial) -> None:
    """Without the first fold's customers, the models that scored them are the same, and the other folds' are not."""
    others = {name: logs[name] for name, fold in zip(trial.customers, trial.fold, strict=True) if fold != 0}
    models = hold_trial(others, trial.plan, seed=3).models
    assert (models[0] == trial.models[0], models[1] == trial.models[1]) == (True, False)
    assert sum(trial.learners) == (len(trial.models) - 1) * len(trial.customers)


def test_training_labels_end_where_the_test_begins(trial: Trial) -> None:
    plan = trial.plan
    assert plan.cut == plan.until - timedelta(weeks=2 * HORIZON)
    assert max(plan.training_dates) + timedelta(weeks=2 * HORIZON) == plan.cut


def test_a_world_in_which_customers_differ_is_ranked(trial: Trial) -> None:
    ours = population(trial.scored, trial.gone, seed=1).figures["fidelio"]
    assert ours.auc_low > 0.75
    assert ours.ece < 0.1


def test_labels_permuted_within_tenure_bands_are_a_coin(logs: dict[str, Log], trial: Trial) -> None:
    """Negative control: as they are, the labels of every band are far from it."""
    lots = np.random.default_rng(4)
    firsts = np.array([logs[name].instants[0].timestamp() for name in trial.customers])
    bands = np.searchsorted(np.quantile(firsts, [0.33, 0.67]), firsts)
    for band in range(3):
        scored = {"fidelio": trial.scored["fidelio"].of(bands == band)}
        gone = trial.gone[bands == band]
        permuted = population(scored, lots.permutation(gone), seed=1).figures["fidelio"]
        assert permuted.auc_low <= 0.5 <= permuted.auc_high
        assert population(scored, gone, seed=1).figures["fidelio"].auc_low > 0.6


def test_a_world_in_which_nobody_differs_is_a_coin() -> None:
    """Everybody buys alike and nobody leaves: the score does no better than to know who is new."""
    logs = logs_of(world(450, gap_weeks=14, leave_chance=0, spread=0, seed=12))
    trial = trial_of(logs)
    is_new = np.array([trial.plan.cut - logs[name].instants[0] < trial.plan.at_risk for name in trial.customers])
    newborn = Scored(is_new.astype(np.float64), np.full(is_new.size, trial.gone.mean()))
    judged = population({"fidelio": trial.scored["fidelio"], "newborn": newborn}, trial.gone, seed=1)
    _, low, high = judged.ahead["newborn"]
    assert low <= 0 <= high


def test_what_is_known_of_a_past_is_what_the_score_would_see() -> None:
    logs = dict(list(logs_of(read_cdnow(locate_cdnow(SAMPLE))).items())[:300])
    at, label_ends = datetime(1997, 9, 30, tzinfo=UTC), datetime(1997, 12, 1, tzinfo=UTC)
    past = past_at(flat_of(logs), at, label_ends=label_ends)
    seen = [purchases for log in logs.values() if (purchases := purchases_until(log, at))]
    gaps = [gaps_in_days(each.days) for each in seen]
    days = timedelta(days=1)
    assert past.silence_days.tolist() == [(at - each.last_order_at) / days for each in seen]
    assert past.tenure_days.tolist() == [(at - each.first_order_at) / days for each in seen]
    assert past.purchase_days.tolist() == [repeat_days(each.days) + 1 for each in seen]
    np.testing.assert_allclose(past.gap_days, [mean_gap_days(each) or np.nan for each in gaps])
    np.testing.assert_allclose(past.last_gap_days, [each[-1] if each else np.nan for each in gaps])
    variations = [np.nan if (each_is := gap_variation(each)) is None else each_is for each in gaps]
    np.testing.assert_allclose(past.gap_variation, variations, atol=1e-6)
    assert past.gone.tolist() == [not buys_within(log, at, label_ends) for log in logs.values()]


def test_a_draw_of_everybody_once_is_the_area_itself() -> None:
    lots = np.random.default_rng(5)
    ranks, gone = lots.integers(0, 9, 400).astype(np.float64), lots.random(400) < 0.3
    draws = auc_draws({"one": ranks, "other": -ranks}, gone, seed=2)
    drawn = np.random.default_rng(2).integers(0, 400, 400)
    assert draws["one"][0] == pytest.approx(auc(ranks[drawn], gone[drawn]), rel=1e-12)
    np.testing.assert_allclose(draws["one"], 1 - draws["other"])
    low, high = interval(draws["one"])
    assert low < auc(ranks, gone) < high
    assert np.isnan(interval(auc_draws({"one": ranks}, np.ones(400, dtype=np.bool_), seed=2)["one"])).all()


def test_average_precision_takes_equal_ranks_together() -> None:
    gone = np.array([True, False, True, False])
    assert average_precision(np.array([4.0, 3.0, 2.0, 1.0]), gone) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(np.zeros(4), gone) == average_precision(np.zeros(4), gone[::-1]) == 0.5
    assert np.isnan(average_precision(np.zeros(4), np.zeros(4, dtype=np.bool_)))


def test_no_ranking_lifts_beyond_the_ceiling() -> None:
    gone = np.arange(100) < 4
    assert lift_ceiling(gone) == pytest.approx(10)
    assert lift_ceiling(np.arange(100) < 40) == pytest.approx(2.5)


def test_who_left_is_noticed_sooner_with_timers_than_without(evidence: Evidence) -> None:
    found = evidence.found_of_everybody
    assert set(found) == set(evidence.found_at_risk) == {"fidelio", "event_only", "clock", "days_since_last"}
    assert found["fidelio"].flagged > 3 * found["event_only"].flagged
    assert found["days_since_last"].delay_days == int(found["days_since_last"].threshold) + 1
    assert np.isnan(found["event_only"].delay_days)


def test_nobody_is_noticed_where_nobody_left(logs: dict[str, Log], trial: Trial) -> None:
    assert detections(trial, logs, ~trial.gone) == detections(trial, logs, trial.gone) == {}


@pytest.mark.skipif(find_spec("lightgbm") is None, reason="LightGBM, the challenger, is not installed")
def test_trees_that_know_more_are_hardly_better(trial: Trial) -> None:
    figures = population(trial.scored, trial.gone, seed=1).figures
    assert figures["lightgbm"].auc == pytest.approx(figures["fidelio"].auc, abs=0.03)


def test_training_dates_are_spread_over_a_year_once_the_log_has_another_before() -> None:
    first, until = START, START + 150 * WEEK
    spread = [(until - at) / WEEK for at in reference_dates(first, until, 8)]
    assert spread == [16, 26, 36, 46, 56]
    assert [(until - at) / WEEK for at in reference_dates(until - 60 * WEEK, until, 8)] == [16, 17, 18, 19, 20]


def test_a_log_too_short_for_its_horizon_says_which_would_fit() -> None:
    orders = [Order("ann", START, 1.0), Order("ann", START + timedelta(weeks=10), 1.0)]
    with pytest.raises(PlanError, match=r"spans 10\.0 weeks; with --horizon-weeks 8 at least 36 .*--horizon-weeks 2,"):
        plan_for(logs_of(orders), until=None, horizon_weeks=8)


def test_a_mistyped_year_does_not_move_the_end_of_the_log(orders: list[Order]) -> None:
    stray = Order("typist", datetime(2042, 1, 1, tzinfo=UTC), 1.0)
    with pytest.raises(PlanError, match=r"the last purchases \(1, up to 2042-01-01\) come 112 days or more after"):
        plan_for(logs_of([*orders, stray]), until=None, horizon_weeks=HORIZON)


def test_the_answer_has_every_figure_of_every_contender(evidence: Evidence, trial: Trial) -> None:
    answer = json.loads(json.dumps(as_json(evidence), allow_nan=False))
    names = {*MODELS, *contenders(0)}
    for name, gone in (("everybody", trial.gone), ("at_risk", trial.gone[trial.is_at_risk])):
        part = answer[name]
        assert (part["rows"], part["churn_rate"]) == (gone.size, pytest.approx(gone.mean(), abs=1e-6))
        assert {each: set(part[each]) for each in names} == dict.fromkeys(names, FIGURES)
    assert answer["split"]["label"] == "gone: no purchase within 16 weeks after the cut"
    assert sum(answer["split"]["customers_tested"]) == answer["everybody"]["rows"]


def test_the_command_prints_one_json_object_whatever_the_sequence_of_rows(
    tmp_path: Path, orders: list[Order], evidence: Evidence
) -> None:
    path = written(tmp_path / "purchases.csv", [*reversed(orders), orders[0]])
    asked = ["--horizon-weeks", str(HORIZON), "--seed", "3", "--amount", "paid", "--json"]
    ran = CliRunner().invoke(main, ["backtest", str(path), *asked])
    assert ran.exit_code == 0
    assert "reading purchases.csv" in ran.stderr
    answer, expected = json.loads(ran.stdout), as_json(evidence)
    repeated = {"rows": len(orders) + 1, "repeated": 1}
    assert answer.pop("data") == {**expected.pop("data"), **repeated}  # type: ignore[dict-item]
    assert answer == expected


def test_the_tables_tell_what_was_read_and_every_contender(evidence: Evidence) -> None:
    counts = replace(evidence.file.counts, free=3, without_zone=2)
    lines = as_tables(replace(evidence, file=replace(evidence.file, counts=counts))).splitlines()
    assert {"note: 3 free orders, counted as purchases", "note: 2 times without a zone, taken for UTC"} < set(lines)
    assert sum(line.startswith("Fidelio ") for line in lines) == 4
    assert sum(line.startswith("RFM logistic ") for line in lines) == 2


def test_figures_that_are_undefined_are_null() -> None:
    nobody = population({"fidelio": Scored(np.zeros(0), np.zeros(0))}, np.zeros(0, dtype=np.bool_), seed=1)
    assert (nobody.rows, np.isnan(nobody.churn_rate), np.isnan(nobody.figures["fidelio"].auc)) == (0, True, True)
    stayed = population({"fidelio": Scored(np.zeros(9), np.zeros(9))}, np.zeros(9, dtype=np.bool_), seed=1)
    figures = stayed.figures["fidelio"]
    assert np.isnan([figures.auc, figures.auc_low, figures.pr_auc, figures.lift_10, figures.lift_10_ceiling]).all()
    assert figures.brier == 0


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        (
            [Order("ann", START + timedelta(weeks=week), 1.0) for week in range(80)],
            "1 customers before the labels begin, on 2024-11-25, 200 are needed",
        ),
        ([Order(str(n), START + timedelta(days=n), 1.0) for n in range(600)], "nobody bought on two days"),
        (
            [Order(str(n % 400), START + (n % 9 + 52 * (n > 797)) * WEEK, 1.0) for n in range(800)],
            "the label is the same for every customer: all left or all stayed",
        ),
    ],
)
def test_a_log_that_cannot_be_judged_fails_with_one_line(tmp_path: Path, orders: list[Order], message: str) -> None:
    path = written(tmp_path / "purchases.csv", orders)
    ran = CliRunner().invoke(main, ["backtest", str(path), "--horizon-weeks", "8", "--json"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert message in ran.stderr.splitlines()[-1]


@pytest.mark.long
def test_the_published_log_gives_the_figures_of_the_readme() -> None:
    """Half a minute: 69,659 purchases, 23,570 customers."""
    logs = logs_of(read_cdnow(locate_cdnow(MASTER)))
    trial = hold_trial(logs, plan_for(logs, until=None, horizon_weeks=13), seed=1997)
    everybody = population(trial.scored, trial.gone, seed=1997)
    at_risk = population(
        {name: each.of(trial.is_at_risk) for name, each in trial.scored.items()},
        trial.gone[trial.is_at_risk],
        seed=1997,
    )
    assert (everybody.rows, at_risk.rows) == (23_570, 4_225)
    assert at_risk.figures["fidelio"].auc > 0.7
    assert max(everybody.figures["fidelio"].ece, at_risk.figures["fidelio"].ece) < 0.03
    for each in (everybody, at_risk):
        assert each.ahead["lightgbm"][0] > -0.01


def told(trial: Trial) -> dict[str, list[float]]:
    return {name: [*each.ranks.tolist(), *each.chances.tolist()] for name, each in trial.scored.items()}


def written(path: Path, orders: Iterable[Order]) -> Path:
    lines = (f"{order.customer},{order.at.isoformat()},{order.amount}\n" for order in orders)
    path.write_text("customer,time,paid\n" + "".join(lines), encoding="utf-8")
    return path
