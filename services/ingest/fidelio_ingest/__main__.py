"""`fidelio-ingest run`."""

import typer
import uvloop

from fidelio_ingest.app import run as run_ingest
from fidelio_ingest.settings import IngestSettings
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs

main = typer.Typer(no_args_is_help=True, help="Checks and normalises what channel systems publish.")


@main.callback()
def _commands() -> None:
    """Settings come from the environment, as FIDELIO_…; see the README."""


@main.command()
def run() -> None:
    """Consume channels.*, publish interactions, and serve the HTTP door, until stopped."""
    configure_logs("ingest")
    settings = read_settings(IngestSettings)
    with plain_errors():
        raise typer.Exit(uvloop.run(run_ingest(settings)))


if __name__ == "__main__":
    main()
