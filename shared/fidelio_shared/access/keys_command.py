"""`keys` of a service's command: who may ask its API for what."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
import uvloop

from fidelio_shared.access.keys import BOOTSTRAP, SCOPES
from fidelio_shared.access.mongo_keys import MongoKeyStore, StoredKey
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.messaging.commands import plain_errors
from fidelio_shared.storage.mongo import Database

T = TypeVar("T")
Connect = Callable[[], Database]
Name = Annotated[str, typer.Argument(help="who asks with it; access records say so")]
Scopes = Annotated[list[str], typer.Option(help=f"what it opens: {', '.join(SCOPES)}; may be repeated")]
Ended = Annotated[str, typer.Argument(help="whose key ends; within seconds it opens nothing")]
_LONGEST_NAME = 64


def keys_commands(service: str, connect: Connect) -> typer.Typer:
    """`service`: the command that they are part of. `connect`: to its database, called within an event loop."""
    keys = typer.Typer(no_args_is_help=True, help="Create, list and revoke keys of the API.")

    @keys.command()
    def create(name: Name, scope: Scopes) -> None:
        """Print a new key. It is kept nowhere and shown this once."""
        _create(connect, name, scope)

    @keys.command("list")
    def list_keys() -> None:
        """Names, scopes and times of all keys; the keys themselves are not known."""
        for each in _with_store(connect, lambda store: store.listing()):
            typer.echo(_line(each))

    @keys.command()
    def revoke(name: Ended) -> None:
        """End a key."""
        if not _with_store(connect, lambda store: store.revoke(name)):
            typer.echo(f"{name} has no valid key; see `{service} keys list`", err=True)
            raise typer.Exit(1)
        typer.echo(f"revoked: {name}")

    return keys


def _create(connect: Connect, name: str, scope: list[str]) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or name == BOOTSTRAP:
        raise typer.BadParameter(f"a name has 1 to {_LONGEST_NAME} characters and is not {BOOTSTRAP}")
    if unknown := sorted(set(scope) - set(SCOPES)):
        raise typer.BadParameter(f"unknown scope {unknown[0]}; choose from {', '.join(SCOPES)}")
    created = _with_store(connect, lambda store: store.create(name, [each for each in SCOPES if each in scope]))
    if created is None:
        typer.echo(f"{name} has a key already; revoke it first, or take another name", err=True)
        raise typer.Exit(1)
    typer.echo(created)


def _line(stored: StoredKey) -> str:
    end = f"revoked {instant(stored.revoked_at)}" if stored.revoked_at else "valid"
    scopes = ",".join(sorted(stored.key.scopes))
    return f"{stored.key.name}  {scopes}  created {instant(stored.created_at)}  {end}"


def _with_store(connect: Connect, work: Callable[[MongoKeyStore], Awaitable[T]]) -> T:
    async def run() -> T:
        database = connect()
        try:
            return await work(MongoKeyStore(database))
        finally:
            await database.client.close()

    with plain_errors():
        return uvloop.run(run())
