"""All service processes, started before there is a Kafka, then given one, then told to end; what was seen of them."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import DescribeGroupsRequest, DescribeGroupsRequest_v2

from fidelio_deploy.kafka import Kafka, start_kafka
from fidelio_deploy.ports import free_port
from fidelio_deploy.processes import ChildProcess, Command
from fidelio_deploy.services import SERVICES, create_databases, on_path
from fidelio_deploy.topics import create_topics
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import topics_for
from fidelio_shared.messaging.connection import make_admin
from fidelio_shared.messaging.settings import KafkaSettings
from support.talking import ask

GROUPS = ("ingest.v1", "profile.resolve.v1", "profile.fold.v1", "profile.outcomes.v1", "scoring.v1", "notify.v1")
Seen = dict[str, tuple[int, int, tuple[str, ...]]]
"""Of each process the statuses of /live and /ready, and what it waits for."""


@dataclass
class ServiceStory:
    children: Mapping[str, ChildProcess]
    ports: Mapping[str, int]
    without_kafka: Seen = field(default_factory=dict)
    with_kafka: Seen = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    members_afterwards: dict[str, list[str]] = field(default_factory=dict)
    exit_codes: dict[str, int | None] = field(default_factory=dict)
    seconds_to_end: float = 0.0

    def look(self) -> Seen:
        seen: Seen = {}
        for name, port in self.ports.items():
            ready, said = ask(port, "/ready")
            seen[name] = (ask(port, "/live")[0], ready, tuple(said.get("waiting_for", ())))
        return seen

    def look_until(self, settled: Callable[[Seen], bool]) -> Seen:
        deadline = time.monotonic() + 90
        while not settled(seen := self.look()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return seen

    def end_all(self) -> None:
        began = time.monotonic()
        for child in self.children.values():
            os.kill(child.pid, signal.SIGTERM)
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda child: child.stop(grace_seconds=20), self.children.values()))
        self.seconds_to_end = time.monotonic() - began
        self.exit_codes = {name: child.exit_code for name, child in self.children.items()}


def start_services(folder: Path, *, kafka: str, mongo: str) -> ServiceStory:
    names = ("profile", "scoring", "notify")
    told = {
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": kafka,
        "FIDELIO_MONGO_URI": mongo,
        "FIDELIO_API_KEY": "key",
        "FIDELIO_SUPPRESSION_KEY": "a key of the tests",
        "FIDELIO_ORDINAL": "0",
        **{f"FIDELIO_{name.upper()}_DATABASE": f"story-{folder.name}-{name}" for name in names},
    }
    create_databases(told, clock="wall", epoch=1)
    ports = {service.name: free_port() for service in SERVICES}
    children = {
        service.name: ChildProcess(
            Command(
                service.name,
                on_path(*service.command),
                folder / f"{service.name}.log",
                told | {"FIDELIO_PORT": str(ports[service.name])},
            )
        )
        for service in SERVICES
    }
    return ServiceStory(children, ports)


def kafka_at_last(folder: Path, port: int) -> Kafka:
    kafka = start_kafka(folder, port, heap="512m")
    create_topics(kafka.bootstrap, topics_for(read_channels(None)), partitions=4)
    return kafka


async def members(bootstrap: str) -> dict[str, list[str]]:
    """Of each group the members' ids; the id of a static one begins with its own name."""
    admin = make_admin(KafkaSettings(bootstrap_servers=bootstrap))
    await admin.start()
    try:
        answer = await admin._send_request(DescribeGroups(list(GROUPS)), await admin.find_coordinator(GROUPS[0]))
    finally:
        await admin.close()
    if failed := [group for group in answer.groups if group[0]]:
        raise KafkaError(f"a group could not be described: {failed}")
    return {group[1]: sorted(member[0] for member in group[5]) for group in answer.groups}


class DescribeGroups(DescribeGroupsRequest):
    """aiokafka 0.14 asks with version 3 and reads the answer as version 2."""

    def prepare(self, _: object) -> DescribeGroupsRequest_v2:
        return DescribeGroupsRequest_v2(self._groups)
