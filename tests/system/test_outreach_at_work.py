"""Three processes of notify that are killed at random, a mail server and a provider of text messages that fail, stall,
answer late and answer twice: whoever is written to is whom the oracle says, once."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from fidelio_deploy.stack import Stack, running_stack
from support.outreach.checking import judge_run
from support.outreach.declared import playbooks
from support.outreach.processes import HOLDOUT_KEY, run_for_real
from support.outreach.world import a_world


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("FIDELIO_KAFKA", raising=False)
        environment.delenv("FIDELIO_MONGO", raising=False)
        with running_stack(tmp_path, clock="stream", services=False) as running:
            yield running


async def test_some_people_are_written_to_as_they_should_though_processes_are_killed(
    servers: Stack, tmp_path: Path
) -> None:
    world = a_world(seed=21, people=60, lively=4)
    done = await run_for_real(world, servers, tmp_path / "logs", chance=Random(21), kills=3, apart=2.0)
    judged = judge_run(world, done, playbooks(), HOLDOUT_KEY)

    assert (judged.violations, judged.differing) == ((), {})
    assert len(done.ledger) > 100 < 3 * len(done.taken)
    assert done.kills >= 2


@pytest.mark.long
async def test_ten_thousand_decisions_are_carried_out_as_they_should_though_processes_are_killed(
    servers: Stack, tmp_path: Path
) -> None:
    """Some ten minutes."""
    world = a_world(seed=22, people=1_700)
    began = time.monotonic()
    done = await run_for_real(world, servers, tmp_path / "logs", chance=Random(22), kills=40, apart=4.0)
    judged = judge_run(world, done, playbooks(), HOLDOUT_KEY)

    print(
        f"{len(done.ledger)} decisions, {len(done.taken)} accepted, {done.kills} kills, {judged.interrupted} unknown,"
        f" {time.monotonic() - began:.0f} s, {judged.violations}"
    )
    assert (judged.violations, judged.differing) == ((), {})
    assert len(done.ledger) >= 10_000
    assert done.kills >= 20
