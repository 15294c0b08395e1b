"""What other definitions would change, tried on everybody who is stored; nothing is written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console
from rich.progress import Progress

from fidelio_scoring.adapters.mongo_standings import MongoStandings
from fidelio_scoring.domain.moves import announced_scores
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.evaluation import memberships
from fidelio_scoring.domain.standing import Standing
from fidelio_shared.contracts.ids import ProfileId


@dataclass(slots=True)
class Trial:
    """`before`, `after`: members by segment. `entering`, `leaving`: the first profiles, so many as are to be named."""

    definitions: Definitions
    named: int
    profiles: int = 0
    others: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    enter: Counter[str] = field(default_factory=Counter)
    leave: Counter[str] = field(default_factory=Counter)
    entering: dict[str, list[ProfileId]] = field(default_factory=dict)
    leaving: dict[str, list[ProfileId]] = field(default_factory=dict)

    def look_at(self, standing: Standing, at: datetime) -> None:
        facts, known = standing.facts, standing.segments.keys()
        scores = announced_scores(standing.announced)
        held = memberships(self.definitions, facts, scores, at) if facts else frozenset()
        self.profiles += 1
        self.others += held != known
        self.before.update(known)
        self.after.update(held)
        for name in held - known:
            self.enter[name] += 1
            self._name(self.entering, name, standing.profile)
        for name in known - held:
            self.leave[name] += 1
            self._name(self.leaving, name, standing.profile)

    def _name(self, found: dict[str, list[ProfileId]], segment: str, profile: ProfileId) -> None:
        if len(found.setdefault(segment, [])) < self.named:
            found[segment].append(profile)

    def report(self) -> Iterator[str]:
        yield f"{'segment':<48} {'now':>9} {'then':>9} {'enter':>9} {'leave':>9}"
        names = [each.name for each in self.definitions.segments]
        for name in (*names, *sorted(self.before.keys() - set(names))):
            counts = (self.before[name], self.after[name], self.enter[name], self.leave[name])
            yield f"{name:<48} " + " ".join(f"{each:>9}" for each in counts)
            for what, found in (("enter", self.entering), ("leave", self.leaving)):
                if listed := found.get(name):
                    yield f"  {what}: {' '.join(listed)}"
        yield f"{self.others} of {self.profiles} profiles would change"


async def tried(standings: MongoStandings, definitions: Definitions, *, at: datetime | None, named: int) -> Trial:
    """`at`: None is each profile's own time."""
    trial = Trial(definitions, named)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("profiles", total=await standings.about_how_many())
        async for batch in standings.standings():
            for each in batch:
                trial.look_at(each, at or each.as_of)
            progress.advance(task, len(batch))
    return trial
