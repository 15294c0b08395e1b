"""Fidelio at work: a real Kafka, a real MongoDB, all services, and what 23,570 real customers bought.

Everything runs on this machine and is gone afterwards. It takes a few minutes.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from fidelio_deploy.demo.cdnow import FILE_ENDS, FIRST_YEAR_ENDS, Purchase, locate_cdnow, read_purchases
from fidelio_deploy.demo.performance import Script, perform
from fidelio_deploy.demo.report import AFTERWARDS, print_report, print_whereabouts
from fidelio_deploy.demo.story import Entry, origins, tell, write
from fidelio_deploy.interrupts import run_interruptibly
from fidelio_deploy.replay.command import instant_of
from fidelio_deploy.stack import Stack, running_stack

WIDTH_OF_A_FILE = 132
PLAYBOOKS = Path(__file__).with_name("playbooks.yaml")

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help=__doc__)
def demo(
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Replay no further; default: all, to 1998-06-30.")
    ] = None,
    cutoff: Annotated[
        str | None, typer.Option(metavar="DATE", help="Judge the scores of this day; default: 1997-12-31.")
    ] = None,
    customers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first so many customers.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Stay up afterwards, until Ctrl-C.")] = False,
) -> None:
    purchases = first_customers(read_purchases(locate_cdnow()), customers)
    story = tell(purchases)
    console = _console()
    with ExitStack() as block:
        home = Path(block.enter_context(TemporaryDirectory(prefix="fidelio-demo-")))
        script = Script(
            history=home / "history.ndjson",
            purchases=purchases,
            cutoff=instant_of(cutoff) if cutoff else FIRST_YEAR_ENDS,
            until=instant_of(until) if until else FILE_ENDS,
        )
        write(story, script.history)
        console.print(f"Starting Kafka, MongoDB and Fidelio's services, to replay {len(purchases):,} real purchases.")
        stack = block.enter_context(running_stack(home / "stack", clock="stream", playbooks_file=PLAYBOOKS))
        run_interruptibly(_play(stack, script, story, console, keep=keep))
    console.print(AFTERWARDS, highlight=False, soft_wrap=True)


def first_customers(purchases: Sequence[Purchase], count: int | None) -> tuple[Purchase, ...]:
    """By customer id; all of them without a count."""
    kept = set(sorted({each.customer for each in purchases})[:count])
    return tuple(each for each in purchases if each.customer in kept)


async def _play(stack: Stack, script: Script, story: Sequence[Entry], console: Console, *, keep: bool) -> None:
    shown = origins(story, until=script.until)
    performance = await perform(stack, script, console, records=sum(shown.values()))
    print_report(console, performance, shown, Path(stack.addresses.mailbox))
    if keep:
        print_whereabouts(console, stack.addresses, script.history.parent / "stack")
        await asyncio.Event().wait()


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_OF_A_FILE)
