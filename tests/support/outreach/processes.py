"""Three processes of notify on a running Kafka and MongoDB, killed at random while they have work."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiokafka import AIOKafkaConsumer

from fidelio_deploy.ports import free_port
from fidelio_deploy.probes import answers
from fidelio_deploy.processes import ChildProcess, Command
from fidelio_deploy.replay.clock import clock_record
from fidelio_deploy.services import LOCAL_SUPPRESSION_KEY, environment, on_path
from fidelio_deploy.stack import Stack
from fidelio_notify.keys import read_keys
from fidelio_notify.settings import NotifySettings
from fidelio_notify.stores import INDEXES
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.profile import ProfileSnapshot
from fidelio_shared.contracts.topics import PROFILES, SEGMENTS, channel_topic
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing, make_record
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import Database, Deployment, connect, initialise
from support.outreach.declared import FILE
from support.outreach.ledger import is_settled, read_ledger
from support.outreach.recording import Recorder
from support.outreach.run import Run
from support.outreach.servers import Ports, recording_servers
from support.outreach.world import News, Step, World
from support.progress import Progress

REPLICAS = 3
HOLDOUT_KEY = read_keys(NotifySettings(suppression_key=LOCAL_SUPPRESSION_KEY)).holdout
_PROVIDER_SECONDS, _LEASE_SECONDS = 2.0, 4.0
_UP_WITHIN_SECONDS = 60.0
_STEP_SECONDS = 240.0
_LOOK_EVERY_SECONDS = 0.05
_AHEAD: Mapping[str, tuple[str, ...]] = {
    "ingest.v1": tuple(channel_topic(each) for each in read_channels(None)),
    "scoring.v1": (PROFILES.name,),
}
"""Groups that notify's watermark waits for, which do not run here: what is there has passed them."""


@dataclass(slots=True)
class Killer:
    """Kills one process after the other, each `apart_seconds` after the one before on average, until so many are."""

    processes: list[ChildProcess]
    chance: Random
    most: int
    apart_seconds: float
    kills: int = 0
    is_at_work: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        while self.kills < self.most:
            await asyncio.sleep(self.chance.uniform(0.2, 1.8) * self.apart_seconds)
            await self.is_at_work.wait()
            number = self.chance.randrange(len(self.processes))
            await asyncio.to_thread(self.processes[number].kill)
            self.kills += 1
            self.processes[number] = ChildProcess(self.processes[number].command)


async def run_for_real(world: World, stack: Stack, logs: Path, *, chance: Random, kills: int, apart: float) -> Run:
    recorder = Recorder(world.steps[0].at)
    database = connect(stack.addresses.mongo, "notify")
    kafka = KafkaSettings(bootstrap_servers=stack.addresses.kafka)
    await initialise(database, Deployment(1, "stream"), INDEXES)
    with (
        recording_servers(recorder, patience_seconds=_PROVIDER_SECONDS) as ports,
        _running(stack, ports, logs) as those,
    ):
        killer = Killer(those, chance, kills, apart)
        async with _beside(killer.run(), _pass_what_is_ahead(kafka)), _publishing(kafka) as publisher:
            offsets = OffsetReader(kafka)
            for step in world.steps:
                await _step(
                    step,
                    publisher=publisher,
                    recorder=recorder,
                    killer=killer,
                    progress=Progress(offsets),
                    database=database,
                )
                if step.at > world.is_over_after and await is_settled(database, world.steps[-1].at):
                    break
            await offsets.close()
    ledger = await read_ledger(database)
    await database.client.close()
    return Run(recorder.taken, ledger, killer.kills)


async def _step(
    step: Step, *, publisher: Publisher, recorder: Recorder, killer: Killer, progress: Progress, database: Database
) -> None:
    """Over when all that was said is stored, and nothing is due, on its way or unsaid."""
    await publisher.publish_all(map(_record, step.news))
    recorder.now = step.at
    await publisher.publish_all([clock_record(step.at)])
    killer.is_at_work.set()
    deadline = time.monotonic() + _STEP_SECONDS
    while (await progress.look("notify")).behind or not await is_settled(database, step.at):
        assert time.monotonic() < deadline, f"step {step.at} is not over within {_STEP_SECONDS:.0f} s"
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
    killer.is_at_work.clear()


@contextmanager
def _running(stack: Stack, ports: Ports, logs: Path) -> Iterator[list[ChildProcess]]:
    told = environment(stack.addresses, clock="stream", files={"FIDELIO_PLAYBOOKS_FILE": FILE}) | {
        "FIDELIO_SMTP_HOST": "127.0.0.1",
        "FIDELIO_SMTP_PORT": str(ports.smtp),
        "FIDELIO_SMS__URL": f"http://127.0.0.1:{ports.http}/messages",
        "FIDELIO_SMS__TOKEN": "a token of the tests",
        "FIDELIO_PROVIDER_TIMEOUT_SECONDS": str(_PROVIDER_SECONDS),
        "FIDELIO_LEASE_SECONDS": str(_LEASE_SECONDS),
    }
    with ExitStack() as block:
        processes: list[ChildProcess] = []
        block.callback(lambda: [each.kill() for each in processes])
        urls = []
        for number in range(REPLICAS):
            port = free_port()
            mine = told | {"FIDELIO_ORDINAL": str(number), "FIDELIO_PORT": str(port)}
            command = Command(f"notify-{number}", on_path("fidelio-notify", "run"), logs / f"notify-{number}.log", mine)
            processes.append(ChildProcess(command))
            urls.append(f"http://127.0.0.1:{port}/live")
        for each, url in zip(processes, urls, strict=True):
            each.wait_until(lambda url=url: answers(url), within_seconds=_UP_WITHIN_SECONDS)  # type: ignore[misc]
        yield processes


@asynccontextmanager
async def _beside(*work: object) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(each) for each in work]  # type: ignore[call-overload]
    try:
        yield
        failed = [each for each in tasks if each.done()]
        await asyncio.gather(*failed)
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _publishing(kafka: KafkaSettings) -> AsyncIterator[Publisher]:
    publisher = Publisher(kafka, ordinal=None)
    try:
        yield publisher
    finally:
        await publisher.stop()


async def _pass_what_is_ahead(kafka: KafkaSettings) -> None:
    offsets = OffsetReader(kafka)
    consumers: dict[str, AIOKafkaConsumer] = {}
    try:
        for group, topics in _AHEAD.items():
            consumers[group] = AIOKafkaConsumer(
                bootstrap_servers=kafka.bootstrap_servers, group_id=group, enable_auto_commit=False
            )
            await consumers[group].start()
            consumers[group].assign(list(await offsets.ends(topics)))
        while True:
            for group, topics in _AHEAD.items():
                ends = await offsets.ends(topics)
                await consumers[group].commit(dict(ends))
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
    finally:
        for each in consumers.values():
            await each.stop()
        await offsets.close()


def _record(news: News) -> Outgoing:
    topic, number = (
        (PROFILES.name, news.revision) if isinstance(news, ProfileSnapshot) else (SEGMENTS.name, news.sequence)
    )
    at = news.cause.occurred_at if isinstance(news, ProfileSnapshot) else news.at
    ce_id = record_id(topic, news.profile, str(number))
    return make_record(
        topic,
        news.profile,
        encode(news),
        ce_id=ce_id,
        ce_type=f"fidelio.{topic}",
        source="fidelio/outreach",
        at=instant(at),
        trace=ce_id[:32],
    )
