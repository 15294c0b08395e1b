"""`fidelio-scoring train`, `backtest`, `report`: their libraries are asked for only when one of them runs."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fidelio_shared.messaging.commands import plain_errors

commands = typer.Typer()
History = Annotated[
    Path, typer.Argument(help="purchases as CSV with a header, or as NDJSON", exists=True, dir_okay=False)
]
Customer = Annotated[str, typer.Option(help="the column that says who")]
Time = Annotated[str, typer.Option(help="the column that says when; `at` is found too")]
Amount = Annotated[str, typer.Option(help="the column with what was paid; below 0 is a return, and no purchase")]
Until = Annotated[
    datetime | None, typer.Option(help="nothing later is looked at, labels included; UTC; none: the last purchase")
]
Horizon = Annotated[
    float, typer.Option(help="gone is who buys nothing in twice as many weeks; at risk, who bought within them", min=1)
]
Seed = Annotated[int, typer.Option(help="deals customers into folds; the same seed gives the same figures", min=0)]
SkipBadRows = Annotated[bool, typer.Option("--skip-bad-rows", help="count rows that cannot be read, and go on")]
_ALL = 5_000_000


class Language(StrEnum):
    EN = "en"
    FR = "fr"


@commands.command()
def backtest(
    purchases: History,
    *,
    customer: Customer = "customer",
    time: Time = "time",
    amount: Amount = "amount",
    until: Until = None,
    horizon_weeks: Horizon = 13,
    seed: Seed = 1997,
    skip_bad_rows: SkipBadRows = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of tables")] = False,
) -> None:
    """Judge the churn score on your own purchases, beside simpler rules, by customers and times it has not seen."""
    with _training_libraries():
        from fidelio_scoring.training.evidence import Question, gather
        from fidelio_scoring.training.evidence import as_json as told
        from fidelio_scoring.training.purchase_files import Columns
        from fidelio_scoring.training.tables import as_tables
    with _plain_errors():
        columns, allowed_bad = Columns(customer, time, amount), _allowed(skip_bad_rows)
        evidence = gather(Question(purchases, columns, _utc(until), horizon_weeks, seed, allowed_bad), _progress)
    typer.echo(json.dumps(told(evidence), indent=2, allow_nan=False) if as_json else as_tables(evidence))


@commands.command()
def report(
    purchases: History,
    *,
    out: Annotated[Path, typer.Option(help="the page to write", dir_okay=False)],
    customer: Customer = "customer",
    time: Time = "time",
    amount: Amount = "amount",
    until: Until = None,
    horizon_weeks: Horizon = 13,
    seed: Seed = 1997,
    skip_bad_rows: SkipBadRows = False,
    language: Annotated[Language, typer.Option(help="of the page")] = Language.EN,
) -> None:
    """Write the back-test as one HTML page with pictures, for people who do not read tables of figures."""
    with _training_libraries():
        from fidelio_scoring.training.evidence import Question, gather
        from fidelio_scoring.training.purchase_files import Columns
        from fidelio_scoring.training.report import report as page_of
        from fidelio_scoring.training.report_texts import words_in
    with _plain_errors():
        columns, allowed_bad = Columns(customer, time, amount), _allowed(skip_bad_rows)
        evidence = gather(Question(purchases, columns, _utc(until), horizon_weeks, seed, allowed_bad), _progress)
        out.write_text(page_of(evidence, words_in(language)), encoding="utf-8")
    typer.echo(f"written: {out}")


@commands.command()
def train(
    history: Annotated[
        Path | None, typer.Argument(help="purchases as CSV with a header, or as NDJSON", exists=True, dir_okay=False)
    ] = None,
    *,
    until: Annotated[datetime, typer.Option(help="nothing later is looked at, labels included; UTC")],
    out: Annotated[Path, typer.Option(help="the model file to write; its name is the model's version")],
    from_api: Annotated[
        str | None, typer.Option(help="instead of a file, the profile service's address; its key in FIDELIO_API_KEY")
    ] = None,
    horizon_weeks: Annotated[float, typer.Option(help="how far the purchase clock looks ahead", min=1)] = 13,
    customer: Customer = "customer",
    time: Time = "time",
    amount: Amount = "amount",
    currency: Annotated[
        str | None, typer.Option(help="of all amounts, such as EUR; without it the model knows no customer value")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
) -> None:
    """Fit a churn model on your own purchases, check it on held-out customers, and write the model file."""
    if (history is None) == (from_api is None):
        raise typer.BadParameter("give a file of purchases or --from-api, and not both")
    with _training_libraries():
        from fidelio_scoring.training.fit import train_command
        from fidelio_scoring.training.profile_api import read_profile_api
        from fidelio_scoring.training.purchase_files import Columns, read_purchases
    with _plain_errors():
        if history:
            file = read_purchases(history, Columns(customer, time, amount), allowed_bad=_allowed(skip_bad_rows))
        else:
            file = read_profile_api(from_api or "", os.environ.get("FIDELIO_API_KEY", ""))
        model = train_command(file, until.replace(tzinfo=UTC), out, horizon_weeks=horizon_weeks, currency=currency)
    for name, value in model.evaluation.items():
        typer.echo(f"{name:40} {value:.4f}")
    typer.echo(f"written: {out}, with its card beside it; use it with FIDELIO_MODEL_FILE={out}")


@contextmanager
def _training_libraries() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        typer.echo("training needs its libraries; pip install 'fidelio-scoring[training]'", err=True)
        raise typer.Exit(1) from error


@contextmanager
def _plain_errors() -> Iterator[None]:
    from fidelio_scoring.training.fit import TrainingError
    from fidelio_scoring.training.history import HistoryError
    from fidelio_scoring.training.plan import PlanError
    from fidelio_scoring.training.value import UnvaluedHistory

    with plain_errors(TrainingError, HistoryError, PlanError, UnvaluedHistory):
        yield


def _allowed(skip_bad_rows: bool) -> int:
    return _ALL if skip_bad_rows else 0


def _utc(until: datetime | None) -> datetime | None:
    return None if until is None else until.replace(tzinfo=UTC)


def _progress(line: str) -> None:
    typer.echo(line, err=True)
