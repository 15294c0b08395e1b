"""A process may end at any await while people are merged, split, erased and retained; every guarantee stands."""

import asyncio
from collections import deque
from itertools import count

import pytest

from support.crash_people import Household
from support.crash_people_checks import violations
from support.crash_steps import STEPS, a_slice, places_of
from support.crash_story import Crashes, come_to_rest, live, play_round
from support.crash_world import CrashWorld

A_ROUND = 8


def test_a_process_that_ends_at_some_awaits_leaves_every_guarantee_standing(world: CrashWorld) -> None:
    _end_at_every(world, 12, rounds=2, ends=8)


@pytest.mark.long
def test_a_process_that_ends_at_any_await_leaves_every_guarantee_standing(world: CrashWorld) -> None:
    _end_at_every(world, 1, rounds=8, ends=12)


def _end_at_every(world: CrashWorld, each: int, *, rounds: int, ends: int) -> None:
    places = world.places()
    waiting = {step: deque(a_slice(places_of(step, places), each)) for step in STEPS}
    total = sum(map(len, waiting.values()))
    crashes, numbers = Crashes(world, waiting), count()
    households = [[Household(next(numbers), turn) for _ in range(A_ROUND)] for turn in range(rounds)]
    everybody = [one for some in households for one in some]
    live(crashes, everybody)
    for turn in range(rounds):
        play_round(crashes, households[turn], turn, ends=ends)
    come_to_rest(crashes, rounds - 1)
    print(f"{crashes.passed} of {total} places of {len(places)}; not passed: {crashes.unreached}")
    assert asyncio.run(violations(world, everybody)) == []
    assert crashes.unreached == []
