"""A real Apache Kafka: one node, broker and controller at once."""

import os
import secrets
import socket
import struct
import subprocess
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fidelio_deploy import downloads
from fidelio_deploy.errors import StartFailed
from fidelio_deploy.ports import kept_ports
from fidelio_deploy.processes import Command
from fidelio_deploy.servers import Server

DEFAULT_HEAP = "1g"
_FOR_MINUTES_ON_TWO_CORES = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For as long as a demo or a test runs the optimising compiler would take more processor time than the broker."""
START_SECONDS = 90
PROBE_SECONDS = 2
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{kafka},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
message.max.bytes=4194304
offsets.topic.num.partitions=12
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.dedupe.buffer.size=33554432
"""
LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
)


@dataclass(frozen=True)
class Kafka:
    bootstrap: str
    server: Server

    @property
    def pid(self) -> int:
        return self.server.pid

    def stop(self) -> None:
        self.server.stop()

    def kill(self) -> None:
        self.server.kill()

    def restart(self) -> None:
        """Running again on the same port with the same data, whether it was stopped, killed or running."""
        self.server.restart()


def start_kafka(directory: Path, port: int | None = None, *, heap: str = DEFAULT_HEAP) -> Kafka:
    """A broker that answers; the directory keeps its data and its ports."""
    directory = directory.absolute()
    ports = kept_ports(directory, ("kafka", "controller"), {"kafka": port} if port else None)
    properties = directory / "server.properties"
    properties.write_text(PROPERTIES.format(**ports, data=directory / "data"))
    if not (directory / "data" / "meta.properties").exists():
        _format(properties)
    options = (f"-Xmx{heap}", "-Xms256m", "-XX:+ExitOnOutOfMemoryError", *_FOR_MINUTES_ON_TWO_CORES)
    bootstrap = f"127.0.0.1:{ports['kafka']}"
    command = Command("kafka", (*_java(*options), "kafka.Kafka", str(properties)), directory / "kafka.log")
    is_ready = partial(answers_metadata, bootstrap)
    return Kafka(bootstrap, Server(command, is_ready, start_seconds=START_SECONDS))


def answers_metadata(bootstrap: str) -> bool:
    """Whether the broker answers a metadata request and names itself in it, which it does once it serves clients."""
    host, port = bootstrap.split(",", maxsplit=1)[0].rsplit(":", 1)
    request = struct.pack(">hhih", 3, 1, 1, -1) + struct.pack(">i", 0)
    try:
        with socket.create_connection((host, int(port)), timeout=PROBE_SECONDS) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.makefile("rb").read(12)
    except OSError:
        return False
    return len(answer) == 12 and struct.unpack(">iii", answer)[2] > 0


def _java(*options: str) -> tuple[str, ...]:
    class_path = os.pathsep.join(str(jar) for jar in downloads.kafka_jars())
    return (str(downloads.java()), *options, *LOGGING, "-cp", class_path)


def _format(properties: Path) -> None:
    cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    arguments = ("format", "--standalone", f"--cluster-id={cluster}", "-c", str(properties))
    done = subprocess.run(
        (*_java("-Xmx128m"), "kafka.tools.StorageTool", *arguments), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StartFailed(f"Kafka's storage in {properties.parent} could not be formatted:\n{done.stderr}{done.stdout}")
