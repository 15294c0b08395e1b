"""A history published step by step, the clock after it, no faster than the services follow."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from fidelio_deploy.errors import StackError
from fidelio_deploy.replay.clock import clock_record
from fidelio_deploy.replay.history import Step
from fidelio_deploy.replay.pace import Follower
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.settings import KafkaSettings


@dataclass(frozen=True)
class Replay:
    publisher: Publisher
    followers: tuple[Follower, ...]

    async def run(self, steps: Iterable[Step], *, tell: Callable[[Step], None]) -> None:
        """All is published, acknowledged and worked off when this returns.

        The records of a step travel while the step before is worked off, its T only afterwards. So whatever a step
        of silence moves is dealt with before the clock is two steps further: with steps of a day, no message that
        may be sent within two days is stale.
        """
        before: datetime | None = None
        for step in steps:
            await self.publisher.publish_all(step.records)
            if before:
                await self._worked_off(before)
            await self.publisher.publish_all([clock_record(step.to)])
            before = step.to
            tell(step)
        if before:
            await self._worked_off(before)

    async def _worked_off(self, to: datetime) -> None:
        for follower in self.followers:
            await follower.until_at(to)


@asynccontextmanager
async def replay_into(kafka: str, followers: tuple[Follower, ...]) -> AsyncIterator[Replay]:
    publisher = Publisher(KafkaSettings(bootstrap_servers=kafka), ordinal=None)
    try:
        await publisher.start()
        yield Replay(publisher, followers)
    except Unavailable as error:
        raise StackError(f"Kafka at {kafka} does not answer; is it running?") from error
    finally:
        await publisher.stop()
        for follower in followers:
            follower.page.close()
