"""Whole topics as a test sees them: every record, in the order of its partition."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from fidelio_shared.messaging.connection import make_observer, make_producer
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Record:
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int

    def header(self, name: str) -> str:
        return dict(self.headers)[name].decode()


async def read_topic(bootstrap: str, topic: str) -> list[Record]:
    """Everything that is on the topic now."""
    kafka = KafkaSettings(bootstrap_servers=bootstrap)
    offsets = OffsetReader(kafka)
    ends = await offsets.ends([topic])
    await offsets.close()
    if not any(ends.values()):
        return []
    consumer = make_observer(kafka)
    await consumer.start()
    try:
        return await _drain(consumer, ends)
    finally:
        await consumer.stop()


async def _drain(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> list[Record]:
    missing = {partition for partition, end in ends.items() if end > 0}
    consumer.assign(sorted(missing))
    records: list[Record] = []
    while missing:
        fetched = await consumer.getmany(*missing, timeout_ms=1000, max_records=5000)
        for partition, found in fetched.items():
            records += [_record(each) for each in found if each.offset < ends[partition]]
            if found and found[-1].offset >= ends[partition] - 1:
                missing.discard(partition)
    return records


def _record(raw: object) -> Record:
    return Record(raw.partition, raw.offset, raw.key, raw.value, tuple(raw.headers), raw.timestamp)  # type: ignore[attr-defined]


async def publish(bootstrap: str, topic: str, records: Iterable[tuple[bytes | None, bytes | None]]) -> None:
    """Keys and values as given, acknowledged when this returns."""
    producer: AIOKafkaProducer = make_producer(KafkaSettings(bootstrap_servers=bootstrap), ordinal=None)
    await producer.start()
    try:
        sent = [await producer.send(topic, key=key, value=value) for key, value in records]
        for each in sent:
            await each
    finally:
        await producer.stop()
