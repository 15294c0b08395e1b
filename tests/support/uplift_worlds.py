"""Worlds whose truth is known: how many people were treated and held out, and what they then did."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from fidelio_notify.domain.uplift.effects import Effect, main_effects
from fidelio_notify.domain.uplift.statistics import Mean, Share, difference_of_means, difference_of_shares
from fidelio_notify.domain.uplift.tallies import Counted, Tally
from support.uplift_intervals import Interval

Lots = np.random.Generator
RATES = (0.03, 0.5)
LEAST_HELD = 3.0
"""Where fewer of those held out may be expected to reach the goal, shares are too coarse for any method; the report
then says that there are too few."""


@dataclass(frozen=True, slots=True)
class World:
    """`truth`: how much more often, or further, people do it because of the message."""

    treated: int
    held: int
    rate: float
    truth: float

    def shares(self, lots: Lots) -> tuple[Share, Share]:
        rates = self.rate + self.truth, self.rate
        sizes = self.treated, self.held
        treated, held = (Share(size, int(lots.binomial(size, rate))) for size, rate in zip(sizes, rates, strict=True))
        return treated, held


def a_world(lots: Lots, *, is_null: bool = False) -> World:
    """Arms of 10 to 50 % held out, rates from 3 to 50 %, effects of either sign, as many people as playbooks reach."""
    while True:
        people, share = int(lots.integers(300, 2000)), lots.uniform(0.1, 0.5)
        held = round(people * share)
        rate = float(np.exp(lots.uniform(*np.log(RATES))))
        truth = 0.0 if is_null else float(lots.uniform(-0.5, 1.0)) * rate
        if held * min(rate, rate + truth) >= LEAST_HELD:
            return World(people - held, held, rate, truth)


def worlds(seed: int, count: int, *, is_null: bool = False) -> Iterator[tuple[World, Lots]]:
    lots = np.random.default_rng(seed)
    return ((a_world(lots, is_null=is_null), lots) for _ in range(count))


def coverage_of_shares(method: Interval, seed: int, count: int, world: World | None = None) -> float:
    """How often the interval holds the truth: over worlds of all kinds, or always in the same."""
    return float(
        np.mean(
            [_holds(method(*(each := world or drawn).shares(lots)), each.truth) for drawn, lots in worlds(seed, count)]
        )
    )


def coverage_of_means(seed: int, count: int) -> float:
    covered = []
    for world, lots in worlds(seed, count):
        found = difference_of_means(*moved_risks(world, lots))
        assert found is not None
        covered.append(_holds((found.low, found.high), world.truth))
    return float(np.mean(covered))


def moved_risks(world: World, lots: Lots) -> tuple[Mean, Mean]:
    """Two in five do not move at all, the others do skewedly; and of those written to one in three answers, whose risk
    moves by three times the truth, more or less."""
    answers = lots.random(world.treated) < 1 / 3
    moved = answers * lots.exponential(3 * abs(world.truth) or 1.0, world.treated) * np.sign(world.truth)
    return _mean(_drift(world.treated, lots) + moved), _mean(_drift(world.held, lots))


def found_in(world: World, lots: Lots) -> tuple[Effect, ...]:
    """As it is reported, of both questions."""
    sides = zip(world.shares(lots), moved_risks(world, lots), strict=True)
    treated, held = (_tally(share, mean) for share, mean in sides)
    return main_effects(Counted({("treated", None): treated, ("held", None): held}), sought=None)


def share_of(claims: Callable[[World, Lots], bool], seed: int, count: int) -> float:
    """Of worlds in which a message changes nothing, how many are said to show an effect."""
    return float(np.mean([claims(world, lots) for world, lots in worlds(seed, count, is_null=True)]))


def _holds(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


def _drift(people: int, lots: Lots) -> np.ndarray:
    return np.where(lots.random(people) < 0.4, 0.0, lots.exponential(0.1, people) - 0.1)


def _mean(values: np.ndarray) -> Mean:
    return Mean(values.size, float(values.mean()), float(values.var(ddof=1)), int(np.count_nonzero(values)))


def _tally(share: Share, mean: Mean) -> Tally:
    return Tally(
        people=share.people,
        asked=share.people,
        reached=share.reached,
        scored=mean.people,
        changed=mean.changed,
        mean=mean.mean,
        spread=mean.variance * (mean.people - 1),
    )


def peeks(world: World, lots: Lots) -> bool:
    """Looks after every tenth of the people, and stops at the first effect that it sees."""
    looks = 10
    rates = world.rate + world.truth, world.rate
    sizes = world.treated // looks, world.held // looks
    treated, held = (np.cumsum(lots.binomial(size, rate, looks)) for size, rate in zip(sizes, rates, strict=True))
    return any(
        _is_claimed(Share(sizes[0] * look, int(treated[look - 1])), Share(sizes[1] * look, int(held[look - 1])))
        for look in range(1, looks + 1)
    )


def looks_once(world: World, lots: Lots) -> bool:
    return _is_claimed(*world.shares(lots))


def _is_claimed(treated: Share, held: Share) -> bool:
    found = difference_of_shares(treated, held)
    return found is not None and found.p < 0.05


@dataclass(frozen=True, slots=True)
class Reached:
    """Seven in ten can be reached, and those do it twice as often as the others, written to or not."""

    assigned: tuple[Share, Share]
    delivered: Share


def reached(world: World, lots: Lots) -> Reached:
    sizes = world.treated, world.held
    usual = world.rate / 1.7
    reachable = [int(lots.binomial(size, 0.7)) for size in sizes]
    did = [int(lots.binomial(each, 2 * usual)) for each in reachable]
    others = [int(lots.binomial(size - each, usual)) for size, each in zip(sizes, reachable, strict=True)]
    treated, held = (Share(size, sum(pair)) for size, *pair in zip(sizes, did, others, strict=True))
    return Reached((treated, held), Share(reachable[0], did[0]))


def counts_assigned(world: World, lots: Lots) -> bool:
    return _is_claimed(*reached(world, lots).assigned)


def counts_delivered_only(world: World, lots: Lots) -> bool:
    """Compares those to whom a message came with everybody held out."""
    found = reached(world, lots)
    return _is_claimed(found.delivered, found.assigned[1])


def counts_messages(world: World, lots: Lots) -> bool:
    """Takes each of a person's messages, five on average, for a person of their own."""
    rates = world.rate + world.truth, world.rate
    return _is_claimed(
        *(_messages(size, rate, lots) for size, rate in zip((world.treated, world.held), rates, strict=True))
    )


def _messages(people: int, rate: float, lots: Lots) -> Share:
    messages = lots.geometric(1 / 5, people)
    return Share(int(messages.sum()), int(messages[lots.random(people) < rate].sum()))
