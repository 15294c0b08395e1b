"""Each stage alone, in one process; what it publishes is the next one's input."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from fidelio_deploy.bench.bars import Show, bar
from fidelio_deploy.bench.following import FOLD, STAGES, Stage, following
from fidelio_deploy.bench.gauges import Gauges, gauges_on
from fidelio_deploy.bench.mongod_alone import measure_mongod_alone
from fidelio_deploy.bench.sending import send_all
from fidelio_deploy.bench.series import Figures, figures
from fidelio_deploy.bench.workload import Workload
from fidelio_deploy.ports import free_port
from fidelio_deploy.services import SERVICES, create_databases, environment, on_path
from fidelio_deploy.stack import Stack, running_stack
from fidelio_deploy.supervisor import ServiceProcess, supervised
from fidelio_shared.messaging.settings import KafkaSettings

EPOCH = 1
MONGOD_ALONE = "mongod alone"


@dataclass(frozen=True, slots=True)
class Filled:
    """A stack without services, its databases created, with the whole workload on its first topics."""

    stack: Stack
    kafka: KafkaSettings
    told: Mapping[str, str]
    home: Path


@contextmanager
def filled_stack(workload: Workload, home: Path) -> Iterator[Filled]:
    with running_stack(home, services=False) as stack:
        kafka = KafkaSettings(bootstrap_servers=stack.addresses.kafka)
        told = environment(stack.addresses, clock="wall", files={})
        create_databases(told, clock="wall", epoch=EPOCH)
        asyncio.run(send_all(kafka, workload.records(0, workload.events)))
        yield Filled(stack, kafka, told, home)


def measure_stages(filled: Filled, events: int, *, last: Stage) -> dict[str, Figures]:
    """The stages up to `last`, and after fold mongod alone with the same writes."""
    found: dict[str, Figures] = {}
    for stage in STAGES[: STAGES.index(last) + 1]:
        found[stage.name] = measure_stage(filled, stage, events)
        if stage is FOLD:
            found[MONGOD_ALONE] = _mongod_alone(filled.stack, filled.kafka, events)
    return found


def measure_stage(filled: Filled, stage: Stage, events: int) -> Figures:
    command = next(each.command for each in SERVICES if each.name == stage.service)
    with running(filled, stage.service, command) as alone, bar(f"{stage.name} alone", events) as show:
        return asyncio.run(_followed(filled.kafka, stage, gauges_on(filled.stack, alone.pids), show))


@dataclass(frozen=True, slots=True)
class Alone:
    address: str
    pids: Mapping[str, int]


@contextmanager
def running(filled: Filled, name: str, command: tuple[str, ...]) -> Iterator[Alone]:
    """One process of a service."""
    address = f"http://127.0.0.1:{free_port()}"
    environ = {**filled.told, "FIDELIO_PORT": address.rsplit(":", 1)[1]}
    service = ServiceProcess(name, on_path(*command), environ, f"{address}/ready")
    with supervised((service,), filled.home / "logs", report=Console(stderr=True).print) as supervisor:
        yield Alone(address, supervisor.pids)


async def _followed(kafka: KafkaSettings, stage: Stage, gauges: Gauges, show: Show) -> Figures:
    """From its first commit, so that its start does not count, to its last one."""
    async with following(kafka, gauges) as follower:
        total = await follower.waiting(stage)
        samples = await follower.until_committed(stage, after=0, total=total, show=show)
    return figures([each for each in samples if each.done > 0], total)


def _mongod_alone(stack: Stack, kafka: KafkaSettings, events: int) -> Figures:
    with bar(MONGOD_ALONE, events) as show:
        return asyncio.run(measure_mongod_alone(kafka, stack.addresses.mongo, gauges_on(stack, {}), show))
