"""Three notifies in one process, each with its partitions, which die where a store or a provider is waited for."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from inspect import iscoroutinefunction
from random import Random
from typing import Any

from fidelio_notify.decoding import decode_news
from fidelio_notify.handlers import NotifyHandlers
from fidelio_notify.partitions import Partitions
from fidelio_notify.providers import Accepted, Later, Order, Outcome, Refused, Unknown
from fidelio_notify.stores import Stores
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.profile import ProfileSnapshot
from fidelio_shared.contracts.topics import PROFILES, SEGMENTS
from fidelio_shared.messaging.batch import Batch, decode_all
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor
from support.outreach.behaviour import TAKING
from support.outreach.declared import CHANNELS, playbooks
from support.outreach.ledger import is_settled, read_ledger
from support.outreach.oracle import KNOW_THEIR_ORDERS
from support.outreach.recording import Recorder
from support.outreach.run import Run
from support.outreach.world import News, Step, World
from support.releases import SECRET, Desk, Killed, a_desk
from support.settling import ARecord

DESKS = 3
HOLDOUT_KEY = b"key"
_PARTITIONS = Partitions(12)
_LEASE = timedelta(seconds=3)
_PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Death:
    """Comes at random: at so many calls of a store, and of a provider, before it and after it."""

    chance: Random
    in_stores: float = 0.0
    in_calls: float = 0.0
    kills: int = 0

    def may_come(self, share: float) -> None:
        if self.chance.random() < share:
            self.kills += 1
            raise Killed


@dataclass(slots=True)
class FlakyProvider:
    """Does what its behaviour is, at once; whoever waits for it may die before and after it has taken the message."""

    channel: str
    recorder: Recorder
    death: Death
    meanwhile: Callable[[], Awaitable[None]]

    @property
    def repeats_safely(self) -> bool:
        return self.channel in KNOW_THEIR_ORDERS

    @asynccontextmanager
    async def session(self) -> AsyncIterator["FlakyProvider"]:
        yield self

    async def send(self, order: Order) -> Outcome:
        self.death.may_come(self.death.in_calls)
        behaviour = self.recorder.asked(order.decision, self.channel, order.to)
        if behaviour in TAKING:
            self.recorder.take(order.decision, self.channel, order.to)
        await self.meanwhile()
        self.death.may_come(self.death.in_calls)
        match behaviour:
            case "dead":
                return Refused("550 5.1.1", is_address_dead=True)
            case "refuses":
                return Refused("554")
            case "busy":
                return Later("451")
            case "takes" | "twice" | "knows":
                return Accepted(f"<{order.decision}@test>")
            case _:
                return Unknown()


class _Mortal:
    """A store on whose every call the process may end, before it or after it."""

    def __init__(self, store: Any, death: Death) -> None:
        self._store, self._death = store, death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not iscoroutinefunction(found):
            return found

        async def called(*arguments: Any, **named: Any) -> Any:
            self._death.may_come(self._death.in_stores)
            answer = await found(*arguments, **named)
            self._death.may_come(self._death.in_stores)
            return answer

        return called


@dataclass(slots=True)
class Replica:
    """One of the desks, however often it dies: another process then, with the same partitions."""

    number: int
    database: Database
    recorder: Recorder
    death: Death
    lease: timedelta = timedelta(0)
    owns: frozenset[int] = frozenset()
    other: "Replica | None" = None
    lives: int = 0
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.lives += 1
        alive = Stores.of(self.database, Suppressor(SECRET))
        mortal = Stores(*(_Mortal(getattr(alive, each.name), self.death) for each in fields(Stores)))
        self.desk = a_desk(
            self.database,
            playbooks=playbooks(),
            providers={each: FlakyProvider(each, self.recorder, self.death, self.meanwhile) for each in CHANNELS},
            owner=f"{self.number}.{self.lives}",
            lease=self.lease,
            now=None,
            stores=mortal,
            partitions=_PARTITIONS,
            owned=self.owns,
        )

    async def follow(self, news: Mapping[int, list[News]]) -> None:
        """Until all of it had its effect, as after a crash: from the beginning of what was not committed."""
        mine = [each for partition in sorted(self.owns) for each in news[partition]]
        items, refused = decode_all([_record(each) for each in mine], decode_news)
        assert not refused
        while True:
            release = self.desk.release
            handlers = NotifyHandlers(
                self.desk.stores, release.in_use, self.desk.publisher, release.times, lambda *_: None
            )
            try:
                await handlers.follow_news(Batch(items, lambda: True, lambda: None))
                return
            except Killed:
                self.begin()

    async def meanwhile(self) -> None:
        """During a call of this one, another that owns the same partitions works on, as far as a page."""
        await asyncio.sleep(0)
        if self.other:
            self.other.desk.release.watermark.value = self.recorder.now
            await self.other.desk.release.release_page()

    async def work(self) -> None:
        self.desk.release.watermark.value = self.recorder.now
        try:
            while await self.desk.release.release_page():
                pass
        except Killed:
            self.begin()


async def run(world: World, database: Database, death: Death) -> Run:
    """Each partition is one desk's."""
    shares = [frozenset(range(number, _PARTITIONS.count, DESKS)) for number in range(DESKS)]
    recorder = Recorder(world.steps[0].at)
    replicas = [Replica(number, database, recorder, death, owns=share) for number, share in enumerate(shares)]
    return await _run(world, database, replicas)


async def run_with_two_owners(world: World, database: Database) -> Run:
    """Of each partition: one of them has not noticed yet that it is not its own any more. Nobody dies."""
    everything = frozenset(range(_PARTITIONS.count))
    recorder, death = Recorder(world.steps[0].at), Death(Random(0))
    first, second = (Replica(each, database, recorder, death, lease=_LEASE, owns=everything) for each in range(2))
    first.other = second
    return await _run(world, database, [first])


async def _run(world: World, database: Database, replicas: list[Replica]) -> Run:
    for step in world.steps:
        await _step(step, replicas, database)
        if step.at > world.is_over_after and await is_settled(database, world.steps[-1].at):
            break
    return Run(replicas[0].recorder.taken, await read_ledger(database), replicas[0].death.kills)


async def _step(step: Step, replicas: list[Replica], database: Database) -> None:
    news: dict[int, list[News]] = defaultdict(list)
    for each in step.news:
        news[_PARTITIONS.of(each.profile)].append(each)
    await asyncio.gather(*(each.follow(news) for each in replicas))
    replicas[0].recorder.now = step.at
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        await asyncio.gather(*(each.work() for each in replicas))
        if await is_settled(database, step.at):
            return
    raise AssertionError(f"there is no end of step {step.at}")


def _record(news: News) -> ARecord:
    topic = PROFILES if isinstance(news, ProfileSnapshot) else SEGMENTS
    return ARecord(encode(news), topic=topic.name, partition=_PARTITIONS.of(news.profile))
