"""Training: a purchase history in, a churn model out. Deterministic: the same orders give the same file."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

import numpy as np
from scipy.special import expit

from fidelio_scoring.domain.bands import Bands, Thresholds
from fidelio_scoring.domain.churn import FEATURES, ChurnModel, TrainedOn
from fidelio_scoring.domain.heads import Head, Term
from fidelio_scoring.domain.leaving_prior import LEAVING_PRIOR
from fidelio_scoring.domain.model_file import EPOCH, write_model
from fidelio_scoring.domain.purchase_clock import ClockParameters
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.training.card import card_of, card_path, write_card
from fidelio_scoring.training.evaluation import AT_RISK, Comparison, Flags, Vector, brier, calibration_error, compare
from fidelio_scoring.training.history import Log, Order, logs_of
from fidelio_scoring.training.likelihoods import Summaries, mbg_nbd, most_likely, most_probable, nbd
from fidelio_scoring.training.logistic import Line, fit_logistic
from fidelio_scoring.training.purchase_files import PurchaseFile
from fidelio_scoring.training.rows import Rows, drawn, joined, rows_at, summaries_at
from fidelio_scoring.training.value import fit_value

HORIZON_WEEKS = 13.0
REFERENCE_DATES = 5
WEEKS_A_YEAR = 52
RIDGE = 1e-3
SEED = 1997
FEWEST_CUSTOMERS = 200
LEAST_SLOPE = 1e-9
# On CDNOW in July 1997, with half a year of labels: low held 21 % of the customers (41 % of them left), watch 14 %
# (67 %), high 66 % (84 %, against 73 % of all). Who bought once turns high after four months, in time to act.
BANDS = Bands(watch=Thresholds(enter=0.60, leave=0.55), high=Thresholds(enter=0.80, leave=0.75))


class TrainingError(ValueError):
    """A history that cannot give a model; the message says what it lacks."""


def train(
    orders: Iterable[Order],
    *,
    until: datetime,
    version: str,
    population: str,
    horizon_weeks: float = HORIZON_WEEKS,
    currency: str | None = None,
) -> ChurnModel:
    """`currency`: of all amounts; without it the model knows risks and no values. Signals keep their prior head.

    Sees no order after `until`, and labels a customer only where the two horizons that follow end by then.

    The head is fitted on a clock that knows nothing of the time of its labels. The finished model's clock is fitted
    once more, up to `until`: in each of five splits inside 1997 that ranked better and was better calibrated.
    """
    known = [order for order in orders if order.at <= until]
    logs = logs_of(known)
    check_enough(logs, until - timedelta(weeks=2 * horizon_weeks))
    model = train_on(logs, until=until, version=version, population=population, horizon_weeks=horizon_weeks)
    if any(head.platt_a <= LEAST_SLOPE for head in model.heads):
        raise TrainingError("nothing in this history tells who leaves; train on a longer history or another horizon")
    value = fit_value(known, until=until, currency=currency) if currency else None
    return replace(model, heads=(*model.heads, LEAVING_PRIOR), value=value)


def train_on(
    logs: Mapping[str, Log], *, until: datetime, version: str, population: str, horizon_weeks: float = HORIZON_WEEKS
) -> ChurnModel:
    """`logs` end at `until`. Where nothing tells who leaves, the model says the churn rate of everybody."""
    dates = reference_dates(min(log.instants[0] for log in logs.values()), until, horizon_weeks)
    early_clock = fit_clock(summaries_at(logs, dates[0]))
    dated_rows = [rows_at(logs, date, clock=early_clock, horizon_weeks=horizon_weeks) for date in dates]
    seen = summaries_at(logs, until)
    clock = fit_clock(seen)
    today = rows_at(logs, until, clock=clock, horizon_weeks=horizon_weeks)
    head = fit_head(joined(dated_rows), means=today.features.mean(axis=0))
    return ChurnModel(
        version=version,
        trained_on=_trained_on(logs, until=until, population=population, horizon_weeks=horizon_weeks),
        horizon_weeks=horizon_weeks,
        clock=clock,
        heads=(head,),
        bands=BANDS,
        evaluation=evaluate_head(head, drawn(dated_rows[0], seed=SEED, first=0.8, last=1))
        | _clock_evidence(clock, seen),
    )


def check_enough(logs: Mapping[str, Log], label_start: datetime) -> None:
    known = sum(log.instants[0] <= label_start for log in logs.values())
    if known < FEWEST_CUSTOMERS:
        raise TrainingError(
            f"{known} customers before the labels begin, on {label_start.date()}, {FEWEST_CUSTOMERS} are needed at "
            "least; use a longer log, one of more customers, or a shorter --horizon-weeks"
        )
    if all(log.days[0] == log.days[-1] for log in logs.values()):
        raise TrainingError(
            "nobody bought on two days, so nothing tells who comes back; does --customer name the customer, or an "
            "order? Otherwise use a longer log"
        )


def reference_dates(first: datetime, until: datetime, horizon_weeks: float) -> tuple[datetime, ...]:
    """Latest first: the labels of the first end at `until`. Spread over a year, so that each season has its say.

    In the first year of a log most customers are new, which they are at no other time: there, a week lies between.
    """
    latest = until - timedelta(weeks=2 * horizon_weeks)
    spread_weeks = (latest - first) / timedelta(weeks=1) - WEEKS_A_YEAR
    step_weeks = min(max(int(spread_weeks / (REFERENCE_DATES - 1)), 1), WEEKS_A_YEAR // REFERENCE_DATES)
    return tuple(latest - timedelta(weeks=step_weeks * number) for number in range(REFERENCE_DATES))


def train_command(
    file: PurchaseFile, until: datetime, out: Path, *, horizon_weeks: float = HORIZON_WEEKS, currency: str | None = None
) -> ChurnModel:
    """Writes the model file, and its card beside it; the model's version is the file's name."""
    orders = [order for order in (*file.orders, *file.returns) if order.at <= until]
    model = train(
        orders,
        until=until,
        version=out.stem,
        population=f"customers of {file.name}",
        horizon_weeks=horizon_weeks,
        currency=currency,
    )
    text = write_model(model, self_test_examples(until))
    out.write_text(text, encoding="utf-8")
    write_card(card_path(out), card_of(model, text, file=file, logs=logs_of(orders), seed=SEED))
    return model


def self_test_examples(until: datetime) -> list[tuple[Purchases, datetime]]:
    """Invented customers, so that no model file carries a real one's purchases: days of silence, and purchase days."""
    lives = {0: (0,), 10: (0, 30, 60, 90), 45: (0, 7, 14, 100), 90: (0, 1), 200: (0, 28, 55, 86, 110), 400: (0, 300)}
    return [(_example(until - timedelta(days=silence), days), until) for silence, days in lives.items()]


def fit_clock(seen: Summaries) -> ClockParameters:
    r, alpha, a, b = most_probable(mbg_nbd, seen, parameters=4).parameters
    return ClockParameters(r, alpha, a, b)


def fit_head(rows: Rows, *, means: Vector) -> Head:
    """Fitted on six customers in ten, calibrated on two others; the last two stay out for the evaluation."""
    fitted, calibrating = drawn(rows, seed=SEED, first=0, last=0.6), drawn(rows, seed=SEED, first=0.6, last=0.8)
    if not min(part.gone.sum() * (~part.gone).sum() for part in (fitted, calibrating)):
        raise TrainingError(
            "the label is the same for every customer: all left or all stayed; use a longer history or another horizon"
        )
    line = fit_logistic(fitted.features, fitted.gone, ridge=RIDGE)
    platt = fit_logistic(line.log_odds(calibrating.features).reshape(-1, 1), calibrating.gone, ridge=0)
    terms = (Term(*term) for term in zip(FEATURES, line.weights, means.tolist(), strict=True))
    return Head(
        "gone", line.intercept, tuple(terms), platt_a=max(platt.weights[0], LEAST_SLOPE), platt_b=platt.intercept
    )


def evaluate_head(head: Head, rows: Rows) -> dict[str, float]:
    """Beside the rule "days since the last purchase"; for all rows, and for those at risk, who bought lately."""
    recent = rows.silence_days <= AT_RISK / timedelta(days=1)
    risks = _risks(head, rows.features)
    numbers = _numbers("all", compare(risks, rows.silence_days, rows.gone), risks, rows.gone)
    at_risk = compare(risks[recent], rows.silence_days[recent], rows.gone[recent])
    numbers |= _numbers("at_risk", at_risk, risks[recent], rows.gone[recent])
    return {name: round(value, 4) for name, value in numbers.items() if isfinite(value)}


def _risks(head: Head, features: Vector) -> Vector:
    line = Line(head.intercept, tuple(term.weight for term in head.terms))
    return np.asarray(expit(head.platt_a * line.log_odds(features) + head.platt_b))


def _numbers(who: str, ranked: Comparison, risks: Vector, gone: Flags) -> dict[str, float]:
    return {
        f"{who}_customers": ranked.customers,
        f"{who}_gone_share": ranked.gone_share,
        f"{who}_auc": ranked.model.auc,
        f"{who}_auc_of_days_since_last": ranked.rule.auc,
        f"{who}_lift_at_10_percent": ranked.model.lift_at_10_percent,
        f"{who}_brier": brier(risks, gone),
        f"{who}_calibration_error": calibration_error(risks, gone),
    }


def _clock_evidence(clock: ClockParameters, seen: Summaries) -> dict[str, float]:
    """Twice the log-likelihood gained over customers who never leave; near 0, the log shows no leaving."""
    parameters = (clock.r, clock.alpha, clock.a, clock.b)
    gained = mbg_nbd(parameters, seen).sum() - most_likely(nbd, seen, parameters=2).log_likelihood
    return {"clock_likelihood_ratio": round(2 * float(gained), 1)}


def _trained_on(logs: Mapping[str, Log], *, until: datetime, population: str, horizon_weeks: float) -> TrainedOn:
    return TrainedOn(
        population=population,
        first_day=min(log.instants[0] for log in logs.values()).date(),
        until=until,
        customers=len(logs),
        label=f"no purchase within {2 * horizon_weeks:g} weeks",
    )


def _example(last: datetime, days: tuple[int, ...]) -> Purchases:
    first = last - timedelta(days=days[-1])
    first_day = (first.astimezone(UTC).date() - EPOCH).days
    return Purchases(first, last, sum(1 << first_day + day for day in days), len(days))
