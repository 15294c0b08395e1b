"""News of the last days from all partitions of several topics, as one stream in the order of time."""

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from fidelio_notify.decoding import News, decode_news
from fidelio_notify.domain.simulated_people import time_of
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.contracts.topics import PROFILES, SCORES, SEGMENTS
from fidelio_shared.messaging.connection import make_observer
from fidelio_shared.messaging.errors import Halted, Rejected, Unavailable
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.records import Incoming
from fidelio_shared.messaging.settings import KafkaSettings

_TOPICS = (PROFILES.name, SCORES.name, SEGMENTS.name)
_POLL_MS = 500
_AT_ONCE = 200
_MOST_EMPTY_POLLS = 60


@dataclass(slots=True)
class _Reading:
    """Of one partition: what was fetched and is not told yet. Its own order stays, whatever its times say."""

    fetched: deque[tuple[datetime, News]] = field(default_factory=deque)
    latest: datetime | None = None

    def add(self, news: News) -> None:
        at = time_of(news)
        self.latest = max(at, self.latest) if self.latest else at
        self.fetched.append((self.latest, news))


async def news_since(kafka: KafkaSettings, since: datetime, clock: ClockKind) -> AsyncIterator[tuple[datetime, News]]:
    """Up to where the topics end when reading begins; what is broken is left out, as it is by those who follow them.
    Of two at one time, that of the profile is first. Raises Unavailable, Halted."""
    ends = await _ends(kafka)
    consumer = make_observer(kafka)
    try:
        await consumer.start()
        consumer.assign(list(ends))
        await _seek(consumer, list(ends), since, clock)
        async for at, news in _merged(consumer, ends):
            if at >= since:
                yield at, news
    except KafkaError as error:
        raise Unavailable("kafka") from error
    finally:
        await consumer.stop()


async def _ends(kafka: KafkaSettings) -> Mapping[TopicPartition, int]:
    offsets = OffsetReader(kafka)
    try:
        return await offsets.ends(_TOPICS)
    finally:
        await offsets.close()


async def _seek(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], since: datetime, clock: ClockKind
) -> None:
    """On the stream clock, the broker's times tell when history was replayed, not when it was."""
    await consumer.seek_to_beginning(*partitions)
    if clock == "wall":
        found = await consumer.offsets_for_times({each: int(since.timestamp() * 1000) for each in partitions})
        for partition, at in found.items():
            if at is None:
                await consumer.seek_to_end(partition)
            else:
                consumer.seek(partition, at.offset)


async def _merged(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[tuple[datetime, News]]:
    readings = {each: _Reading() for each in sorted(ends)}
    while True:
        await _fill(consumer, ends, readings)
        ready = [(each.fetched[0][0], partition) for partition, each in readings.items() if each.fetched]
        if not ready:
            return
        yield readings[min(ready)[1]].fetched.popleft()


async def _fill(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], readings: Mapping[TopicPartition, _Reading]
) -> None:
    """Until of each partition that is not at its end the next is there: only then the earliest of all is known."""
    silent = 0
    while pending := await _pending(consumer, ends, readings):
        fetched = await consumer.getmany(*pending, timeout_ms=_POLL_MS, max_records=_AT_ONCE)
        for partition, records in fetched.items():
            for record in records:
                if record.offset < ends[partition] and (news := _decoded(record)):
                    readings[partition].add(news)
        silent = 0 if fetched else silent + 1
        if silent == _MOST_EMPTY_POLLS:
            raise Halted("the topics give nothing more, though they are not at their end; see to Kafka, run it again")


async def _pending(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], readings: Mapping[TopicPartition, _Reading]
) -> list[TopicPartition]:
    empty = [partition for partition, each in readings.items() if not each.fetched]
    return [each for each in empty if await consumer.position(each) < ends[each]]


def _decoded(record: Incoming) -> News | None:
    try:
        return decode_news(record)
    except Rejected:
        return None
