"""`fidelio-notify webhooks`: who is told of what is decided and sent."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, TypeVar

import typer
import uvloop

from fidelio_notify.adapters.mongo_webhooks import MongoWebhookStore, TooManyWebhooks
from fidelio_notify.domain.addresses import Hostile, Reach
from fidelio_notify.domain.webhooks import EVENT_TYPES, SECRET_BYTES, new_secret, subscribe
from fidelio_shared.messaging.commands import plain_errors
from fidelio_shared.storage.mongo import Database

T = TypeVar("T")
Connect = Callable[[], Database]
Url = Annotated[str, typer.Argument(help="where events are posted: https, on the public internet")]
Types = Annotated[list[str], typer.Option("--type", help="may be repeated; all of them where none is named")]
Known = Annotated[str, typer.Argument(help="as `list` shows it")]


def webhooks_commands(connect: Connect, read_reach: Callable[[], Reach]) -> typer.Typer:
    """`connect`: to the service's database, called within an event loop."""
    webhooks = typer.Typer(no_args_is_help=True, help="Add, list and remove subscribers of notifications.")

    @webhooks.command()
    def add(url: Url, types: Types = sorted(EVENT_TYPES)) -> None:
        """Print the subscriber's id and secret. The secret is shown this once."""
        with plain_errors(Hostile, ValueError):
            added = subscribe(url, types=types, reach=read_reach(), random_bytes=secrets.token_bytes(SECRET_BYTES))
        _with_store(connect, lambda store: store.add(added))
        typer.echo(f"{added.webhook}  {added.secrets[0]}")

    @webhooks.command("list")
    def list_webhooks() -> None:
        """All of them, with what they want and how often they failed since something was last delivered."""
        for each in _with_store(connect, lambda store: store.listing()):
            state = f"disabled: {each.disabled}" if each.disabled else f"{each.failures} failures"
            typer.echo(f"{each.webhook}  {each.url}  {','.join(sorted(each.types))}  {state}")

    @webhooks.command("change-secret")
    def change_secret(webhook: Known) -> None:
        """Print a new secret. Both sign until the next change: give the subscriber time."""
        found = next(
            (each for each in _with_store(connect, lambda store: store.listing()) if each.webhook == webhook), None
        )
        if found is None:
            typer.echo("there is no such webhook; see `webhooks list`", err=True)
            raise typer.Exit(1)
        new = new_secret(secrets.token_bytes(SECRET_BYTES))
        _with_store(connect, lambda store: store.change(replace(found, secrets=(new, found.secrets[0]))))
        typer.echo(new)

    @webhooks.command()
    def remove(webhook: Known) -> None:
        """And all that it is still owed."""
        if not _with_store(connect, lambda store: store.remove(webhook)):
            typer.echo("there is no such webhook; see `webhooks list`", err=True)
            raise typer.Exit(1)
        typer.echo(f"removed: {webhook}")

    return webhooks


def _with_store(connect: Connect, work: Callable[[MongoWebhookStore], Awaitable[T]]) -> T:
    async def run() -> T:
        database = connect()
        try:
            return await work(MongoWebhookStore(database))
        finally:
            await database.client.close()

    with plain_errors(TooManyWebhooks):
        return uvloop.run(run())
