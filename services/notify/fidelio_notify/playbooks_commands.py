"""`fidelio-notify playbooks`: check a file, put it into use, approve what others put forward, stop and start."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from fidelio_notify.adapters.mongo_playbooks import is_same_person
from fidelio_notify.adapters.mongo_switches import EVERY_PLAYBOOK, stopped
from fidelio_notify.databases import Opened, with_database
from fidelio_notify.domain.letters.letter import LettersError
from fidelio_notify.domain.playbooks.model import Playbooks, PlaybooksError
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.playbooks_telling import differences, history_line, row, shown, switch_line, waiting_line
from fidelio_notify.reading import SHIPPED, read_templates, shipped_playbooks, text_of
from fidelio_notify.settings import NotifySettings
from fidelio_notify.typed_text import bounded
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.messaging.errors import Halted

playbooks = typer.Typer(no_args_is_help=True, help="Check, use, approve, list, stop and start playbooks.")
File = Annotated[Path, typer.Argument(help="a playbooks file", exists=True, dir_okay=False)]
By = Annotated[str, typer.Option(help="your name, as others are to read it")]
_MOST_LISTED = 20
_VERSION = re.compile(r"[a-z][a-z0-9_]*-[0-9]+-[0-9a-f]{8}")
_LONGEST_WHY = 200


@playbooks.command()
def check(file: File) -> None:
    """Read a file; what is wrong is told with its line and column."""
    _, found = _read(file)
    typer.echo(f"{found.version}: {len(found.playbooks)} playbooks")


@playbooks.command()
def use(
    file: Annotated[Path | None, typer.Argument(help="a playbooks file", exists=True, dir_okay=False)] = None,
    *,
    by: By,
    is_shipped: Annotated[bool, typer.Option("--shipped", help="those that come with this version")] = False,
) -> None:
    """Put playbooks into use; where a second person has to approve, put them forward."""
    if (file is None) is not is_shipped:
        raise typer.BadParameter("give a file, or --shipped")
    author = bounded(by, "--by")
    text, found = _read(file)

    async def work(opened: Opened) -> list[str]:
        before = await _in_use(opened)
        put_forward = await opened.playbooks.put_forward(found.version, text, by=author)
        if opened.settings.playbooks_need_approval and not put_forward.is_approved:
            return [waiting_line(put_forward), *differences(before, found)]
        await opened.playbooks.use(put_forward)
        return [_replaced(before, found), *differences(before, found)]

    _tell(with_database(work))


@playbooks.command()
def approve(version: Annotated[str, typer.Argument(help="as `list` tells it")], *, by: By) -> None:
    """Put into use what somebody else put forward. Shows what changes by it."""
    approver = bounded(by, "--by")
    if not _VERSION.fullmatch(version):
        raise typer.BadParameter("a version is a name, a number and a hash, such as shipped-1-0123abcd")

    async def work(opened: Opened) -> list[str]:
        put_forward = await opened.playbooks.find(version)
        if put_forward is None:
            raise Halted(f"nobody put {version} forward; see `playbooks list`")
        if is_same_person(approver, put_forward.by):
            raise Halted(f"{put_forward.by} put {version} forward, somebody else has to approve it")
        found = parse_playbooks(put_forward.text, file=version, templates=read_templates(opened.settings).templates)
        before = await _in_use(opened)
        await opened.playbooks.approve(version, by=approver)
        await opened.playbooks.use(await opened.playbooks.find(version) or put_forward)
        return [_replaced(before, found), *differences(before, found)]

    _tell(with_database(work))


@playbooks.command("list")
def list_playbooks() -> None:
    """The playbooks in use, those that are stopped, and the latest versions put forward."""

    async def work(opened: Opened) -> list[str]:
        in_use, switches = await opened.playbooks_in_use(), await opened.switches.all()
        put_forward = await opened.playbooks.latest(_MOST_LISTED)
        return [
            f"in use: {in_use.version}",
            *(row(each, stopped(switches)) for each in in_use.playbooks),
            *map(switch_line, switches),
            *map(history_line, put_forward),
        ]

    _tell(with_database(work))


@playbooks.command()
def stop(
    name: Annotated[str | None, typer.Argument(help="of a playbook")] = None,
    *,
    by: By,
    why: Annotated[str, typer.Option(help="what others are to know")],
    is_all: Annotated[bool, typer.Option("--all", help="nothing more is sent by any playbook")] = False,
) -> None:
    """Send nothing more by a playbook, or by any. Holds within seconds, until it is started."""
    playbook, person, reason = (
        _chosen(name, is_all),
        bounded(by, "--by"),
        bounded(why, "--why", _LONGEST_WHY),
    )

    async def work(opened: Opened) -> list[str]:
        await _refuse_unknown(opened, playbook)
        await opened.switches.stop(playbook, by=person, why=reason)
        return [f"stopped: {shown(playbook)}"]

    _tell(with_database(work))


@playbooks.command()
def start(
    name: Annotated[str | None, typer.Argument(help="of a playbook")] = None,
    *,
    is_all: Annotated[bool, typer.Option("--all", help="take back that all were stopped")] = False,
) -> None:
    """Send again by what was stopped. What was stopped by its own name has to be started by it."""
    playbook = _chosen(name, is_all)

    async def work(opened: Opened) -> list[str]:
        if not await opened.switches.start(playbook):
            raise Halted(f"{shown(playbook)} was not stopped; see `playbooks list`")
        left = await opened.switches.all()
        return [f"started: {shown(playbook)}", *(f"still stopped: {shown(each.playbook)}" for each in left)]

    _tell(with_database(work))


def _read(file: Path | None) -> tuple[str, Playbooks]:
    """As text and as read; None: the shipped one."""
    settings = read_settings(NotifySettings)
    with plain_errors(PlaybooksError, LettersError):
        text = text_of(file) if file else shipped_playbooks()
        templates = read_templates(settings).templates
        return text, parse_playbooks(text, file=str(file or SHIPPED), templates=templates)


def _tell(told: Iterable[str]) -> None:
    for line in told:
        typer.echo(line)


def _chosen(name: str | None, is_all: bool) -> str:
    if (name is None) is not is_all:
        raise typer.BadParameter("name a playbook, or say --all")
    return name or EVERY_PLAYBOOK


def _replaced(before: Playbooks | None, after: Playbooks) -> str:
    return f"in use: {after.version}, before: {before.version if before else 'unknown'}"


async def _in_use(opened: Opened) -> Playbooks | None:
    """None where this version cannot read them: they are to be replaced."""
    try:
        return await opened.playbooks_in_use()
    except PlaybooksError as error:
        typer.echo(f"what was in use cannot be read: {error}", err=True)
        return None


async def _refuse_unknown(opened: Opened, playbook: str) -> None:
    """Where it cannot be told which playbooks there are, anything may be stopped."""
    found = await _in_use(opened)
    if found and playbook != EVERY_PLAYBOOK and found.playbook(playbook) is None:
        raise Halted(f"there is no playbook {playbook} in {found.version}; see `playbooks list`")
