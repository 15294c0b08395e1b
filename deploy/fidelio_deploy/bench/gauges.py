"""What processes use, as the operating system counts it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from fidelio_deploy.bench.series import Sample, Usage
from fidelio_deploy.errors import StackError
from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.stack import Stack

BROKER, MONGOD = "broker", "mongod"


@dataclass(frozen=True, slots=True)
class Gauges:
    processes: Mapping[str, psutil.Process]

    def look(self, done: int) -> Sample:
        return Sample(time.monotonic(), done, {name: _usage(name, each) for name, each in self.processes.items()})


def gauges_on(stack: Stack, services: Mapping[str, int]) -> Gauges:
    """The servers of the stack, and these services by their process ids."""
    assert isinstance(stack.kafka, Kafka), "a server that is not ours cannot be measured"
    assert isinstance(stack.mongo, Mongod), "a server that is not ours cannot be measured"
    pids = {BROKER: stack.kafka.pid, MONGOD: stack.mongo.pid, **services}
    return Gauges({name: psutil.Process(pid) for name, pid in pids.items()})


def _usage(name: str, process: psutil.Process) -> Usage:
    try:
        with process.oneshot():
            spent = process.cpu_times()
            return Usage(spent.user + spent.system, process.memory_info().rss)
    except psutil.NoSuchProcess as error:
        raise StackError(f"{name} ended while it was measured; see the messages above") from error
