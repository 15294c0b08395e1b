"""Training: the published reference values, and the model that ships."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from random import Random

import numpy as np
import pytest

from fidelio_scoring.domain.churn import ChurnModel, assess
from fidelio_scoring.domain.model_file import parse_model, write_model
from fidelio_scoring.domain.purchase_clock import ClockParameters, Seen, log_likelihood
from fidelio_scoring.training.cdnow import END_OF_1997, MASTER, SAMPLE, locate_cdnow, read_cdnow, train_cdnow
from fidelio_scoring.training.fit import TrainingError, self_test_examples, train, train_command
from fidelio_scoring.training.history import Log, Order, digest_of, logs_of, purchases_until
from fidelio_scoring.training.likelihoods import (
    Spending,
    Summaries,
    bg_nbd,
    bg_nbd_alive,
    bg_nbd_expected,
    gamma_gamma,
    gamma_gamma_expected,
    mbg_nbd,
    most_likely,
    most_probable,
    nbd,
    pareto_nbd,
)
from fidelio_scoring.training.purchase_files import read_purchases
from fidelio_scoring.training.rows import drawn, rows_at, summaries_at

END_OF_SEPTEMBER = datetime(1997, 9, 30, tzinfo=UTC)
THREE_DIGITS = 5e-4
SHIPPED = parse_model(files("fidelio_scoring").joinpath("models", "cdnow-1997.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sample() -> tuple[Order, ...]:
    return read_cdnow(locate_cdnow(SAMPLE))


@pytest.fixture(scope="module")
def master() -> dict[str, Log]:
    return logs_of(read_cdnow(locate_cdnow(MASTER)))


@pytest.fixture(scope="module")
def seen(sample: tuple[Order, ...]) -> Summaries:
    """The literature's 39 weeks: 2,357 customers, time from the first purchase to 1997-09-30 in weeks."""
    return summaries_at(logs_of(sample), END_OF_SEPTEMBER)


def spending(orders: Iterable[Order]) -> Spending:
    """A repeat purchase is all that was spent on a day after the first."""
    spent: dict[str, dict[date, float]] = {}
    for order in orders:
        if order.at <= END_OF_SEPTEMBER:
            days = spent.setdefault(order.customer, {})
            days[order.at.date()] = days.get(order.at.date(), 0) + (order.amount or 0)
    repeats = [[days[day] for day in sorted(days)[1:]] for days in spent.values() if len(days) > 1]
    return Spending(
        np.array([float(len(each)) for each in repeats]), np.array([sum(each) / len(each) for each in repeats])
    )


def until_then(orders: Iterable[Order]) -> list[Order]:
    return [order for order in orders if order.at <= END_OF_1997]


def train_on_sample(orders: Iterable[Order]) -> ChurnModel:
    return train(orders, until=END_OF_1997, version="sample", population="the sample")


def test_the_sample_is_the_one_of_the_literature(seen: Summaries) -> None:
    assert (seen.repeats.size, seen.repeats.sum()) == (2357, 2457)


def test_bg_nbd_is_the_published_fit(seen: Summaries) -> None:
    fit = most_likely(bg_nbd, seen, parameters=4)
    assert fit.parameters == pytest.approx((0.2426, 4.4135, 0.7929, 2.4258), rel=THREE_DIGITS)
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    alive = bg_nbd_alive(fit.parameters, repeats=2, recency=30.43, age=38.86)
    assert alive == pytest.approx(0.7266, abs=THREE_DIGITS)
    expected = bg_nbd_expected(fit.parameters, repeats=2, recency=30.43, age=38.86, ahead=39)
    assert expected == pytest.approx(1.2259, abs=THREE_DIGITS)


def test_mbg_nbd_is_the_reference_fit(seen: Summaries) -> None:
    fit = most_likely(mbg_nbd, seen, parameters=4)
    assert fit.parameters == pytest.approx((0.5248, 6.183, 0.8914, 1.614), rel=THREE_DIGITS)
    assert fit.log_likelihood == pytest.approx(-9582.13, abs=0.01)


def test_pareto_nbd_is_the_published_fit(seen: Summaries) -> None:
    fit = most_likely(pareto_nbd, seen, parameters=4)
    assert fit.parameters == pytest.approx((0.5533, 10.5776, 0.6062, 11.6679), rel=THREE_DIGITS)
    assert fit.log_likelihood == pytest.approx(-9594.97, abs=0.01)


def test_gamma_gamma_is_the_published_fit(sample: tuple[Order, ...]) -> None:
    fit = most_likely(gamma_gamma, spending(sample), parameters=3)
    assert fit.parameters == pytest.approx((6.25, 3.74, 15.44), abs=0.005)
    assert gamma_gamma_expected(fit.parameters, repeats=2, average=100) == pytest.approx(88.33, abs=0.01)


def test_a_wrong_likelihood_does_not_pass_for_the_published_one(seen: Summaries) -> None:
    """Negative controls: x one too small, times in days, and BG/NBD, in which nobody leaves after a first purchase."""
    one_purchase_fewer = replace(seen, repeats=np.maximum(seen.repeats - 1, 0))
    in_days = replace(seen, recency=seen.recency * 7, age=seen.age * 7)
    for wrong in (one_purchase_fewer, in_days):
        fit = most_likely(mbg_nbd, wrong, parameters=4)
        assert fit.parameters != pytest.approx((0.5248, 6.183, 0.8914, 1.614), rel=0.05)
    assert most_likely(bg_nbd, seen, parameters=4).parameters != pytest.approx((0.5248, 6.183, 0.8914, 1.614), rel=0.05)


def test_counting_orders_instead_of_purchase_days_does_not_give_the_published_fit(
    seen: Summaries, sample: tuple[Order, ...]
) -> None:
    until = [log.instants for log in logs_of(order for order in sample if order.at <= END_OF_SEPTEMBER).values()]
    by_orders = replace(seen, repeats=np.array([len(instants) - 1.0 for instants in until]))
    assert by_orders.repeats.sum() > seen.repeats.sum()
    assert most_likely(bg_nbd, by_orders, parameters=4).parameters[0] != pytest.approx(0.2426, rel=0.01)


def test_many_customers_at_once_are_as_likely_as_one_by_one(seen: Summaries) -> None:
    parameters = (0.525, 6.18, 0.891, 1.614)
    columns = zip(seen.repeats[:300], seen.recency[:300], seen.age[:300], strict=True)
    clock = ClockParameters(*parameters)
    one_by_one = [log_likelihood(clock, Seen(int(x), float(t_x)), float(age)) for x, t_x, age in columns]
    np.testing.assert_allclose(mbg_nbd(parameters, seen)[:300], one_by_one, rtol=1e-12)


def test_the_prior_hardly_moves_a_log_that_speaks_for_itself(master: dict[str, Log]) -> None:
    seen = summaries_at(master, END_OF_1997)
    plain, held = most_likely(mbg_nbd, seen, parameters=4), most_probable(mbg_nbd, seen, parameters=4)
    assert held.parameters == pytest.approx(plain.parameters, rel=0.01)


def test_the_prior_holds_a_log_in_which_nobody_leaves() -> None:
    lots = Random(7)
    rates = [lots.gammavariate(2, 1 / 8) for _ in range(600)]
    lives = [_poisson_life(lots, rate) for rate in rates]
    seen = Summaries(*(np.array(column, dtype=np.float64) for column in zip(*lives, strict=True)))
    plain, held = most_likely(mbg_nbd, seen, parameters=4), most_probable(mbg_nbd, seen, parameters=4)
    assert max(plain.parameters) > 1_000
    assert all(1e-3 < parameter < 100 for parameter in held.parameters)
    assert abs(held.log_likelihood - most_likely(nbd, seen, parameters=2).log_likelihood) < 2


def test_the_shipped_model_is_what_training_gives(tmp_path: Path) -> None:
    again = train_cdnow(tmp_path / "cdnow-1997.json")
    assert parse_model((tmp_path / "cdnow-1997.json").read_text(encoding="utf-8")) == again
    assert _coefficients(again) == pytest.approx(_coefficients(SHIPPED), rel=1e-3, abs=1e-3)
    assert again.evaluation == pytest.approx(SHIPPED.evaluation, rel=1e-2)
    assert (again.trained_on, again.bands) == (SHIPPED.trained_on, SHIPPED.bands)


def test_training_never_sees_an_order_after_its_end(sample: tuple[Order, ...]) -> None:
    assert len(until_then(sample)) < len(sample)
    newcomer = Order("newcomer", datetime(1998, 2, 1, tzinfo=UTC), None)
    assert train_on_sample(until_then(sample)) == train_on_sample([*sample, newcomer])


def test_money_given_back_is_no_purchase(sample: tuple[Order, ...]) -> None:
    returns = [Order(order.customer, order.at + timedelta(days=9), -1.0) for order in sample[:500]]
    assert train_on_sample([*sample, *returns]) == train_on_sample(sample)


def test_the_same_orders_in_another_sequence_give_the_same_file(sample: tuple[Order, ...]) -> None:
    shuffled = list(sample)
    Random(3).shuffle(shuffled)
    files_written = [write_model(train_on_sample(each), self_test_examples(END_OF_1997)) for each in (sample, shuffled)]
    assert files_written[0] == files_written[1]


def test_training_rows_are_what_the_service_would_see(master: dict[str, Log]) -> None:
    few = dict(list(master.items())[:200])
    rows = rows_at(few, END_OF_1997, clock=SHIPPED.clock, horizon_weeks=SHIPPED.horizon_weeks)
    head = SHIPPED.heads[0]
    for customer, features in zip(rows.customers, rows.features, strict=True):
        purchases = purchases_until(few[customer], END_OF_1997)
        assert purchases is not None
        scored = assess(purchases, END_OF_1997, previous_band=None, model=SHIPPED).heads[0]
        means = [term.mean for term in head.terms]
        parts = [head.platt_a * term.weight for term in head.terms] * (features - means)
        assert list(scored.contributions.values()) == pytest.approx(parts.tolist(), abs=1e-12)


def test_a_customer_is_drawn_for_one_part_only(master: dict[str, Log]) -> None:
    rows = rows_at(dict(list(master.items())[:2000]), END_OF_1997, clock=SHIPPED.clock, horizon_weeks=13)
    parts = [
        set(drawn(rows, seed=1, first=first, last=last).customers) for first, last in ((0, 0.6), (0.6, 0.8), (0.8, 1))
    ]
    assert sum(len(part) for part in parts) == len(set.union(*parts)) == 2000
    assert len(parts[0]) == pytest.approx(1200, abs=100)


def test_too_few_customers_are_refused() -> None:
    orders = [Order(str(n), datetime(1997, 1, 1, tzinfo=UTC), None) for n in range(50)]
    with pytest.raises(TrainingError, match="50 customers before the labels begin, on 1997-07-02, 200 are needed"):
        train_on_sample(orders)


def test_a_history_in_which_everybody_leaves_is_refused() -> None:
    once = [Order(str(n), datetime(1997, 1, 1 + n % 28, tzinfo=UTC), None) for n in range(400)]
    with pytest.raises(TrainingError, match="nobody bought on two days"):
        train_on_sample(once)
    with pytest.raises(TrainingError, match="the label is the same for every customer"):
        train_on_sample([*once, Order("0", datetime(1997, 2, 1, tzinfo=UTC), None)])


def test_the_command_trains_from_a_file_and_names_the_model_after_its_own(
    tmp_path: Path, sample: tuple[Order, ...]
) -> None:
    history, out = tmp_path / "orders.csv", tmp_path / "spring.json"
    rows = (f"{order.customer},{order.at.isoformat()},{order.amount}\n" for order in sample)
    history.write_text("customer,at,amount\n" + "".join(rows))
    model = train_command(read_purchases(history), END_OF_1997, out, horizon_weeks=10)
    assert parse_model(out.read_text(encoding="utf-8")) == model
    assert (model.version, model.horizon_weeks, model.trained_on.customers) == ("spring", 10, 2357)
    assert model.trained_on.label == "no purchase within 20 weeks"
    card = json.loads((tmp_path / "spring.card.json").read_text(encoding="utf-8"))
    assert card["model_sha256"] == sha256(out.read_bytes()).hexdigest()
    assert card["data"]["sha256"] == digest_of(logs_of(set(until_then(sample))))
    assert (card["model"], card["seed"], card["data"]["customers"]) == ("spring", 1997, 2357)


def _coefficients(model: ChurnModel) -> list[float]:
    head = model.heads[0]
    clock = model.clock
    lines = [value for term in head.terms for value in (term.weight, term.mean)]
    return [clock.r, clock.alpha, clock.a, clock.b, head.intercept, head.platt_a, head.platt_b, *lines]


def _poisson_life(lots: Random, rate: float) -> tuple[int, float, float]:
    times = [0.0]
    while (following := times[-1] + lots.expovariate(rate)) < 52:
        times.append(following)
    return len(times) - 1, times[-1], 52.0
