"""A topic from its beginning to where it ended when reading began, read without moving anybody's position."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from fidelio_shared.messaging.connection import make_observer
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.lag import OffsetReader, Offsets
from fidelio_shared.messaging.records import Incoming
from fidelio_shared.messaging.settings import KafkaSettings

_POLL_MS = 500


async def records_until_now(kafka: KafkaSettings, topic: str) -> AsyncIterator[Incoming]:
    """In each partition's order. Raises Unavailable."""
    ends = await _ends(kafka, topic)
    consumer = make_observer(kafka)
    try:
        await consumer.start()
        consumer.assign(list(ends))
        async for record in _read(consumer, ends):
            yield record
    except KafkaError as error:
        raise Unavailable("kafka") from error
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, ends: Offsets) -> AsyncIterator[Incoming]:
    pending = set(ends)
    await consumer.seek_to_beginning(*pending)
    while pending := {each for each in pending if await consumer.position(each) < ends[each]}:
        for partition, found in (await consumer.getmany(*pending, timeout_ms=_POLL_MS)).items():
            for record in found:
                if record.offset < ends[partition]:
                    yield record


async def _ends(kafka: KafkaSettings, topic: str) -> Offsets:
    offsets = OffsetReader(kafka)
    try:
        return await offsets.ends([topic])
    finally:
        await offsets.close()
