"""A process may end at any await while people are merged, split, erased and retained; every guarantee stands."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass

import pytest

from support.crash_people import Household
from support.crash_people_checks import violations
from support.crash_steps import STEPS, a_slice, places_of
from support.crash_story import Crashes, come_to_rest, live, play_round
from support.crash_world import CrashWorld

A_ROUND = 8


def test_a_process_that_ends_at_some_awaits_leaves_every_guarantee_standing(world: CrashWorld) -> None:
    crashes = _crashes(world, every=10)
    households = _play(crashes, turns=range(1), a_round=A_ROUND, ends=20)
    assert asyncio.run(violations(world, households)) == []
    assert [step for step in STEPS if not crashes.ended[step]] == []


@pytest.mark.long
def test_a_process_that_ends_at_any_await_leaves_every_guarantee_standing(world: CrashWorld) -> None:
    """At whichever the people of these rounds pass: a few need another order of what is done."""
    crashes = _crashes(world, every=1)
    households = _play(crashes, turns=range(5), a_round=2 * A_ROUND, ends=25)
    print(f"ended {crashes.ended.total()} times; not passed: {crashes.left}")
    assert asyncio.run(violations(world, households)) == []
    assert crashes.ended.total() > 2 * len(crashes.left)


def _crashes(world: CrashWorld, *, every: int) -> Crashes:
    places = world.places()
    return Crashes(world, {step: deque(a_slice(places_of(step, places), every)) for step in STEPS})


def _play(crashes: Crashes, *, turns: range, a_round: int, ends: int) -> list[Household]:
    households = [Household(number, turns[number // a_round]) for number in range(len(turns) * a_round)]
    live(crashes, households)
    for turn in turns:
        play_round(crashes, [each for each in households if each.turn == turn], turn, ends=ends)
    come_to_rest(crashes, turns[-1])
    return households


@dataclass(frozen=True)
class WrongOrder:
    """A variant of the code, the step that it spoils, where that ends, and what must be noticed."""

    variant: str
    step: str
    place: str
    complaint: str


WRONG_ORDERS = (
    WrongOrder(
        "variant_fold_forgets_before_it_stores", "fold", r"stores\.fold_timeline:.*forget.* after", "different values"
    ),
    WrongOrder("variant_fold_confirms_once", "fold", r"FoldHandlers\._fold_part:.*confirmation.* before", "confirmed"),
    WrongOrder(
        "variant_fold_deletes_what_leaves_first", "fold", r"leaves_first\.save:.*delete_many.* after", "in its base"
    ),
    WrongOrder("variant_fold_moves_afterwards", "fold", r"moves_afterwards\.save:.*update_many.* before", "misses"),
    WrongOrder(
        "variant_requests_forgets_afterwards", "requests", r"begin_and_forget:.*_forget.* before", "profile.reviews"
    ),
    WrongOrder("variant_scoring_confirms_once", "scoring", r"score_profiles:.*confirmation.* before", "confirmed"),
    WrongOrder(
        "variant_notify_forgets_once", "notify", r"NotifyHandlers\._forget:.*decisions.* before", "notify.decisions"
    ),
    WrongOrder("variant_outcomes_done_first", "outcomes", r"MongoErasureStore\.done:.* after", "receipts"),
)


@pytest.mark.long
@pytest.mark.parametrize("wrong", WRONG_ORDERS, ids=lambda wrong: wrong.variant)
def test_the_checks_notice_a_wrong_order_of_effects(world: CrashWorld, wrong: WrongOrder) -> None:
    place = next(each for each in world.places(wrong.variant) if re.search(wrong.place, each))
    waiting = {step: deque([place] if step == wrong.step else []) for step in STEPS}
    crashes = Crashes(world, waiting, wrong.variant)
    households = _play(crashes, turns=range(1, 2), a_round=3, ends=1)
    assert crashes.left == []
    found = asyncio.run(violations(world, households))
    assert any(wrong.complaint in each for each in found), found
