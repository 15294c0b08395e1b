"""`fidelio-scoring`: init, run, exempt; and those of the model: train, backtest, report."""

from typing import Annotated

import typer
import uvloop

from fidelio_scoring.adapters.mongo_scores import INDEXES
from fidelio_scoring.app import run as run_scoring
from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.settings import ScoringSettings
from fidelio_scoring.training_commands import commands as training_commands
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.exemptions import exemption_command
from fidelio_shared.storage.init_command import Clock, Epoch, initialise_database

main = typer.Typer(no_args_is_help=True, help="Scores churn risk and segments on every event and in silence.")
main.add_typer(training_commands)


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


if __name__ == "__main__":
    main()
