"""`fidelio-scoring`: init, run, exempt, adopted; segments, model, keys; and of training: train, backtest, report."""

from typing import Annotated

import typer
import uvloop

from fidelio_scoring.adapters.mongo_scores import INDEXES
from fidelio_scoring.adopting import left, wait_until_adopted
from fidelio_scoring.app import run as run_scoring
from fidelio_scoring.databases import with_database
from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.domain.segments.definitions import SegmentsError
from fidelio_scoring.model_commands import model
from fidelio_scoring.segments_commands import segments
from fidelio_scoring.settings import ScoringSettings
from fidelio_scoring.training_commands import commands as training_commands
from fidelio_shared.access.keys_command import keys_commands
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.exemptions import exemption_command
from fidelio_shared.storage.init_command import Clock, Epoch, initialise_database
from fidelio_shared.storage.mongo import Database, connect


def _connect() -> Database:
    settings = read_settings(ScoringSettings)
    return connect(settings.mongo_uri.get_secret_value(), settings.scoring_database)


main = typer.Typer(no_args_is_help=True, help="Scores churn risk and segments on every event and in silence.")
main.add_typer(training_commands)
main.add_typer(segments, name="segments")
main.add_typer(model, name="model")
main.add_typer(keys_commands("fidelio-scoring", _connect), name="keys")


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
    with plain_errors(ModelError, SegmentsError):
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
def adopted(
    *, wait: Annotated[bool, typer.Option("--wait", help="until none is left, or a minute brings none")] = False
) -> None:
    """How many profiles other rules than those in use scored last; exits with 1 where there are some."""
    others = with_database(wait_until_adopted if wait else left)
    typer.echo(f"profiles scored by other rules: {others}")
    if others:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
