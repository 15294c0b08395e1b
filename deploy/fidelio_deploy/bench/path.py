"""The whole path with every service: at full speed, then at half of that for its latency."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from fidelio_deploy.bench.bars import bar
from fidelio_deploy.bench.following import NOTIFY, OUTCOMES, SCORING, STAGES, Follower, following
from fidelio_deploy.bench.gauges import gauges_on
from fidelio_deploy.bench.latency import Latency, latency, read_instants
from fidelio_deploy.bench.sending import send_all, send_steadily
from fidelio_deploy.bench.series import Figures, figures
from fidelio_deploy.bench.workload import Workload, id_of
from fidelio_deploy.services import MAIL
from fidelio_deploy.stack import running_stack
from fidelio_shared.messaging.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class WholePath:
    """Events are counted where scoring has committed them: each interaction once, however often it was delivered."""

    full_speed: Figures
    half_load: Figures
    latency: Latency


def measure_path(workload: Workload, home: Path, *, half_load_seconds: float) -> WholePath:
    with running_stack(home) as stack:
        kafka = KafkaSettings(bootstrap_servers=stack.addresses.kafka)
        gauges = gauges_on(stack, {name: pid for name, pid in stack.supervisor.pids.items() if name != MAIL})

        async def measure() -> WholePath:
            async with following(kafka, gauges) as follower:
                return await _measure(kafka, workload, follower, half_load_seconds)

        return asyncio.run(measure())


async def _measure(kafka: KafkaSettings, workload: Workload, follower: Follower, seconds: float) -> WholePath:
    everything = workload.records(0, workload.events)
    full_speed = await _followed(follower, "the whole path, full speed", send_all(kafka, everything), workload.events)
    rate = full_speed.rate / 2
    count = int(rate * seconds)
    more = workload.records(workload.events, count)
    half_load = await _followed(follower, "the whole path, half load", send_steadily(kafka, more, rate=rate), count)
    instants = await read_instants(kafka, {id_of(workload.events + number) for number in range(count)})
    return WholePath(full_speed, half_load, latency(instants, rate=rate, published=count))


async def _followed(follower: Follower, title: str, sending: Coroutine[None, None, None], events: int) -> Figures:
    """Until scoring has all of them and nobody has anything left to do, while they are sent."""
    before = await follower.committed(SCORING)
    with bar(title, events) as show:
        async with asyncio.TaskGroup() as group:
            group.create_task(sending)
            samples = await follower.until_committed(SCORING, after=before, total=events, show=show)
    await follower.until_quiet((*STAGES, OUTCOMES, NOTIFY))
    return figures([*samples, follower.gauges.look(samples[-1].done)], events)
