"""Posts to subscribers, at an address that was checked, and at no other."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import httpx

from fidelio_notify.adapters.certificates import trusting
from fidelio_notify.adapters.http_posting import a_client, post
from fidelio_notify.adapters.mongo_webhooks import MongoWebhookStore
from fidelio_notify.domain.addresses import Hostile, Reach, Target, checked_address, target_of
from fidelio_notify.domain.posting import Answer
from fidelio_notify.domain.webhooks import (
    Again,
    Delivered,
    Delivery,
    Ending,
    GivenUp,
    Gone,
    Webhook,
    ending,
    pause,
    posting,
)
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_RESOLVE_SECONDS = 5.0
_EVERY_SECONDS = 1.0
_TOGETHER = 8
_CLAIMED = 48
_TURN = timedelta(seconds=30)
_LEASE = timedelta(minutes=3)
_STOPPING_SECONDS = 5.0


async def resolve(host: str, port: int) -> Sequence[str]:
    """Empty where the name is not known, or nobody says so in time."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True, slots=True)
class WebhookSender:
    reach: Reach = Reach()
    resolve: Resolve = resolve
    ca_file: Path | None = None
    timeout_seconds: float = 15.0

    @asynccontextmanager
    async def line(self, webhook: Webhook) -> AsyncIterator["WebhookLine"]:
        """Its name is asked for once; every connection of the line goes to the address that was checked."""
        async with a_client(trusting(self.ca_file, "http/1.1"), kept=_TOGETHER) as client:
            yield WebhookLine(client, webhook, await self._checked(webhook), self.timeout_seconds)

    async def _checked(self, webhook: Webhook) -> tuple[Target, str] | None:
        """None where it may not be posted to, whatever it was when it was subscribed."""
        try:
            target = target_of(webhook.url, self.reach)
            resolved = [target.host] if target.is_numeric else await self.resolve(target.host, target.port)
            return target, checked_address(target, resolved, self.reach)
        except Hostile:
            return None


@dataclass(frozen=True, slots=True)
class WebhookLine:
    client: httpx.AsyncClient
    webhook: Webhook
    checked: tuple[Target, str] | None
    timeout_seconds: float

    async def send(self, delivery: Delivery) -> Answer | None:
        """None where there was no answer, or nobody that may be asked."""
        if self.checked is None:
            return None
        target, address = self.checked
        answer = await post(
            self.client,
            target.at(address),
            posting(self.webhook, delivery, target.host_header, now=datetime.now(UTC)),
            seconds=self.timeout_seconds,
            server_name=None if target.is_numeric else target.host,
        )
        return answer if isinstance(answer, Answer) else None


@dataclass(frozen=True, slots=True)
class WebhookDispatch:
    """`draw`: a chance from 0 to 1; `name`: of an owner, never the same again; `count`: told each ending's name."""

    store: MongoWebhookStore
    sender: WebhookSender
    draw: Callable[[], float]
    name: Callable[[], str]
    count: Callable[[str], None]
    health: Health
    turns: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Each subscriber has turns of its own: one that is slow delays nobody else."""
        try:
            while True:
                try:
                    await self.begin_turns()
                    self.health.go_on("webhooks")
                except Unavailable as error:
                    self.health.wait_for(error.dependency, who="webhooks")
                await asyncio.sleep(_EVERY_SECONDS)
        finally:
            for each in self.turns.values():
                each.cancel()
            if self.turns:
                await asyncio.wait(self.turns.values(), timeout=_STOPPING_SECONDS)

    async def begin_turns(self) -> None:
        for webhook, turn in list(self.turns.items()):
            if turn.done():
                del self.turns[webhook]
                turn.result()
        for each in await self.store.resumable(datetime.now(UTC)):
            if each.webhook not in self.turns:
                self.turns[each.webhook] = asyncio.create_task(self.turn(each))

    async def turn(self, webhook: Webhook) -> None:
        """Until nothing is due, something fails, or the time is over."""
        ends_at = datetime.now(UTC) + _TURN
        owner, claimed = await self._claim(webhook)
        if not claimed:
            return
        async with self.sender.line(webhook) as line:
            while claimed and await self._work_off(line, claimed, owner) and datetime.now(UTC) < ends_at:
                owner, claimed = await self._claim(webhook)

    async def _claim(self, webhook: Webhook) -> tuple[str, Sequence[Delivery]]:
        """For longer than all of them can take."""
        owner, now = self.name(), datetime.now(UTC)
        return owner, await self.store.claim(webhook.webhook, owner, now=now, until=now + _LEASE, limit=_CLAIMED)

    async def _work_off(self, line: WebhookLine, claimed: Sequence[Delivery], owner: str) -> bool:
        """False where something failed. The first goes alone, on behalf of all."""
        left = iter(claimed)
        size = 1
        while group := list(islice(left, size)):
            endings = await asyncio.gather(*(self._attempt(line, each) for each in group))
            for delivery, each in zip(group, endings, strict=True):
                await self._settle(delivery, each, owner)
            if not all(isinstance(each, Delivered) for each in endings):
                await self._give_way(line.webhook, endings, list(left), owner)
                return False
            if line.webhook.failures and size == 1:
                await self.store.resume(line.webhook.webhook)
            size = _TOGETHER
        return True

    async def _attempt(self, line: WebhookLine, delivery: Delivery) -> Ending:
        answer = await line.send(delivery)
        return ending(delivery, answer, now=datetime.now(UTC), chance=self.draw())

    async def _settle(self, delivery: Delivery, reached: Ending, owner: str) -> None:
        self.count(_NAMES[type(reached)])
        match reached:
            case Again(at):
                await self.store.again(delivery, owner, at=at)
            case _:
                await self.store.close(delivery, owner, now=datetime.now(UTC))

    async def _give_way(
        self, webhook: Webhook, endings: Sequence[Ending], untried: Sequence[Delivery], owner: str
    ) -> None:
        now = datetime.now(UTC)
        if any(isinstance(each, Gone) for each in endings):
            await self.store.disable(webhook.webhook, "gone")
            return
        await self.store.release(untried, owner, at=now)
        await self.store.pause(webhook.webhook, pause(webhook, now=now, chance=self.draw()))


_NAMES: dict[type[Ending], str] = {Delivered: "delivered", Again: "again", GivenUp: "given_up", Gone: "gone"}
