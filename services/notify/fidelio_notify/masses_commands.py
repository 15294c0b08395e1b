"""`fidelio-notify masses`: what concerns so many people that a person has to say yes first."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import typer

from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore
from fidelio_notify.adapters.mongo_masses import Mass, MongoMassStore
from fidelio_notify.adapters.mongo_playbooks import is_same_person
from fidelio_notify.databases import Opened, with_database
from fidelio_notify.times import Times
from fidelio_notify.typed_text import bounded
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.messaging.errors import Halted

masses = typer.Typer(no_args_is_help=True, help="List, approve and refuse what concerns very many people.")
Name = Annotated[str, typer.Argument(help="as `list` tells it")]
By = Annotated[str, typer.Option(help="your name, as others are to read it")]
_MOST_LISTED = 50
_MOST_COUNTED = 1_000_000


@masses.command("list")
def list_masses(
    *, is_all: Annotated[bool, typer.Option("--all", help="the latest that were decided, too")] = False
) -> None:
    """What waits for a person: since when, how many decisions, of which playbooks."""

    async def work(opened: Opened) -> Sequence[str]:
        threshold = (await opened.playbooks_in_use()).policy.mass_threshold
        found = await MongoMassStore(opened.database).latest()
        lines = [line async for line in _lines(opened, found, threshold, is_all=is_all)]
        return lines or ["nothing waits for a person"]

    _tell(with_database(work))


@masses.command()
def approve(name: Name, *, by: By) -> None:
    """Let it be sent, at the rate of mass causes. Whoever asked for it cannot."""
    person = bounded(by, "--by")

    async def work(opened: Opened) -> Sequence[str]:
        mass = await _found(opened, name)
        if mass.is_approved is False:
            raise Halted(f"{mass.by} refused {name}, and its decisions are closed; send it anew")
        if mass.asked and is_same_person(mass.asked.by, person):
            raise Halted(f"{mass.asked.by} asked for {name}, somebody else has to approve it")
        await _say(opened, name, person, is_approved=True)
        return [f"approved: {name}; it is released from now on"]

    _tell(with_database(work))


@masses.command()
def refuse(name: Name, *, by: By) -> None:
    """Send nothing more of it: all of its decisions that are open are closed. This cannot be taken back."""
    person = bounded(by, "--by")

    async def work(opened: Opened) -> Sequence[str]:
        await _found(opened, name)
        await _say(opened, name, person, is_approved=False)
        return [f"refused: {name}; what is still open of it is closed"]

    _tell(with_database(work))


async def _lines(opened: Opened, found: Sequence[Mass], threshold: int, *, is_all: bool) -> AsyncIterator[str]:
    told = 0
    for mass in found:
        if told == _MOST_LISTED:
            yield f"only {_MOST_LISTED} are told"
            return
        if mass.is_approved is not None and not is_all:
            continue
        counts = await MongoDecisionStore(opened.database).playbooks_of_mass(mass.name, up_to=_MOST_COUNTED)
        total = sum(counts.values())
        if is_all or not mass.is_whole or total >= threshold:
            told += 1
            asked = f", asked for by {mass.asked.by} for {mass.asked.segment}" if mass.asked else ""
            yield f"{mass.name}: {_state(mass, total, threshold)}, since {instant(mass.first_at)}{asked}"
            for playbook, count in sorted(counts.items()):
                yield f"  {playbook:<40} {count:>9} decisions"


def _state(mass: Mass, total: int, threshold: int) -> str:
    if mass.is_approved is not None:
        return f"{'approved' if mass.is_approved else 'refused'} by {mass.by}"
    if not mass.is_whole:
        return "is not stored to its end"
    return "waits" if total >= threshold else "needs nobody's word"


async def _found(opened: Opened, name: str) -> Mass:
    found = await MongoMassStore(opened.database).find(name)
    if found is None:
        raise Halted(f"there is no mass cause {name[:80]}; see `masses list`")
    return found


async def _say(opened: Opened, name: str, person: str, *, is_approved: bool) -> None:
    store = MongoMassStore(opened.database)
    if not await store.say(name, is_approved=is_approved, by=person, at=Times("wall").wall()):
        raise Halted(f"{name} was refused before; nothing of it is open any more")


def _tell(told: Sequence[str]) -> None:
    for line in told:
        typer.echo(line)
