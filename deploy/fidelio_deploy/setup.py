"""`python -m fidelio_deploy.setup`: topics and databases in a Kafka and a MongoDB that run elsewhere."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from fidelio_deploy.errors import StackError
from fidelio_deploy.services import create_databases
from fidelio_deploy.topics import ensure_topics, kafka_settings
from fidelio_shared.contracts.channels import ChannelsError, read_channels
from fidelio_shared.contracts.topics import topics_for

app = typer.Typer(add_completion=False)


@app.command()
def setup(
    *,
    epoch: Annotated[int, typer.Option(envvar="FIDELIO_EPOCH", help="Numbering; larger only after a restore.")],
    clock: Annotated[str, typer.Option(envvar="FIDELIO_CLOCK", help="wall, or stream for replayed history.")] = "wall",
    partitions: Annotated[int, typer.Option(min=1, help="Of every keyed topic, for good.")] = 12,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each partition; in production 3.")] = 1,
    min_isr: Annotated[int, typer.Option(min=1, help="Copies that must confirm a write; in production 2.")] = 1,
    channels_file: Annotated[Path | None, typer.Option(envvar="FIDELIO_CHANNELS_FILE")] = None,
) -> None:
    """Create what is missing where FIDELIO_KAFKA__… and FIDELIO_MONGO_URI point to. Harmless when repeated."""
    table, kafka = topics_for(read_channels(channels_file)), kafka_settings(os.environ)
    created = asyncio.run(ensure_topics(kafka, table, partitions=partitions, replication=replication, min_isr=min_isr))
    create_databases({}, clock=clock, epoch=epoch)
    typer.echo(f"topics created: {len(created)}; databases are initialised")


def main() -> None:
    try:
        app()
    except (StackError, ChannelsError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
