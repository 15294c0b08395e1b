"""`fidelio-notify`: init, run, exempt, playbooks, preview, send, masses, simulate, unwanted, keys, uplift."""

from typing import Annotated

import typer
import uvloop

from fidelio_notify.app import run as run_notify
from fidelio_notify.domain.letters.letter import LettersError
from fidelio_notify.domain.playbooks.model import PlaybooksError
from fidelio_notify.masses_commands import masses
from fidelio_notify.playbooks_commands import playbooks
from fidelio_notify.preview_command import preview
from fidelio_notify.returned_command import returned
from fidelio_notify.sample_command import send_sample
from fidelio_notify.send_command import send
from fidelio_notify.settings import NotifySettings
from fidelio_notify.simulate_command import simulate
from fidelio_notify.stores import INDEXES
from fidelio_notify.unwanted_commands import unwanted
from fidelio_notify.uplift_command import uplift
from fidelio_notify.webhooks_command import webhooks_commands
from fidelio_shared.access.keys_command import keys_commands
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.exemptions import exemption_command
from fidelio_shared.storage.init_command import Clock, Epoch, initialise_database
from fidelio_shared.storage.mongo import Database, connect


def _connect() -> Database:
    settings = read_settings(NotifySettings)
    return connect(settings.mongo_uri.get_secret_value(), settings.notify_database)


main = typer.Typer(no_args_is_help=True, help="Contacts the right customer once, or says why not.")
main.add_typer(playbooks, name="playbooks")
main.add_typer(unwanted, name="unwanted")
main.add_typer(keys_commands("fidelio-notify", _connect), name="keys")
main.add_typer(webhooks_commands(_connect, lambda: read_settings(NotifySettings).webhook_reach), name="webhooks")
main.command()(uplift)
main.command()(returned)
main.command()(preview)
main.command()(send)
main.command()(simulate)
main.command("test-send")(send_sample)
main.add_typer(masses, name="masses")


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
    with plain_errors(PlaybooksError, LettersError):
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
