"""Fidelio on this machine, with a real Kafka and a real MongoDB, without Docker."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fidelio_deploy.addresses import FILE_NAME, StackAddresses, read_addresses, withdraw
from fidelio_deploy.background import delete_data, start_in_background, stop_in_background
from fidelio_deploy.choices import kept_choices
from fidelio_deploy.errors import StackError
from fidelio_deploy.ownership import living_owner
from fidelio_deploy.processes import last_lines
from fidelio_deploy.stack import running_stack
from fidelio_deploy.status import parts_of
from fidelio_deploy.topics import ensure_topics, kafka_settings
from fidelio_shared.contracts.channels import ChannelsError, read_channels
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.contracts.topics import topics_for

EXIT_NOT_UP = 3

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, help=__doc__)

Directory = Annotated[Path, typer.Option(help="Where data, logs and addresses are kept.")]
Clock = Annotated[ClockKind, typer.Option(help="Time as it passes, or as the replayed records say.")]
Epoch = Annotated[int | None, typer.Option(help="Epoch of new databases; default: now, in Unix seconds.")]
Partitions = Annotated[int, typer.Option(min=1, help="Partitions of every keyed topic; fixed at creation.")]
Services = Annotated[bool, typer.Option("--services/--no-services", help="Start the services, or only what they need.")]
ChannelsFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Channels other than the usual.")]


@app.command()
def up(
    directory: Directory = Path(".fidelio"),
    *,
    clock: Clock = "wall",
    epoch: Epoch = None,
    partitions: Partitions = 12,
    services: Services = True,
    channels_file: ChannelsFile = None,
) -> None:
    """Start everything, wait until it is ready, and leave it running."""
    kept_choices(directory, clock=clock, epoch=epoch, partitions=partitions)
    if owner := living_owner(directory):
        if not (addresses := read_addresses(directory)):
            raise StackError(f"process {owner.pid} is starting or stopping this stack; see {directory}/logs/stack.log")
        typer.echo("already up")
        _show(directory, addresses)
        return
    arguments = ["--clock", clock, "--partitions", str(partitions), "--services" if services else "--no-services"]
    arguments += ["--epoch", str(epoch)] if epoch is not None else []
    arguments += ["--channels-file", str(channels_file)] if channels_file else []
    _show(directory, start_in_background(directory, tuple(arguments)))


@app.command()
def run(
    directory: Directory = Path(".fidelio"),
    *,
    clock: Clock = "wall",
    epoch: Epoch = None,
    partitions: Partitions = 12,
    services: Services = True,
    channels_file: ChannelsFile = None,
) -> None:
    """Start everything and stay in the foreground until Ctrl-C or SIGTERM, then stop everything."""
    with running_stack(
        directory, clock=clock, epoch=epoch, partitions=partitions, services=services, channels_file=channels_file
    ):
        typer.echo("everything is ready; Ctrl-C stops it", err=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


@app.command()
def down(
    directory: Directory = Path(".fidelio"),
    purge: Annotated[bool, typer.Option("--purge", help="Delete the data too.")] = False,
) -> None:
    """Stop everything that `up` started."""
    if owner := living_owner(directory):
        stop_in_background(owner)
        typer.echo("stopped")
    else:
        typer.echo("nothing is up")
    withdraw(directory)
    if purge:
        delete_data(directory)
        typer.echo(f"data in {directory} deleted")


@app.command()
def status(directory: Directory = Path(".fidelio")) -> None:
    """Ask every part whether it is ready. Exit code 0: all are; 1: some are not; 3: nothing is up."""
    addresses = read_addresses(directory)
    if not living_owner(directory) or not addresses:
        typer.echo("nothing is up")
        raise typer.Exit(EXIT_NOT_UP)
    if not _show(directory, addresses):
        raise typer.Exit(1)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="Which log: stack, kafka, mongod, mail, or a service process.")],
    directory: Directory = Path(".fidelio"),
    lines: Annotated[int, typer.Option(min=1, help="How many lines from the end.")] = 50,
) -> None:
    """Print the end of one log."""
    found = {file.stem: file for file in directory.glob("*/*.log")}
    if name not in found:
        raise StackError(f"no log named {name} in {directory}; there are: {', '.join(sorted(found)) or 'none'}")
    typer.echo("\n".join(last_lines(found[name], count=lines)))


@app.command()
def topics(
    partitions: Partitions = 12,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each partition; in production 3.")] = 1,
    min_isr: Annotated[int, typer.Option(min=1, help="Copies that must confirm a write; in production 2.")] = 1,
    channels_file: ChannelsFile = None,
) -> None:
    """Create the topics that are missing in the Kafka that FIDELIO_KAFKA__BOOTSTRAP_SERVERS names."""
    table = topics_for(read_channels(channels_file))
    kafka = kafka_settings(os.environ)
    created = asyncio.run(ensure_topics(kafka, table, partitions=partitions, replication=replication, min_isr=min_isr))
    typer.echo(f"created: {', '.join(created)}" if created else "nothing is missing")


def main() -> None:
    try:
        app()
    except (StackError, ChannelsError) as error:
        typer.echo(f"fidelio-stack: {error}", err=True)
        sys.exit(1)


def _show(directory: Path, addresses: StackAddresses) -> bool:
    """Prints what listens where; whether all of it is ready."""
    table = Table("part", "address", "state")
    parts = tuple(parts_of(addresses))
    for part in parts:
        table.add_row(part.name, part.address, "ready" if part.is_answering else "not ready")
    Console().print(table)
    typer.echo(f"addresses and API key: {directory / FILE_NAME}; mail that was sent: {addresses.mailbox}")
    return all(part.is_answering for part in parts)


if __name__ == "__main__":
    main()
