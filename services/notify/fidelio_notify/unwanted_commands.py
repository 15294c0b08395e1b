"""`fidelio-notify unwanted`: the suppression list, as a person looks at it and changes it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_notify.databases import Opened, with_database
from fidelio_notify.domain.typed_addresses import NoAddress, address_of
from fidelio_notify.domain.unwanted import WHYS, Unwanted
from fidelio_notify.keys import read_keys
from fidelio_notify.times import Times
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.storage.suppression import check_suppression

T = TypeVar("T")
unwanted = typer.Typer(no_args_is_help=True, help="Addresses that are not to be written to.")
Address = Annotated[str, typer.Argument(help="an e-mail address, or a phone number with its country, such as +33 6 …")]
Reason = Annotated[str, typer.Option(help="kept with who took it off the list, such as: a new consent by letter")]
By = Annotated[str, typer.Option(help="who says so")]


@unwanted.command()
def add(address: Address, why: Annotated[str, typer.Option(help=", ".join(WHYS))] = "unsubscribed") -> None:
    """Write to this address no more. One that is listed for as grave a reason stays as it is."""
    if why not in WHYS:
        raise typer.BadParameter(f"why is one of {', '.join(WHYS)}")
    told, listed = Unwanted(why, Times("wall").wall()), _read(address)
    _with_list(lambda store: store.add([listed], told))
    typer.echo("added: it is not written to any more")


@unwanted.command()
def remove(address: Address, reason: Reason, by: By) -> None:
    """Let an address be written to again; exits with 1 where it is not on the list."""
    if not reason.strip() or not by.strip():
        raise typer.BadParameter("who takes an address off the list, and why, is kept; say both")
    listed = _read(address)
    if not _with_list(lambda store: store.remove(listed, by=by, reason=reason)):
        typer.echo("it is not on the list", err=True)
        raise typer.Exit(1)
    typer.echo("removed: it may be written to again, where the person's consent says so")


@unwanted.command()
def check(address: Address) -> None:
    """Say whether an address is on the list, since when and why; exits with 1 where it is."""
    listed = _read(address)
    found = _with_list(lambda store: store.of([listed])).get(listed.value)
    if found is None:
        typer.echo("it is not on the list")
        return
    by = f", by the answer to decision {found.decision}" if found.decision else ""
    typer.echo(f"{found.why} since {instant(found.since)}{by}")
    raise typer.Exit(1)


def _read(address: str) -> Identifier:
    try:
        return address_of(address)
    except NoAddress as error:
        raise typer.BadParameter(str(error)) from error


def _with_list(work: Callable[[MongoUnwanted], Awaitable[T]]) -> T:
    async def run(opened: Opened) -> T:
        suppressor = read_keys(opened.settings).suppressor
        await check_suppression(opened.database.unwanted, suppressor)
        return await work(MongoUnwanted(opened.database, suppressor))

    return with_database(run)
