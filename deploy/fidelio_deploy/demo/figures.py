"""The demo's figures, gathered from topics and metrics. Nothing is counted on the way in."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psutil

from fidelio_deploy.demo.outcome import Customer, DeadLetter
from fidelio_deploy.errors import StackError
from fidelio_deploy.kafka import Kafka
from fidelio_deploy.metrics import MetricsPage, total
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.stack import Stack
from fidelio_deploy.topic_reader import TopicReader
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.profile import ProfileSnapshot
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.settings import KafkaSettings


@dataclass(frozen=True)
class Flow:
    """`received`: records on all channels. `on_profiles`: interactions by (type, channel), summed over profiles.

    `profiles`: without those that turned out to be part of another.
    """

    received: int
    accepted: int
    duplicates: int
    dead_letters: Mapping[DeadLetter, int]
    on_profiles: Mapping[tuple[str, str], int]
    profiles: int

    @property
    def orders(self) -> int:
        return sum(count for (what, _), count in self.on_profiles.items() if what == "order.placed")

    @property
    def refused(self) -> int:
        return sum(self.dead_letters.values())


async def read_flow(stack: Stack, snapshots: Iterable[ProfileSnapshot], dead: Mapping[DeadLetter, int]) -> Flow:
    listed = tuple(snapshots)
    return Flow(
        received=await _received(stack.addresses.kafka),
        accepted=await accepted(stack),
        duplicates=await _total(stack, "profile-fold", "profile_duplicates_total"),
        dead_letters=dead,
        on_profiles=on_profiles(listed),
        profiles=sum(each.state is not None for each in listed),
    )


async def accepted(stack: Stack) -> int:
    """Interactions that passed ingest so far."""
    return await _total(stack, "ingest", "ingest_interactions_total")


def on_profiles(snapshots: Iterable[ProfileSnapshot]) -> Mapping[tuple[str, str], int]:
    counts: Counter[tuple[str, str]] = Counter()
    for snapshot in snapshots:
        for each in snapshot.state.activity if snapshot.state else ():
            counts[each.type, each.channel] += each.count
    return counts


def bands_and_stages(customers: Iterable[Customer]) -> Mapping[tuple[str, str], int]:
    """Customers by (churn band, lifecycle segment)."""
    return Counter((each.churn.band, each.stage) for each in customers)


def cpu_seconds(stack: Stack) -> Mapping[str, float]:
    """Used so far by each process of the stack; of servers that are not ours nothing is known."""
    pids = dict(stack.supervisor.pids)
    if isinstance(stack.kafka, Kafka):
        pids["kafka"] = stack.kafka.pid
    if isinstance(stack.mongo, Mongod):
        pids["mongod"] = stack.mongo.pid
    return {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in pids.items()}


async def _received(kafka: str) -> int:
    topics = [channel_topic(each) for each in read_channels(None)]
    async with TopicReader(KafkaSettings(bootstrap_servers=kafka), *topics) as reader:
        return await reader.count()


async def _total(stack: Stack, process: str, counter: str) -> int:
    page = MetricsPage(stack.addresses.processes[process])
    try:
        if (samples := await page.read()) is None:
            raise StackError(f"{process} does not answer, so that its figures are not known")
        return total(samples, counter)
    finally:
        page.close()
