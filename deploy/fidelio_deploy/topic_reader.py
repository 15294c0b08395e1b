"""Topics read from their beginning to where they end now, and later from there on."""

from collections.abc import AsyncIterator
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from fidelio_deploy.errors import StackError
from fidelio_shared.messaging.connection import make_observer
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.records import Incoming
from fidelio_shared.messaging.settings import KafkaSettings

FETCH_RECORDS = 5000
WAIT_MS = 1000


class TopicReader:
    """Belongs to no consumer group, so it moves nobody's position."""

    def __init__(self, kafka: KafkaSettings, *topics: str) -> None:
        self._kafka, self._topics = kafka, topics
        self._offsets = OffsetReader(kafka)
        self._consumer: AIOKafkaConsumer = make_observer(kafka)

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
            self._refuse_unknown(await self._consumer.topics())
            self._consumer.assign(sorted(await self._offsets.ends(self._topics)))
            await self._consumer.seek_to_beginning()
        except StackError:
            await self.__aexit__()
            raise
        except (KafkaError, Unavailable) as error:
            await self.__aexit__()
            raise StackError(f"Kafka at {self._kafka.bootstrap_servers} does not answer; is it running?") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._offsets.close()

    async def skip_to_end(self) -> None:
        """What is on the topics already is not read."""
        await self._consumer.seek_to_end()
        for partition in self._consumer.assignment():
            await self._consumer.position(partition)

    async def new_records(self) -> AsyncIterator[Incoming]:
        """Everything up to the ends as they are now that was not read before; in order within a partition."""
        ends = await self._offsets.ends(self._topics)
        while behind := [each for each, end in ends.items() if await self._consumer.position(each) < end]:
            fetched = await self._consumer.getmany(*behind, timeout_ms=WAIT_MS, max_records=FETCH_RECORDS)
            for records in fetched.values():
                for record in records:
                    yield record

    def _refuse_unknown(self, known: set[str]) -> None:
        if unknown := sorted(set(self._topics) - known):
            raise StackError(f"there is no topic {unknown[0]}; there are: {', '.join(sorted(known))}")

    async def count(self) -> int:
        """Records ever appended; what retention deleted is counted too."""
        ends: dict[TopicPartition, int] = dict(await self._offsets.ends(self._topics))
        return sum(ends.values())
