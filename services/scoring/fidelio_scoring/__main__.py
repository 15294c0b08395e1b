"""`fidelio-scoring`: init, run, train."""

from typing import Annotated, cast

import typer
import uvloop

from fidelio_scoring.adapters.mongo_scores import INDEXES
from fidelio_scoring.app import run as run_scoring
from fidelio_scoring.settings import ScoringSettings
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.errors import Halted, Unavailable
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
    settings = ScoringSettings()

    async def work() -> None:
        database = connect(settings.mongo_uri.get_secret_value(), settings.scoring_database)
        await initialise(database, Deployment(epoch, cast(ClockKind, clock)), INDEXES)
        await database.client.close()

    try:
        uvloop.run(work())
    except (Halted, Unavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@main.command()
def run() -> None:
    """Score profiles, and silence, until stopped."""
    configure_logs("scoring")
    raise typer.Exit(uvloop.run(run_scoring(ScoringSettings())))


if __name__ == "__main__":
    main()
