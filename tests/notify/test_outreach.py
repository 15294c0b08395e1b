"""Notify writes exactly to whom it should, however often it dies and whatever providers do."""

from random import Random

import pytest

from fidelio_shared.storage.mongo import Database
from support.outreach.checking import judge_run
from support.outreach.declared import playbooks
from support.outreach.desks import HOLDOUT_KEY, Death, run, run_with_two_owners
from support.outreach.ledger import empty
from support.outreach.mutants import NO_LEASE, OF_CRASHES, OF_JUDGEMENT
from support.outreach.world import a_world


async def test_what_providers_accept_is_what_the_oracle_says_though_three_replicas_die_again_and_again(
    strict_database: Database,
) -> None:
    world = a_world(seed=7, people=60)
    done = await run(world, strict_database, Death(Random(7), in_stores=0.02, in_calls=0.05))
    judged = judge_run(world, done, playbooks(), HOLDOUT_KEY)

    assert (judged.violations, judged.differing) == ((), {})
    assert len(done.ledger) > 300 < 3 * len(done.taken)
    assert done.kills > 40
    assert judged.interrupted > 5


async def test_two_owners_of_one_partition_do_no_more_than_one(strict_database: Database) -> None:
    world = a_world(seed=8, people=30, lively=6)
    judged = judge_run(world, await run_with_two_owners(world, strict_database), playbooks(), HOLDOUT_KEY)

    assert (judged.violations, judged.differing) == ((), {})


async def test_every_wrong_notify_is_found_out_by_what_is_wrong_with_it(strict_database: Database) -> None:
    """Whoever judges wrongly, without a crash; whoever crashes wrongly, in calls of providers."""
    world = a_world(seed=9, people=36, lively=5, merging=0.5)
    for share, mutants in ((0.0, OF_JUDGEMENT), (0.2, OF_CRASHES)):
        for mutant in mutants:
            await empty(strict_database)
            with pytest.MonkeyPatch.context() as patch:
                for change in mutant.changes:
                    patch.setattr(*change)
                done = await run(world, strict_database, Death(Random(9), in_calls=share))
            assert mutant.found_as in judge_run(world, done, playbooks(), HOLDOUT_KEY).violations, mutant.title


async def test_a_second_owner_that_does_not_mind_a_lease_is_found_out(
    strict_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = a_world(seed=8, people=30, lively=6)
    for change in NO_LEASE.changes:
        monkeypatch.setattr(*change)
    done = await run_with_two_owners(world, strict_database)

    assert NO_LEASE.found_as in judge_run(world, done, playbooks(), HOLDOUT_KEY).violations
