"""Publish recorded history, and advance the stream clock as it goes.

FILE has one interaction a line, as POST /v1/interactions takes it, sorted by occurred_at. Without FILE only the
clock is advanced: everything up to --until has then been published.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from fidelio_deploy import choices
from fidelio_deploy.addresses import read_addresses
from fidelio_deploy.errors import StackError
from fidelio_deploy.replay.history import MILLISECOND, Step, in_steps, measured, read_history
from fidelio_deploy.replay.pace import pace_of
from fidelio_deploy.replay.progress import counted, shown_progress
from fidelio_deploy.replay.replaying import replay_into

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True)
class Target:
    """Where a replay goes. Without URLs of scoring and notify nothing waits for them."""

    kafka: str
    processes: Mapping[str, str]


def instant_of(text: str) -> datetime:
    """A day means its last millisecond in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no time; write 1997-12-31 or 1997-12-31T18:00:00Z") from error
    if at.tzinfo:
        return at
    if len(text) > len("1997-12-31"):
        raise typer.BadParameter(f"{text} has no time zone; add Z for UTC")
    return at.replace(tzinfo=UTC) + timedelta(days=1) - MILLISECOND


@app.command(help=__doc__)
def replay(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, metavar="[FILE]", help="The history, newline-delimited JSON."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Go no further; default: the last line's time.")
    ] = None,
    step_days: Annotated[
        float, typer.Option(min=0.001, help="How often the clock is advanced, in history's days.")
    ] = 1.0,
    directory: Annotated[Path, typer.Option(help="Of a stack that runs with --clock stream.")] = Path(".fidelio"),
    kafka: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Instead of --directory: a Kafka.")] = None,
) -> None:
    target = Target(kafka, {}) if kafka else _target_in(directory)
    end = instant_of(until) if until else None
    asyncio.run(_advance(target, end) if file is None else _replay(target, file, end, timedelta(days=step_days)))


def _target_in(directory: Path) -> Target:
    addresses = read_addresses(directory)
    if not addresses:
        raise StackError(f"no stack is up in {directory}; start one with fidelio-stack up --clock stream")
    kept = json.loads((directory / choices.FILE_NAME).read_text())
    if kept["clock"] != "stream":
        raise StackError(f"the stack in {directory} runs on the wall clock; history needs one with --clock stream")
    return Target(addresses.kafka, addresses.processes)


async def _replay(target: Target, file: Path, until: datetime | None, length: timedelta) -> None:
    extent = measured(each for each in read_history(file) if until is None or each.at <= until)
    if extent is None:
        raise StackError(f"{file} holds nothing up to then; there is nothing to replay")
    end = until or extent.last
    steps = in_steps(read_history(file), length=length, until=end)
    async with (
        replay_into(target.kafka, pace_of(target.processes)) as replay,
        shown_progress(Console(stderr=True), counted(target.processes), records=extent.records) as progress,
    ):
        await replay.run(steps, tell=progress.tell)
    typer.echo(f"{progress.published} interactions published; the clock stands at {end.isoformat()}")


async def _advance(target: Target, until: datetime | None) -> None:
    if until is None:
        raise StackError("name a FILE to replay, or with --until a time to advance the clock to")
    async with replay_into(target.kafka, pace_of(target.processes)) as replay:
        await replay.run([Step((), until)], tell=lambda _: None)
    typer.echo(f"the clock stands at {until.isoformat()}")
