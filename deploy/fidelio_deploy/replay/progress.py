"""How far a replay is, shown while it runs: what was published, and what the services say that they did with it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from fidelio_deploy.metrics import MetricsPage, total
from fidelio_deploy.replay.history import Step

POLL_SECONDS = 0.5
LINE_SECONDS = 10.0


@dataclass(frozen=True)
class Counted:
    """A number that a service process keeps."""

    label: str
    page: MetricsPage
    counter: str


def counted(processes: Mapping[str, str]) -> tuple[Counted, ...]:
    """By the base URLs of the processes; of those that are not named nothing is shown."""
    known = (
        ("accepted by ingest", "ingest", "ingest_interactions_total"),
        ("folded into profiles", "profile-fold", "profile_folded_records_total"),
        ("scored", "scoring", "scoring_snapshots_total"),
    )
    return tuple(
        Counted(label, MetricsPage(processes[name]), counter) for label, name, counter in known if name in processes
    )


@dataclass
class ReplayProgress:
    """Bars on a terminal, now and then a line in a file. Counters that stood at something before start at 0 here."""

    console: Console
    counted: tuple[Counted, ...]
    records: int
    bars: Progress
    tasks: Mapping[str, TaskID]
    before: Mapping[str, int]
    published: int = 0
    said_at: float = field(default_factory=time.monotonic)

    def tell(self, step: Step) -> None:
        self.published += len(step.records)
        self.bars.update(
            self.tasks["published"], completed=self.published, description=f"published, now {step.to:%Y-%m-%d}"
        )
        if not self.console.is_terminal and time.monotonic() - self.said_at > LINE_SECONDS:
            self.said_at = time.monotonic()
            self.console.print(f"{step.to:%Y-%m-%d}: {self.published:,} of {self.records:,} published")

    async def count(self) -> None:
        for each in self.counted:
            if samples := await each.page.read():
                now = total(samples, each.counter) - self.before[each.label]
                self.bars.update(self.tasks[each.label], completed=now)

    async def count_until_cancelled(self) -> None:
        while True:
            await self.count()
            await asyncio.sleep(POLL_SECONDS)

    def complete(self) -> None:
        """What is not there now will not come: it was refused, or known already."""
        for task in self.bars.tasks:
            self.bars.update(task.id, total=task.completed)


@asynccontextmanager
async def shown_progress(console: Console, what: tuple[Counted, ...], *, records: int) -> AsyncIterator[ReplayProgress]:
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:>7,.0f}"),
        TimeElapsedColumn(),
        console=console,
    )
    tasks = {label: bars.add_task(label, total=records) for label in ("published", *(each.label for each in what))}
    before = {each.label: total(await each.page.read() or {}, each.counter) for each in what}
    progress = ReplayProgress(console, what, records, bars, tasks, before)
    with bars:
        counting = asyncio.create_task(progress.count_until_cancelled())
        try:
            yield progress
            await progress.count()
            progress.complete()
        finally:
            counting.cancel()
            with suppress(asyncio.CancelledError):
                await counting
            for each in what:
                each.page.close()
