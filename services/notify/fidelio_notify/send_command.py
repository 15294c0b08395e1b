"""`fidelio-notify send`: a playbook to everybody in a segment, once."""

import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from fidelio_notify.adapters.mongo_masses import Asked
from fidelio_notify.databases import Opened, with_database
from fidelio_notify.domain.playbooks.model import Playbook, Playbooks
from fidelio_notify.domain.requests import Request
from fidelio_notify.keys import read_keys
from fidelio_notify.looking import found_playbook, look_through, read_now, read_partitions
from fidelio_notify.preview_command import PlaybookName
from fidelio_notify.sending import Trial, store_all, tried
from fidelio_notify.stores import Stores
from fidelio_notify.typed_text import bounded
from fidelio_shared.messaging.errors import Halted

_REQUEST = re.compile(r"[0-9a-f]{32}")
_SEGMENT = re.compile(r"[a-z][a-z0-9_]{0,63}")


def send(
    playbook: PlaybookName,
    segment: Annotated[str, typer.Argument(help="everybody whose card says that they are in it")],
    *,
    by: Annotated[str, typer.Option(help="your name, as others are to read it")],
    is_dry: Annotated[bool, typer.Option("--dry-run", help="count what would become of it; stores nothing")] = False,
    most: Annotated[int | None, typer.Option(min=1, help="with --dry-run: look at so many people only")] = None,
    request: Annotated[str | None, typer.Option(help="go on with this one, which was cut short")] = None,
) -> None:
    """Send a playbook to everybody in a segment, once, through the same gates as everything.

    It goes out at the rate of mass causes, behind all other messages; where it concerns many, when somebody else than
    you approves it (`masses approve`). Repeated with the same --request it adds nothing twice.
    """
    name = bounded(by, "--by")
    if not _SEGMENT.fullmatch(segment):
        raise typer.BadParameter("a segment is named in small letters, digits and _, such as loyal")
    if request is not None and not _REQUEST.fullmatch(request):
        raise typer.BadParameter("a request has 32 of the characters 0-9 and a-f")
    if most is not None and not is_dry:
        raise typer.BadParameter("--most goes with --dry-run only")

    async def work(opened: Opened) -> Sequence[str]:
        playbooks = await opened.playbooks_in_use()
        wanted = found_playbook(playbooks, playbook)
        if is_dry:
            return await _try(opened, playbooks, wanted, segment, most)
        return await _send(opened, playbooks, wanted, Asked(name, playbook, segment), request)

    for line in with_database(work):
        typer.echo(line)


async def _try(
    opened: Opened, playbooks: Playbooks, playbook: Playbook, segment: str, most: int | None
) -> Sequence[str]:
    looking = await look_through(opened, playbooks)
    asked = Request(secrets.token_hex(16), playbook, segment, looking.now)
    total = await _count(looking.stores, segment)
    with _progress() as progress:
        task = progress.add_task("people", total=min(total, most or total))
        trial = await tried(looking, playbooks, asked, most=most, told=lambda count: progress.advance(task, count))
    return list(_trial_lines(trial, total))


async def _send(
    opened: Opened, playbooks: Playbooks, playbook: Playbook, asked: Asked, request: str | None
) -> Sequence[str]:
    stores = Stores.of(opened.database, read_keys(opened.settings).suppressor)
    partitions = await read_partitions(opened.settings.kafka)
    total = await _count(stores, asked.segment)
    wanted = Request(request or secrets.token_hex(16), playbook, asked.segment, await read_now(opened.settings))
    mass = await stores.masses.ask(wanted.mass, asked, at=wanted.at)
    if mass.asked is None or (mass.asked.playbook, mass.asked.segment) != (asked.playbook, asked.segment):
        raise Halted(f"request {wanted.id} is another one; leave --request out to begin anew")
    typer.echo(f"request {wanted.id}; where this is cut short, go on with --request {wanted.id}", err=True)
    begun = Request(wanted.id, playbook, asked.segment, mass.first_at)
    with _progress() as progress:
        task = progress.add_task("people", total=total)
        await store_all(stores, playbooks, begun, partitions, told=lambda count: progress.advance(task, count))
    return await _told(stores, playbooks, begun)


async def _count(stores: Stores, segment: str) -> int:
    count = await stores.cards.count_in_segment(segment)
    if not count:
        raise Halted(f"nobody is in a segment {segment}; `fidelio-scoring segments list` names those that there are")
    return count


async def _told(stores: Stores, playbooks: Playbooks, request: Request) -> Sequence[str]:
    policy = playbooks.policy
    stored = (await stores.decisions.playbooks_of_mass(request.mass, up_to=policy.mass_threshold)).values()
    found = f"request {request.id}: {request.playbook.name} to {request.segment}"
    if sum(stored) < policy.mass_threshold:
        return [f"{found}; {sum(stored)} decisions are released at {policy.mass_per_second:g} a second"]
    said = f"fidelio-notify masses approve {request.mass} --by NAME"
    return [f"{found}; of {policy.mass_threshold} decisions or more, it waits: somebody else approves it by {said}"]


def _trial_lines(trial: Trial, total: int) -> Iterator[str]:
    of_all = "" if trial.people >= total else f" of {total}, a sample"
    yield f"{trial.people} people{of_all}; stored nothing. Each was judged alone, without other messages that wait."
    for what, counts in (
        ("sent now by", trial.sent),
        ("put off by gate", trial.put_off),
        ("suppressed by gate", trial.suppressed),
    ):
        for name, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
            yield f"  {f'{what} {name}':<40} {count:>9}"


def _progress() -> Progress:
    return Progress(console=Console(stderr=True))
