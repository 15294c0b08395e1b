"""A simulated world whose truth is known, to hold scores against.

`write` makes years of customers' lives, `foresee` asks the oracle, `collect` asks a running stack for its scores, and
`judge` tells how well scores foresee who leaves.
"""

import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from fidelio_deploy.addresses import read_addresses
from fidelio_deploy.errors import StackError
from fidelio_deploy.interrupts import run_interruptibly
from fidelio_deploy.replay.command import instant_of
from fidelio_deploy.world.announced import write_announced
from fidelio_deploy.world.evaluation import Answer, evaluate
from fidelio_deploy.world.files import read_world, write_foreseen, write_world
from fidelio_deploy.world.laws import Form, World, a_world
from fidelio_deploy.world.scores import read_scores
from fidelio_deploy.world.truth import HORIZON_DAYS, Truth, truth_at

MOST_SEEDS = 2**31

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, help=__doc__)

Directory = Annotated[Path, typer.Argument(help="Of the world's files.")]


@app.command()
def write(
    directory: Directory,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Everything about the world follows from it; default: drawn now.")
    ] = None,
    *,
    customers: Annotated[int, typer.Option(min=1, max=9_999_999)] = 5000,
    days: Annotated[int, typer.Option(min=1, max=3653)] = 730,
    form: Annotated[Form | None, typer.Option(help="How leaving depends on mood; default: drawn by the seed.")] = None,
) -> None:
    """Write what happened, by arrival and by time, the orders alone, and the truth."""
    drawn = secrets.randbelow(MOST_SEEDS) if seed is None else seed
    write_world(a_world(drawn, customers=customers, days=days, form=form), directory)
    typer.echo(
        f"the world of seed {drawn} is in {directory}; "
        "fidelio-replay takes history.ndjson, fidelio-scoring train purchases.csv"
    )


@app.command()
def judge(
    directory: Directory,
    scores: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="CSV or NDJSON: customer, at, score; default: the rule."),
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Default: as late as the world can tell.")] = None,
) -> None:
    """Tell how much of what silence alone does not tell, and an oracle knows, the scores find."""
    world = read_world(directory)
    moment = instant_of(at) if at else _latest(world)
    truth = _truth(world, moment)
    known = read_scores(scores, until=moment) if scores else dict(zip(truth.customers, truth.silence_days, strict=True))
    Console(width=132).print(_table(evaluate(truth, known, dice=np.random.default_rng(world.seed))))


@app.command()
def foresee(
    directory: Directory,
    out: Annotated[Path, typer.Argument(dir_okay=False, help="CSV: a customer a line.")],
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Default: as late as the world can tell.")] = None,
) -> None:
    """Write the oracle's chances, and what became of each customer. `judge` takes the file as scores."""
    world = read_world(directory)
    moment = instant_of(at) if at else _latest(world)
    write_foreseen(_truth(world, moment), moment, out)


@app.command()
def collect(
    out: Annotated[Path, typer.Argument(dir_okay=False, help="CSV, as `judge` takes it.")],
    directory: Annotated[Path, typer.Option(help="Of the stack that replayed the world's history.")] = Path(".fidelio"),
) -> None:
    """Write every churn score that a running stack announced."""
    addresses = read_addresses(directory)
    if not addresses:
        raise StackError(f"no stack is up in {directory}; start one with fidelio-stack up --clock stream")
    count = run_interruptibly(write_announced(addresses.kafka, out))
    typer.echo(f"{count} scores written to {out}")


def _latest(world: World) -> datetime:
    return world.instant(world.days - 2 * HORIZON_DAYS)


def _truth(world: World, at: datetime) -> Truth:
    try:
        return truth_at(world, at)
    except ValueError as error:
        raise StackError(str(error)) from error


def _table(answers: tuple[Answer, ...]) -> Table:
    table = Table("question", "customers", "share", "AUC silence", "AUC scores", "AUC oracle", "gap closed", "95 %")
    for each in answers:
        closed, low, high = (f"{value:.2f}" for value in (each.closed, each.interval.low, each.interval.high))
        aucs = (f"{value:.3f}" for value in (each.silence, each.scores, each.oracle))
        table.add_row(each.title, str(each.customers), f"{each.share:.3f}", *aucs, closed, f"{low} to {high}")
    return table
