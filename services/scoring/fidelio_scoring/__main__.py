"""`fidelio-scoring`: init, run, train."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from fidelio_scoring.adapters.mongo_scores import INDEXES
from fidelio_scoring.app import run as run_scoring
from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.settings import ScoringSettings
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.exemptions import exemption_command
from fidelio_shared.storage.init_command import Clock, Epoch, initialise_database

main = typer.Typer(no_args_is_help=True, help="Scores churn risk and segments on every event and in silence.")


@main.command()
def init(epoch: Epoch, clock: Clock = "wall") -> None:
    """Create collections and indexes. Harmless when repeated."""
    settings = read_settings(ScoringSettings)
    initialise_database(settings.mongo_uri, settings.scoring_database, INDEXES, epoch=epoch, clock=clock)


@main.command()
def run() -> None:
    """Score profiles, and silence, until stopped."""
    configure_logs("scoring")
    settings = read_settings(ScoringSettings)
    with plain_errors(ModelError):
        raise typer.Exit(uvloop.run(run_scoring(settings)))


@main.command()
def exempt(
    channel: Annotated[str | None, typer.Argument(help="a channel of channels.yaml; without it, only a look")] = None,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="wait for it again")] = False,
) -> None:
    """Do not wait for a channel that is stuck: silence is announced without what it still has to say."""
    settings = read_settings(ScoringSettings)
    with plain_errors():
        known = frozenset(read_channels(settings.channels_file))
    exemption_command(settings.mongo_uri, settings.scoring_database, channel, known=known, undo=undo)


@main.command()
def train(
    history: Annotated[Path, typer.Argument(help="purchases as NDJSON or CSV: customer, at, amount", exists=True)],
    until: Annotated[datetime, typer.Option(help="nothing later is looked at, labels included; UTC")],
    out: Annotated[Path, typer.Option(help="the model file to write; its name is the model's version")],
    horizon_weeks: Annotated[float, typer.Option(help="how far the purchase clock looks ahead", min=1)] = 13,
) -> None:
    """Fit a churn model on your own purchases, check it on held-out customers, and write the model file."""
    try:
        from fidelio_scoring.training.fit import TrainingError, train_command
        from fidelio_scoring.training.history import HistoryError
    except ImportError as error:
        typer.echo("training needs its libraries; pip install 'fidelio-scoring[training]'", err=True)
        raise typer.Exit(1) from error
    with plain_errors(TrainingError, HistoryError):
        model = train_command(history, until.replace(tzinfo=UTC), out, horizon_weeks)
    for name, value in model.evaluation.items():
        typer.echo(f"{name:40} {value:.4f}")
    typer.echo(f"written: {out}; use it with FIDELIO_MODEL_FILE={out}")


if __name__ == "__main__":
    main()
