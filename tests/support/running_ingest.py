"""The real ingest, as its own process, on a Kafka whose topics are there."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from fidelio_deploy.ports import free_port
from fidelio_deploy.services import on_path
from fidelio_deploy.supervisor import ServiceProcess, supervised
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.lag import OffsetReader, lag
from fidelio_shared.messaging.settings import KafkaSettings

GROUP = "ingest.v1"
TOPICS = tuple(channel_topic(each) for each in read_channels(None))
_PATIENCE_SECONDS = 40


@contextmanager
def running_ingest(bootstrap: str, logs: Path, **settings: str) -> Iterator[None]:
    """Its log is in `logs`. It is no static member, so that its group is empty once it has ended."""
    port = free_port()
    told: Mapping[str, str] = {
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "FIDELIO_API_KEY": "a key",
        "FIDELIO_PORT": str(port),
        **settings,
    }
    process = ServiceProcess("ingest", on_path("fidelio-ingest", "run"), told, f"http://127.0.0.1:{port}/ready")
    with supervised([process], logs, report=lambda _: None):
        yield


async def all_is_ingested(bootstrap: str) -> None:
    """Returns once ingest has committed everything that was on the channels when asked."""
    offsets = OffsetReader(KafkaSettings(bootstrap_servers=bootstrap))
    try:
        ends = await offsets.ends(TOPICS)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while lag(ends, await offsets.committed(GROUP), {}):
                await asyncio.sleep(0.05)
    finally:
        await offsets.close()


async def rewind_ingest(bootstrap: str, partitions: Sequence[TopicPartition]) -> None:
    """The stopped ingest will read these partitions from their beginning, as after a crash before any commit."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(partitions))
        await consumer.commit(dict.fromkeys(partitions, 0))
    finally:
        await consumer.stop()
