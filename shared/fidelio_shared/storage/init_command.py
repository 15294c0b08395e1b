"""What `init` does, in every service that has a database."""

from typing import Annotated, Any

import typer
import uvloop
from pydantic import SecretStr

from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.commands import plain_errors
from fidelio_shared.storage.mongo import Deployment, connect, initialise

Epoch = Annotated[int, typer.Option(help="numbering of this database, larger after a restore; Unix seconds")]
Clock = Annotated[ClockKind, typer.Option(help="stream for replayed history")]


def initialise_database(
    uri: SecretStr, name: str, indexes: dict[str, list[Any]], *, epoch: int, clock: ClockKind
) -> None:
    """The collections and indexes are there, and the database knows its epoch and clock."""

    async def work() -> None:
        database = connect(uri.get_secret_value(), name)
        await initialise(database, Deployment(epoch, clock), indexes)
        await database.client.close()

    with plain_errors():
        uvloop.run(work())
