"""A process may end at any await of resolve, fold and scoring; nothing is lost, doubled or said differently."""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random, SystemRandom

import pytest

from fidelio_profile.records import timeline_record
from fidelio_profile.repairs import refold_request
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.operations import BRAND, ClockAdvanced
from support.checkpoints import EXIT_CODE
from support.crash_checks import violations
from support.crash_input import START, Keyed, orders_of_known, rounds_of_orders
from support.crash_steps import places_of
from support.crash_world import CrashWorld
from support.topics import publish

STEPS = ("resolve", "fold", "scoring")
ONLY_IN_THE_OTHER_STORY = (
    r"\.forget:|\._forget_\w+:|\.erase:|\.ask:|_suppressed|MongoProfileStore\._leaving:|update_many|delete_many"
)
"""Of people who are split, erased and retained."""
ROUNDS = 50
SAMPLES = 40


@pytest.mark.long
def test_a_process_that_ends_at_any_await_leaves_every_guarantee_standing(world: CrashWorld) -> None:
    places = world.places()
    rounds = rounds_of_orders(ROUNDS)
    unreached, sent = _crash_resolve(world, _places_of("resolve", places), rounds)
    for more in rounds:
        sent += _publish(world, more)
    assert world.run_until_crash_or_drained("resolve", "-") is None
    asyncio.run(_publish_refolds(world))
    unreached += _crash_in_batches(world, "fold", _places_of("fold", places))
    unreached += _crash_in_batches(world, "scoring", _places_of("scoring", places))
    found = asyncio.run(violations(world, [each.interaction for each in sent]))
    assert found == []
    assert len(unreached) < 12, unreached


@pytest.mark.long
def test_a_process_that_ends_anywhere_inside_a_library_leaves_every_guarantee_standing(world: CrashWorld) -> None:
    seed = int(os.environ.get("FIDELIO_TEST_SEED") or SystemRandom().randrange(10**9))
    print(f"\nseed {seed}: FIDELIO_TEST_SEED={seed} ends them at the same places")
    chance, rounds, ended, sent = Random(seed), rounds_of_orders(SAMPLES), Counter[str](), list[Keyed]()
    for turn in range(SAMPLES):
        sent += _publish(world, next(rounds))
        _advance_clock(world, days=turn + 0.9)  # all up to then was published: an order comes half a day later
        for step in STEPS:
            ended[step] += (
                world.run_until_crash_or_drained(step, "inside", occurrence=chance.randint(1, 400)) == EXIT_CODE
            )
    for step in STEPS:
        assert world.run_until_crash_or_drained(step, "-") is None
    found = asyncio.run(violations(world, [each.interaction for each in sent]))
    print(f"{dict(ended)} of {SAMPLES} ended inside a batch")
    assert found == []
    assert min(ended[step] for step in STEPS) > SAMPLES // 4


def _crash_resolve(
    world: CrashWorld, places: Sequence[str], rounds: Iterator[list[Keyed]]
) -> tuple[list[str], list[Keyed]]:
    """Each place with interactions that change who is who, and, if it was not passed, with ones that do not."""
    unreached: list[str] = []
    sent: list[Keyed] = []
    for number, place in enumerate(places):
        sent += _publish(world, next(rounds))
        if world.run_until_crash_or_drained("resolve", place) == EXIT_CODE:
            continue
        sent += _publish(world, orders_of_known(number))
        if world.run_until_crash_or_drained("resolve", place) != EXIT_CODE:
            unreached.append(place)
    return unreached, sent


def _crash_in_batches(world: CrashWorld, step: str, places: Sequence[str]) -> list[str]:
    """Mostly in the first batch it gets, so that it comes again and again; every fourth time in the one after it."""
    unreached: list[str] = []
    for turn, place in enumerate(places):
        _advance_clock(world, days=10 * turn)
        occurrence = 2 if turn % 4 == 3 else 1
        if world.run_until_crash_or_drained(step, place, occurrence=occurrence) != EXIT_CODE:
            unreached.append(place)
    assert world.run_until_crash_or_drained(step, "-") is None
    return unreached


def _places_of(step: str, places: Sequence[str]) -> list[str]:
    """Those that every batch passes first: a place that no batch passes uses up all the input."""
    found = [each for each in places_of(step, places) if not re.search(ONLY_IN_THE_OTHER_STORY, each)]
    first = r"score_profiles|_keep|\.load|\.save|_replace_all"
    return sorted(found, key=lambda each: not re.search(first, each))


def _publish(world: CrashWorld, copies: Sequence[Keyed]) -> Sequence[Keyed]:
    asyncio.run(publish(world.kafka, "interactions", [each.record for each in copies]))
    return copies


def _advance_clock(world: CrashWorld, *, days: float) -> None:
    record = encode(ClockAdvanced(brand=BRAND, to=START + timedelta(days=days)))
    asyncio.run(publish(world.kafka, "clock", [(BRAND.encode(), record)]))


async def _publish_refolds(world: CrashWorld) -> None:
    """Repairs in the middle of the traffic, so that their places are passed, too."""
    database = world.profile_database()
    heads = await database.heads.find({}).limit(6).to_list()
    await database.client.close()
    requests = [
        timeline_record(
            refold_request(ProfileId(each["_id"].hex()), reason="test", cause="1", at=START + timedelta(days=90))
        )
        for each in heads
    ]
    await publish(world.kafka, "timeline", [(each.key, each.value) for each in requests])


@dataclass(frozen=True)
class WrongOrder:
    """A variant of the code, the step it spoils, the place at which the spoiled step ends, and what must be noticed."""

    variant: str
    step: str
    place: str
    which: int
    complaint: str


WRONG_ORDERS = (
    WrongOrder("variant_no_deduplication", "fold", r"variant_no_deduplication\.save:.* after", -1, "counts"),
    WrongOrder("variant_commit_first", "fold", r"FoldHandlers\.fold_timeline:.* before", 0, "were lost"),
    WrongOrder("variant_fold_stores_first", "fold", r"stores_first\.fold_timeline:.* before", -1, "profiles"),
    WrongOrder("variant_scoring_stores_first", "scoring", r"stores_first\.score_profiles:.* before", -1, "scores"),
)


SEEN_EVERY_TIME = ("variant_no_deduplication", "variant_scoring_stores_first")


@pytest.mark.parametrize(
    "wrong",
    [pytest.param(each, marks=() if each.variant in SEEN_EVERY_TIME else pytest.mark.long) for each in WRONG_ORDERS],
    ids=lambda wrong: wrong.variant,
)
def test_the_checks_notice_a_wrong_order_of_effects(world: CrashWorld, wrong: WrongOrder) -> None:
    sent = [copy for copies in rounds_of_orders(6) for copy in _publish(world, copies)]
    steps = list(STEPS)
    for before in steps[: steps.index(wrong.step)]:
        assert world.run_until_crash_or_drained(before, "-") is None
    places = [each for each in world.places(wrong.variant) if re.search(wrong.place, each)]
    place = places[wrong.which]
    assert world.run_until_crash_or_drained(wrong.step, place, variant=wrong.variant) == EXIT_CODE
    for after in steps[steps.index(wrong.step) :]:
        assert world.run_until_crash_or_drained(after, "-", variant=wrong.variant) is None
    found = asyncio.run(violations(world, [each.interaction for each in sent]))
    assert any(wrong.complaint in each for each in found), found
