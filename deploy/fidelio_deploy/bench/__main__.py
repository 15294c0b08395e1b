"""`fidelio-bench`: what a machine makes of Fidelio. Judged by ratios, processor time and memory, never by speed."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer
from rich.console import Console

from fidelio_deploy.bench.following import SCORING, STAGES
from fidelio_deploy.bench.path import measure_path
from fidelio_deploy.bench.report import Machine, Results, as_json, table
from fidelio_deploy.bench.series import Figures
from fidelio_deploy.bench.stages import filled_stack, measure_stages
from fidelio_deploy.bench.view import View, measure_view
from fidelio_deploy.bench.workload import Workload, make_workload
from fidelio_deploy.errors import StackError
from fidelio_deploy.files import write_whole
from fidelio_shared.messaging.errors import Halted, Unavailable

EVENTS, QUICK_EVENTS = 100_000, 10_000
HALF_LOAD_SECONDS, QUICK_SECONDS = 40.0, 10.0
WIDTH = 150

app = typer.Typer(add_completion=False, rich_markup_mode=None)
What = Literal["all", "ingest", "resolve", "fold", "scoring", "view", "path"]


@app.command(help=__doc__)
def bench(
    *,
    events: Annotated[
        int | None, typer.Option(min=8_000, help=f"Interactions to send; {EVENTS:,} unless quick.")
    ] = None,
    stage: Annotated[
        What, typer.Option(help="One stage, after those whose output it needs, or the whole path.")
    ] = "all",
    json: Annotated[Path, typer.Option(help="Where everything that was measured is written.")] = Path(
        ".fidelio/bench.json"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of it, for a look.")] = False,
) -> None:
    count = events or (QUICK_EVENTS if quick else EVENTS)
    results = _measure(count, stage, half_load_seconds=QUICK_SECONDS if quick else HALF_LOAD_SECONDS)
    write_whole(json, as_json(results).decode())
    Console(width=WIDTH).print(table(results))
    typer.echo(f"everything that was measured: {json}")


def main() -> None:
    try:
        app()
    except (StackError, Unavailable, Halted) as error:
        typer.echo(f"fidelio-bench: {error}", err=True)
        sys.exit(1)


def _measure(events: int, what: What, *, half_load_seconds: float) -> Results:
    _refuse_servers_of_others()
    load_before = os.getloadavg()[0]
    workload = make_workload(events, until=datetime.fromtimestamp(time.time(), UTC))
    with TemporaryDirectory(prefix="fidelio-bench-") as home:
        stages, view = _measure_stages(workload, Path(home, "stages"), what) if what != "path" else ({}, None)
        is_whole = what in ("all", "path")
        path = measure_path(workload, Path(home, "path"), half_load_seconds=half_load_seconds) if is_whole else None
    machine = Machine(os.cpu_count() or 1, load_before, os.getloadavg()[0])
    return Results(machine, events, stages, path, view)


def _measure_stages(workload: Workload, home: Path, what: What) -> tuple[dict[str, Figures], View | None]:
    last = next((each for each in STAGES if each.name == what), SCORING)
    with filled_stack(workload, home) as filled:
        stages = measure_stages(filled, workload.events, last=last)
        return stages, measure_view(filled, workload) if what in ("all", "view") else None


def _refuse_servers_of_others() -> None:
    for name in ("FIDELIO_KAFKA", "FIDELIO_MONGO"):
        if os.environ.get(name):
            raise StackError(f"{name} names a server; unset it: only those that the bench starts can be measured")


if __name__ == "__main__":
    main()
