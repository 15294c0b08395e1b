"""Where T of a watermark's round comes from: the wall, or, for replayed history, the records on topic `clock`."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from fidelio_shared.contracts.operations import ClockAdvanced
from fidelio_shared.contracts.topics import CLOCK
from fidelio_shared.messaging.connection import make_observer
from fidelio_shared.messaging.errors import Halted, Unavailable
from fidelio_shared.messaging.settings import KafkaSettings

ReadTime = Callable[[], Awaitable[datetime | None]]
"""None: there is no time yet, on a stream clock before its first record."""

_PARTITION = TopicPartition(CLOCK.name, 0)


def wall_clock(skew_ms: int, read_ns: Callable[[], int] = time.time_ns) -> ReadTime:
    """The last millisecond that is over for certain, held back by how far the broker's clock may run ahead."""

    async def now() -> datetime | None:
        return datetime.fromtimestamp((read_ns() // 1_000_000 - 1 - skew_ms) / 1000, UTC)

    return now


class StreamClock:
    """The latest T published. T never goes back, and stands where the replay stands."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._consumer: AIOKafkaConsumer | None = None
        self._latest: datetime | None = None

    async def read(self) -> datetime | None:
        try:
            consumer = await self._connected()
            fetched = await consumer.getmany(timeout_ms=0)
        except KafkaError as error:
            await self.close()
            raise Unavailable("kafka") from error
        for record in fetched.get(_PARTITION, ()):
            self._advance(record.value or b"")
        return self._latest

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    def _advance(self, value: bytes) -> None:
        try:
            to = ClockAdvanced.model_validate_json(value).to
        except ValidationError as error:
            raise Halted("a record on topic clock is not by its contract; remove the topic and replay") from error
        self._latest = max(to, self._latest) if self._latest else to

    async def _connected(self) -> AIOKafkaConsumer:
        """Kept before it is started, so that one that does not start is closed, too."""
        if self._consumer is None:
            self._consumer = make_observer(self._kafka)
            await self._consumer.start()
            self._consumer.assign([_PARTITION])
            await self._consumer.seek_to_beginning(_PARTITION)
        return self._consumer
