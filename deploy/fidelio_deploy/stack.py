"""A whole Fidelio for the length of a block: Kafka, MongoDB, topics, databases, services."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fidelio_deploy.addresses import StackAddresses, published
from fidelio_deploy.choices import Choices, kept_choices
from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.ownership import owned
from fidelio_deploy.ports import kept_ports
from fidelio_deploy.provision import NamedKafka, NamedMongo, provided_kafka, provided_mongo
from fidelio_deploy.services import MAIL, SERVICES, Service, create_databases, environment, service_processes
from fidelio_deploy.signals import unwound_at_sigterm
from fidelio_deploy.supervisor import ServiceProcess, Supervisor, supervised
from fidelio_deploy.topics import create_topics
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.contracts.topics import topics_for


@dataclass(frozen=True)
class Stack:
    addresses: StackAddresses
    kafka: Kafka | NamedKafka
    mongo: Mongod | NamedMongo
    supervisor: Supervisor


@contextmanager
def running_stack(
    directory: Path | None = None,
    *,
    clock: ClockKind = "wall",
    epoch: int | None = None,
    partitions: int = 12,
    services: bool = True,
    channels_file: Path | None = None,
    playbooks_file: Path | None = None,
) -> Iterator[Stack]:
    """Everything runs and answers; nothing of it is left afterwards, also after Ctrl-C or SIGTERM.

    The directory keeps data, logs and ports; without one, a temporary directory is used and removed.
    """
    with ExitStack() as block:
        block.enter_context(unwound_at_sigterm())
        home = (directory or Path(block.enter_context(TemporaryDirectory(prefix="fidelio-")))).absolute()
        block.enter_context(owned(home))
        choices = kept_choices(home, clock=clock, epoch=epoch, partitions=partitions)
        kafka = block.enter_context(provided_kafka(home / "kafka"))
        mongo = block.enter_context(provided_mongo(home / "mongo"))
        create_topics(kafka.bootstrap, topics_for(read_channels(channels_file)), partitions=partitions)
        _say("Kafka and MongoDB answer, topics are there")
        running = SERVICES if services else ()
        files = {"FIDELIO_CHANNELS_FILE": channels_file, "FIDELIO_PLAYBOOKS_FILE": playbooks_file}
        addresses = _addresses(home, kafka.bootstrap, mongo.uri, choices, running)
        processes = _prepared(addresses, choices, files) if running else ()
        supervisor = block.enter_context(supervised(processes, home / "logs", report=_say))
        block.enter_context(published(home, addresses))
        yield Stack(addresses, kafka, mongo, supervisor)


def _addresses(home: Path, kafka: str, mongo: str, choices: Choices, running: tuple[Service, ...]) -> StackAddresses:
    """Every service has its address whether it runs or not, so that one started by hand can take its place."""
    ports = kept_ports(home, (MAIL, *(service.name for service in SERVICES)))
    urls = {service.name: f"http://127.0.0.1:{ports[service.name]}" for service in SERVICES}
    return StackAddresses(
        kafka=kafka,
        mongo=mongo,
        ingest=urls["ingest"],
        profile=urls["profile"],
        scoring=urls["scoring"],
        notify=urls["notify"],
        smtp=f"127.0.0.1:{ports[MAIL]}",
        mailbox=str(home / "mail"),
        api_key=choices.api_key,
        processes={service.name: urls[service.name] for service in running},
    )


def _prepared(
    addresses: StackAddresses, choices: Choices, files: Mapping[str, Path | None]
) -> tuple[ServiceProcess, ...]:
    told = environment(addresses, clock=choices.clock, files=files)
    create_databases(told, clock=choices.clock, epoch=choices.epoch)
    return service_processes(addresses, told)


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)
