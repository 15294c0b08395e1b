"""How long the 360° view takes, asked for at a steady rate of the API in a process of its own."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import cycle, islice

import uvloop

from fidelio_deploy.bench.bars import Show, bar
from fidelio_deploy.bench.connections import Connections, connected
from fidelio_deploy.bench.following import OUTCOMES
from fidelio_deploy.bench.gauges import Gauges, gauges_on
from fidelio_deploy.bench.series import Figures, Sample, figures, percentile
from fidelio_deploy.bench.stages import Filled, measure_stage, running
from fidelio_deploy.bench.workload import Workload
from fidelio_deploy.errors import StackError

API = "profile-api"
REQUESTS_PER_SECOND = 200
SECONDS, WARM_UP_SECONDS = 20.0, 3.0
DIFFERENT_PEOPLE = 2_000


@dataclass(frozen=True, slots=True)
class View:
    """Latency counts from when a request was due, so that one that had to wait for another shows."""

    rate: float
    p50_milliseconds: float
    p99_milliseconds: float
    figures: Figures


def measure_view(filled: Filled, workload: Workload) -> View:
    """After scoring: what scoring said is on the profiles first."""
    measure_stage(filled, OUTCOMES, workload.events)
    total = int(REQUESTS_PER_SECOND * SECONDS)
    with running(filled, API, ("fidelio-profile", "run", "--steps", "api")) as api, bar("the view", total) as show:
        gauges = gauges_on(filled.stack, api.pids)
        key, emails = filled.stack.addresses.api_key, workload.emails(DIFFERENT_PEOPLE)
        return uvloop.run(ask_steadily(api.address, key, emails, gauges, show))


async def ask_steadily(address: str, key: str, emails: Sequence[str], gauges: Gauges, show: Show) -> View:
    """Also of an API beside which others are at work."""
    async with connected(address, key) as connections:
        await _ask(connections, emails, WARM_UP_SECONDS, _nothing)
        samples: list[Sample] = [gauges.look(0)]

        def look(asked: int) -> None:
            samples.append(gauges.look(asked))
            show(asked)

        latencies = await _ask(connections, emails, SECONDS, look)
    samples.append(gauges.look(len(latencies)))
    return View(
        rate=REQUESTS_PER_SECOND,
        p50_milliseconds=percentile(latencies, 50) * 1000,
        p99_milliseconds=percentile(latencies, 99) * 1000,
        figures=figures(samples, len(latencies)),
    )


async def _ask(connections: Connections, emails: Sequence[str], seconds: float, look: Show) -> list[float]:
    """Seconds from when each was due. `look` is told now and then how many have been asked."""
    started = time.monotonic()
    tasks: list[asyncio.Task[float]] = []
    for number, email in enumerate(islice(cycle(emails), int(REQUESTS_PER_SECOND * seconds))):
        due = started + number / REQUESTS_PER_SECOND
        await asyncio.sleep(due - time.monotonic())
        tasks.append(asyncio.create_task(_ask_for(connections, email, due)))
        if number % REQUESTS_PER_SECOND == 0 and number:
            look(number)
    return await asyncio.gather(*tasks)


async def _ask_for(connections: Connections, email: str, due: float) -> float:
    status = await connections.get(f"/profiles/by/email/{email}?include=timeline,outcomes")
    if status != HTTPStatus.OK:
        raise StackError(f"the API answered {status}; see its log")
    return time.monotonic() - due


def _nothing(_: int) -> None:
    return None
