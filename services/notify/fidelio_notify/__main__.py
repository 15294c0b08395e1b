"""`fidelio-notify`: init, run."""

from typing import Annotated, cast

import typer
import uvloop

from fidelio_notify.adapters.mongo_decisions import INDEXES
from fidelio_notify.app import run as run_notify
from fidelio_notify.settings import NotifySettings
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.mongo import Deployment, connect, initialise

main = typer.Typer(no_args_is_help=True, help="Contacts the right customer once, or says why not.")


@main.command()
def init(
    epoch: Annotated[int, typer.Option(help="numbering of this database, larger after a restore; Unix seconds")],
    clock: Annotated[str, typer.Option(help="wall, or stream for replayed history")] = "wall",
) -> None:
    """Create collections and indexes. Harmless when repeated."""
    if clock not in ("wall", "stream"):
        raise typer.BadParameter(f"{clock} is no clock; choose wall or stream")
    settings = read_settings(NotifySettings)

    async def work() -> None:
        database = connect(settings.mongo_uri.get_secret_value(), settings.notify_database)
        await initialise(database, Deployment(epoch, cast(ClockKind, clock)), INDEXES)
        await database.client.close()

    with plain_errors():
        uvloop.run(work())


@main.command()
def run() -> None:
    """Follow the news and release decisions until stopped."""
    configure_logs("notify")
    settings = read_settings(NotifySettings)
    with plain_errors():
        raise typer.Exit(uvloop.run(run_notify(settings)))


if __name__ == "__main__":
    main()
