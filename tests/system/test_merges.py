"""Several processes bring people together from every partition at once; who is together is what the evidence says."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from fidelio_profile.settings import ProfileSettings
from fidelio_profile.verifying import verify
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.topics import INTERACTIONS, PROFILES, TIMELINE
from fidelio_shared.messaging.lag import OffsetReader, lag
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import connect
from support import invariants
from support.crowds import a_crowd
from support.people_stored import agreement_violations, evidence_violations, last_record_violations, read_people
from support.topics import publish, read_topic
from support.two_worlds import World, a_world

PEOPLE = 60
THREE_OF_EACH = {"resolve": 3, "fold": 3}
_DRAINED_WITHIN_SECONDS = 90.0


def test_people_merged_from_every_partition_are_those_whom_the_evidence_joins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for named in ("FIDELIO_KAFKA", "FIDELIO_MONGO"):
        monkeypatch.delenv(named, raising=False)
    said = a_crowd(7, people=PEOPLE)
    with a_world(tmp_path, THREE_OF_EACH, batch_records=20) as world:
        asyncio.run(tell(world, said))
        for name, value in world.told.items():
            monkeypatch.setenv(name, value)
        assert asyncio.run(verify(ProfileSettings(), repair=False)) == 0
        assert asyncio.run(violations(world, said)) == []


async def tell(world: World, said: Sequence[Interaction]) -> None:
    """Each under its anchor, a third of them again under another key; a resolve and a fold are killed on the way."""
    lots = Random(len(said))
    copies = [(each.anchor, each) for each in said] + [(f"key {each.id}", each) for each in said if lots.random() < 0.3]
    copies = [each for _, each in sorted(enumerate(copies), key=lambda each: each[0] % len(said) + lots.random() * 40)]
    middle = len(copies) // 2
    for part, victim in ((copies[:middle], "resolve-1"), (copies[middle:], "fold-1")):
        await publish(world.kafka, INTERACTIONS.name, [(key.encode(), encode(each)) for key, each in part])
        os.kill(world.supervisor.pids[victim], signal.SIGKILL)
    await drained(world)


async def drained(world: World) -> None:
    """Both groups have committed all there is, and have so a moment later: a record leads to others."""
    offsets, deadline, times = OffsetReader(KafkaSettings(bootstrap_servers=world.kafka)), time.monotonic(), 0
    while times < 3:
        behind = [
            lag(await offsets.ends([topic]), await offsets.committed(group), {})
            for topic, group in ((INTERACTIONS.name, "profile.resolve.v1"), (TIMELINE.name, "profile.fold.v1"))
        ]
        times = 0 if any(behind) else times + 1
        assert time.monotonic() - deadline < _DRAINED_WITHIN_SECONDS, f"still behind by {behind}"
        await asyncio.sleep(0.2)
    await offsets.close()


async def violations(world: World, said: Sequence[Interaction]) -> list[str]:
    database = connect(world.told["FIDELIO_MONGO_URI"], "profile")
    people, snapshots = await read_people(database), await read_topic(world.kafka, PROFILES.name)
    found = await invariants.application_violations(database, {each.id for each in said})
    found += await invariants.refold_violations(database)
    found += invariants.numbering_violations(snapshots, invariants.PROFILES, await invariants.revisions(database))
    found += [*agreement_violations(people), *last_record_violations(people, snapshots)]
    found += evidence_violations(people, said)
    merged = sum(1 for each in people.heads.values() if each.merged_into)
    print(f"{len(said)} interactions, {len(people.heads)} profiles, {merged} of them merged")
    if await read_topic(world.kafka, "dead-letters"):
        found.append("something became a dead letter")
    if merged < PEOPLE:
        found.append("hardly anybody was merged")
    await database.client.close()
    return found
