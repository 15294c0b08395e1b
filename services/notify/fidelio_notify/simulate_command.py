"""`fidelio-notify simulate`: what other playbooks would have done in the last days; nothing is sent or stored."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from fidelio_notify.channels import make_providers
from fidelio_notify.databases import Opened, with_database
from fidelio_notify.decoding import News
from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_notify.domain.playbooks.model import Playbooks
from fidelio_notify.domain.simulated_difference import difference_lines
from fidelio_notify.domain.simulated_people import SimulatedPeople, TooMany, addresses_of
from fidelio_notify.domain.simulating import Simulation, run_to
from fidelio_notify.keys import read_keys
from fidelio_notify.looking import read_now
from fidelio_notify.merged_news import news_since
from fidelio_notify.preview_command import read_other
from fidelio_notify.stores import Stores
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.suppression import check_suppression

_PAGE = 200
_KEPT_WHOLE_DAYS = 7
_COMPACTED = f"the topics keep {_KEPT_WHOLE_DAYS} days whole: of what was before, each person's last record may be all"


def simulate(
    file: Annotated[Path, typer.Argument(help="the changed playbooks", exists=True, dir_okay=False)],
    *,
    days: Annotated[int, typer.Option(min=1, max=365, help="how many, up to now")] = 7,
    examples: Annotated[int, typer.Option(min=0, max=100, help="of decisions that would change, by playbook")] = 5,
) -> None:
    """Replay the last days under a changed file beside the one in use, and show the difference. Sends nothing."""
    other = read_other(file)
    assert other

    async def work(opened: Opened) -> Sequence[str]:
        in_use = await opened.playbooks_in_use()
        until = await read_now(opened.settings)
        replay = await _begin(opened, until - timedelta(days=days))
        before, after = (replay.simulate(each) for each in (in_use, other))
        if days > _KEPT_WHOLE_DAYS:
            typer.echo(_COMPACTED, err=True)
        try:
            count = await replay.run((before, after), until)
        except TooMany as error:
            raise Halted(str(error)) from error
        head = f"{in_use.version} → {other.version}, {instant(replay.since)} to {instant(until)}"
        told = f"{count} records of {len(replay.people.cards)} people; nothing was sent"
        return [head, told, *difference_lines(before.fates, after.fates, examples=examples)]

    for line in with_database(work):
        typer.echo(line)


@dataclass(slots=True)
class _Replay:
    opened: Opened
    stores: Stores
    holdout_key: bytes
    since: datetime
    people: SimulatedPeople = field(default_factory=SimulatedPeople)
    met: set[ProfileId] = field(default_factory=set)

    def simulate(self, playbooks: Playbooks) -> Simulation:
        channels = frozenset(make_providers(self.opened.settings, self.stores.tasks))
        return Simulation(playbooks, self.people, self.holdout_key, channels)

    async def run(self, simulations: Sequence[Simulation], until: datetime) -> int:
        """Raises TooMany."""
        count = 0
        window = max(each.playbooks.policy.longest_window for each in simulations)
        with _progress() as progress:
            task = progress.add_task("records", total=None)
            async for page in _pages(self.opened, self.since):
                await self._meet([each for _, each in page], window)
                for at, news in page:
                    _live(simulations, self.people, min(at, until), news)
                count += len(page)
                progress.update(task, completed=count)
        for each in simulations:
            run_to(each, until)
        return count

    async def _meet(self, news: Sequence[News], window: timedelta) -> None:
        """Whoever is met first: how they are known, what was sent to them before, and what may not be sent to."""
        new = _whose(news) - self.met
        cards = await self.stores.cards.load(new)
        new |= {member for card in cards.values() for member in card.members} - self.met
        self.met |= new
        here = {each.profile for each in news}
        self.people.begin_with(card for profile, card in cards.items() if profile in here)
        told = await self.stores.decisions.contacted(new, self.since - window)
        for profile, messages in told.items():
            self.people.contacted[profile] = [each for each in messages.values() if each.at < self.since]
        known = [each for card in cards.values() for each in card.person.identifiers]
        unwanted = await self.stores.unwanted.of([*known, *addresses_of(news)])
        self.people.unwanted.update(unwanted)


def _live(simulations: Iterable[Simulation], people: SimulatedPeople, at: datetime, news: News) -> None:
    for each in simulations:
        run_to(each, at)
    people.hear(news)
    for each in simulations:
        each.hear(news)


def _whose(news: Iterable[News]) -> set[ProfileId]:
    told = list(news)
    members = {member for each in told if isinstance(each, PersonSnapshot) for member in each.members}
    return members | {each.profile for each in told}


async def _begin(opened: Opened, since: datetime) -> _Replay:
    keys = read_keys(opened.settings)
    await check_suppression(opened.database.unwanted, keys.suppressor)
    return _Replay(opened, Stores.of(opened.database, keys.suppressor), keys.holdout, since)


async def _pages(opened: Opened, since: datetime) -> AsyncIterator[Sequence[tuple[datetime, News]]]:
    page: list[tuple[datetime, News]] = []
    async for each in news_since(opened.settings.kafka, since, opened.settings.clock):
        page.append(each)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.completed} {task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
