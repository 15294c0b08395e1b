"""What is counted of people: sums that can be added, so that no more than a page of them is in memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from statistics import fmean

from fidelio_notify.domain.gates.case import Arm
from fidelio_notify.domain.uplift.exposures import Exposure
from fidelio_notify.domain.uplift.people import people
from fidelio_notify.domain.uplift.statistics import Mean, Share
from fidelio_shared.contracts.ids import ProfileId

Group = tuple[Arm, str | None]
"""An arm, and in it a variant."""


@dataclass(frozen=True, slots=True)
class Tally:
    """`asked`: people for whom a goal was declared; `reached`: of them. `scored`: people whose risk was known;
    `changed`: for how many it moved; `mean`, `spread`: of the moves, and the sum of their squared distances from it.
    `unsent`: whom no message reached, by why: the last attempt's failure, or `unattempted`."""

    people: int = 0
    asked: int = 0
    reached: int = 0
    scored: int = 0
    changed: int = 0
    mean: float = 0.0
    spread: float = 0.0
    unsent: Counter[str] = field(default_factory=Counter)

    @property
    def goal(self) -> Share:
        return Share(self.asked, self.reached)

    @property
    def risk(self) -> Mean:
        return Mean(self.scored, self.mean, self.spread / (self.scored - 1) if self.scored > 1 else 0.0, self.changed)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Of profiles, merged or not: `held`: so many were held out; `expected`: so many should be by the shares, and
    `variance`: of that by chance."""

    held: int = 0
    expected: float = 0.0
    variance: float = 0.0


@dataclass(frozen=True, slots=True)
class Counted:
    """`running`: people whose time is not over, and who are in no tally. `goals`, `shares`, `versions`: that were
    declared."""

    tallies: Mapping[Group, Tally] = field(default_factory=dict)
    drawn: Drawn = Drawn()
    running: int = 0
    mixed: int = 0
    of_two_variants: int = 0
    versions: frozenset[int] = frozenset()
    shares: frozenset[float] = frozenset()
    goals: frozenset[frozenset[str]] = frozenset()

    def arm(self, arm: Arm) -> Tally:
        return reduce(joined_tallies, (each for (of, _), each in self.tallies.items() if of == arm), Tally())

    @property
    def variants(self) -> Mapping[str, Tally]:
        """Of those who were treated, in the order of their names."""
        treated = {name: each for (arm, name), each in self.tallies.items() if arm == "treated" and name}
        return dict(sorted(treated.items()))


def count(exposures: Sequence[Exposure], heads: Mapping[ProfileId, ProfileId], *, now: datetime) -> Counted:
    """Of one playbook; all exposures of a person must be among them. `heads`: as for `people`."""
    found = people(exposures, heads)
    groups: dict[Group, list[Exposure]] = defaultdict(list)
    for each in found.counted:
        if each.goal_until <= now:
            groups[each.arm, each.variant].append(each)
    return Counted(
        tallies={group: _tally(members) for group, members in groups.items()},
        drawn=_drawn(exposures),
        running=sum(each.goal_until > now for each in found.counted),
        mixed=found.mixed,
        of_two_variants=found.of_two_variants,
        versions=frozenset(each.version for each in exposures),
        shares=frozenset(each.share for each in exposures),
        goals=frozenset(each.goal for each in exposures),
    )


def joined(one: Counted, other: Counted) -> Counted:
    groups = {*one.tallies, *other.tallies}
    none = Tally()
    return Counted(
        {each: joined_tallies(one.tallies.get(each, none), other.tallies.get(each, none)) for each in groups},
        Drawn(
            one.drawn.held + other.drawn.held,
            one.drawn.expected + other.drawn.expected,
            one.drawn.variance + other.drawn.variance,
        ),
        one.running + other.running,
        one.mixed + other.mixed,
        one.of_two_variants + other.of_two_variants,
        one.versions | other.versions,
        one.shares | other.shares,
        one.goals | other.goals,
    )


def joined_tallies(one: Tally, other: Tally) -> Tally:
    """Means and spreads as Chan, Golub and LeVeque (1979) join them: nothing large is subtracted from another."""
    scored = one.scored + other.scored
    apart = other.mean - one.mean
    return Tally(
        people=one.people + other.people,
        asked=one.asked + other.asked,
        reached=one.reached + other.reached,
        scored=scored,
        changed=one.changed + other.changed,
        mean=one.mean + apart * other.scored / scored if scored else 0.0,
        spread=one.spread + other.spread + (apart**2 * one.scored * other.scored / scored if scored else 0.0),
        unsent=one.unsent + other.unsent,
    )


def _tally(exposures: Sequence[Exposure]) -> Tally:
    changes = [change for each in exposures if (change := each.risk_change) is not None]
    mean = fmean(changes) if changes else 0.0
    return Tally(
        people=len(exposures),
        asked=sum(bool(each.goal) for each in exposures),
        reached=sum(each.goal_at is not None for each in exposures),
        scored=len(changes),
        changed=sum(change != 0 for change in changes),
        mean=mean,
        spread=sum((change - mean) ** 2 for change in changes),
        unsent=Counter(
            each.fate or "unattempted" for each in exposures if each.arm == "treated" and each.fate != "sent"
        ),
    )


def _drawn(exposures: Iterable[Exposure]) -> Drawn:
    shared = [each for each in exposures if each.share]
    return Drawn(
        held=sum(each.arm == "held" for each in shared),
        expected=sum(each.share for each in shared),
        variance=sum(each.share * (1 - each.share) for each in shared),
    )
