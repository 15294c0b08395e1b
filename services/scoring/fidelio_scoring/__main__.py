"""`fidelio-scoring`: init, run, train."""

from typing import Annotated, cast

import typer
import uvloop

from fidelio_scoring.adapters.mongo_scores import INDEXES
from fidelio_scoring.app import run as run_scoring
from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.settings import ScoringSettings
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.mongo import Deployment, connect, initialise

main = typer.Typer(no_args_is_help=True, help="Scores churn risk and segments on every event and in silence.")


@main.command()
def init(
    epoch: Annotated[int, typer.Option(help="numbering of this database, larger after a restore; Unix seconds")],
    clock: Annotated[str, typer.Option(help="wall, or stream for replayed history")] = "wall",
) -> None:
    """Create collections and indexes. Harmless when repeated."""
    if clock not in ("wall", "stream"):
        raise typer.BadParameter(f"{clock} is no clock; choose wall or stream")
    settings = read_settings(ScoringSettings)

    async def work() -> None:
        database = connect(settings.mongo_uri.get_secret_value(), settings.scoring_database)
        await initialise(database, Deployment(epoch, cast(ClockKind, clock)), INDEXES)
        await database.client.close()

    with plain_errors():
        uvloop.run(work())


@main.command()
def run() -> None:
    """Score profiles, and silence, until stopped."""
    configure_logs("scoring")
    settings = read_settings(ScoringSettings)
    with plain_errors(ModelError):
        raise typer.Exit(uvloop.run(run_scoring(settings)))


if __name__ == "__main__":
    main()
