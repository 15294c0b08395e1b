"""`fidelio-notify`: init, run."""

import typer
import uvloop

from fidelio_notify.adapters.mongo_decisions import INDEXES
from fidelio_notify.app import run as run_notify
from fidelio_notify.settings import NotifySettings
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.init_command import Clock, Epoch, initialise_database

main = typer.Typer(no_args_is_help=True, help="Contacts the right customer once, or says why not.")


@main.command()
def init(epoch: Epoch, clock: Clock = "wall") -> None:
    """Create collections and indexes. Harmless when repeated."""
    settings = read_settings(NotifySettings)
    initialise_database(settings.mongo_uri, settings.notify_database, INDEXES, epoch=epoch, clock=clock)


@main.command()
def run() -> None:
    """Follow the news and release decisions until stopped."""
    configure_logs("notify")
    settings = read_settings(NotifySettings)
    with plain_errors():
        raise typer.Exit(uvloop.run(run_notify(settings)))


if __name__ == "__main__":
    main()
