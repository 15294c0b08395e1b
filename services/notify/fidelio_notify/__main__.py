"""`fidelio-notify`: init, run."""

from typing import Annotated

import typer
import uvloop

from fidelio_notify.adapters.mongo_decisions import INDEXES
from fidelio_notify.app import run as run_notify
from fidelio_notify.settings import NotifySettings
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.exemptions import exemption_command
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


@main.command()
def exempt(
    channel: Annotated[str | None, typer.Argument(help="a channel of channels.yaml; without it, only a look")] = None,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="wait for it again")] = False,
) -> None:
    """Do not wait for a channel that is stuck: messages are released without what it still has to say."""
    settings = read_settings(NotifySettings)
    with plain_errors():
        known = frozenset(read_channels(settings.channels_file))
    exemption_command(settings.mongo_uri, settings.notify_database, channel, known=known, undo=undo)


if __name__ == "__main__":
    main()
