"""A history published step by step, the clock after it, no faster than the services follow."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fidelio_deploy.errors import StackError
from fidelio_deploy.replay.clock import clock_record
from fidelio_deploy.replay.history import MILLISECOND, Step
from fidelio_deploy.replay.pace import Pace
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.settings import KafkaSettings


@dataclass(frozen=True)
class Replay:
    publisher: Publisher
    pace: Pace

    async def run(self, steps: Iterable[Step], *, tell: Callable[[Step], None]) -> None:
        """All is published, acknowledged and worked off when this returns.

        The clock stops twice in each step. At the first stop scoring announces whom the step's silence moved; at the
        second, a millisecond later, notify has read that and decides. So a decision comes less than a step after its
        cause, however fast the history goes by. The next step's records are on their way meanwhile.
        """
        remaining = iter(steps)
        step = next(remaining, None)
        await self.publisher.publish_all(step.records if step else ())
        while step:
            following = next(remaining, None)
            await self.publisher.publish_all([clock_record(step.to - MILLISECOND)])
            await self.publisher.publish_all(following.records if following else ())
            await self.pace.until_scored(step.to - MILLISECOND)
            await self.publisher.publish_all([clock_record(step.to)])
            await self.pace.until_notified(step.to)
            tell(step)
            step = following


@asynccontextmanager
async def replay_into(kafka: str, pace: Pace) -> AsyncIterator[Replay]:
    publisher = Publisher(KafkaSettings(bootstrap_servers=kafka), ordinal=None)
    try:
        await publisher.start()
        yield Replay(publisher, pace)
    except Unavailable as error:
        raise StackError(f"Kafka at {kafka} does not answer; is it running?") from error
    finally:
        await publisher.stop()
        pace.close()
