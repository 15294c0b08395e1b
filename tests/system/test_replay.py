"""The same records give the same bytes, however they are cut into batches and processes, and whoever is killed."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fidelio_deploy.replay.history import Recorded, in_steps
from fidelio_deploy.replay.pace import NoPace
from fidelio_deploy.replay.replaying import replay_into
from support.history import ENDS, a_history
from support.topics import Record, read_topic
from support.two_worlds import COMPARED, Part, Said, World, a_world, differences, parts_of, play

CUSTOMERS = 450
ONE_OF_EACH = {"ingest": 1, "resolve": 1, "fold": 1, "scoring": 1}
TWO_OF_EACH = {"fold": 2, "scoring": 2}


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3, 4))])
def test_other_batches_and_processes_and_kills_say_the_same(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for named in ("FIDELIO_KAFKA", "FIDELIO_MONGO"):
        monkeypatch.delenv(named, raising=False)
    with a_world(tmp_path / "one", ONE_OF_EACH, batch_records=500) as world:
        one = asyncio.run(live(world, a_history(seed, customers=CUSTOMERS)))
    with a_world(tmp_path / "other", TWO_OF_EACH, batch_records=7) as world:
        other = asyncio.run(repeat(world, parts_of(one)))
    assert differences(one, other) == []


async def live(world: World, history: Sequence[Recorded]) -> Said:
    """From the channels on. Now and then time waits, so that silence falls due with nothing else to do."""
    steps = list(in_steps(history, length=timedelta(days=10), until=ENDS))
    async with replay_into(world.kafka, NoPace()) as replay:
        for number, step in enumerate(steps):
            await replay.run([step], tell=lambda _: None)
            if number % 9 == 0:
                await world.until_reviewed(step.to)
    return await finished(world, steps[-1].to)


async def repeat(world: World, parts: Sequence[Part]) -> Said:
    """From the timeline on. A third fold and a third scoring join on the way, and one of each is killed."""
    quarter = len(parts) // 4
    await play(world.kafka, parts[:quarter])
    await asyncio.gather(world.add("fold", "scoring"), play(world.kafka, parts[quarter : 2 * quarter]))
    os.kill(world.supervisor.pids["fold-1"], signal.SIGKILL)
    await play(world.kafka, parts[2 * quarter : 3 * quarter])
    os.kill(world.supervisor.pids["scoring-2"], signal.SIGKILL)
    await play(world.kafka, parts[3 * quarter :])
    return await finished(world, parts[-1].to)


async def finished(world: World, at: datetime) -> Said:
    """Some silence was noticed by time alone, not all of it by what came after."""
    await world.until_reviewed(at)
    reviewed = await world.counted("scoring_reviews_total")
    said = await world.read()
    print({topic: len(records) for topic, records in said.items()}, f"{reviewed:.0f} reviewed by time alone")
    assert reviewed > 100
    assert await world.counted("scoring_late_snapshots_total") == 0
    assert await read_topic(world.kafka, "dead-letters") == []
    return said


def a_record(key: str, number: int, value: bytes = b'{"sequence": 1}') -> Record:
    return Record(0, number, key.encode(), value, (("ce_id", f"{key}{number}".encode()),), timestamp=0)


SAID: Said = {topic: [a_record(key, number) for number in range(3) for key in ("ann", "bob")] for topic in COMPARED}


def without_the_last(records: Sequence[Record]) -> Sequence[Record]:
    return records[:-1]


def without_a_person(records: Sequence[Record]) -> Sequence[Record]:
    return [each for each in records if each.key != b"ann"]


def with_another_byte(records: Sequence[Record]) -> Sequence[Record]:
    return [*records[:2], replace(records[2], value=b'{"sequence": 2}'), *records[3:]]


def with_another_header(records: Sequence[Record]) -> Sequence[Record]:
    return [replace(records[0], headers=(*records[0].headers, ("ce_time", b"now"))), *records[1:]]


def in_another_order(records: Sequence[Record]) -> Sequence[Record]:
    return [records[2], records[1], records[0], *records[3:]]


@pytest.mark.parametrize("topic", COMPARED)
@pytest.mark.parametrize(
    "change", [without_the_last, without_a_person, with_another_byte, with_another_header, in_another_order]
)
def test_what_is_not_the_same_is_noticed(topic: str, change: Callable[[Sequence[Record]], Sequence[Record]]) -> None:
    assert len(differences(SAID, {**SAID, topic: change(SAID[topic])})) == 1


def test_repetitions_and_the_order_of_different_people_are_no_difference() -> None:
    again = {topic: [*sorted(records, key=lambda each: each.key or b""), records[1]] for topic, records in SAID.items()}
    assert differences(SAID, again) == []
