"""The orders of the running system as training reads them, from the real interface over a real database."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import httpx

from fidelio_scoring.training.history import Order
from fidelio_scoring.training.profile_api import ProfileApi
from fidelio_shared.storage.mongo import Database
from support.api import client_on, merge, person
from support.interactions import NOON, an_interaction, an_order, customer
from support.profile_steps import live


@dataclass(frozen=True, slots=True)
class Bridge(httpx.BaseTransport):
    """From a thread that waits to the interface that does not."""

    api: httpx.AsyncClient
    loop: asyncio.AbstractEventLoop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = self.api.request(request.method, request.url.raw_path.decode())
        answer = asyncio.run_coroutine_threadsafe(asked, self.loop).result(timeout=30)
        return httpx.Response(answer.status_code, content=answer.content)


async def test_training_reads_every_order_of_the_one_who_placed_it(database: Database) -> None:
    orders = [
        an_order(each, identifiers=[customer(str(each % 5))], occurred_at=NOON + timedelta(hours=each))
        for each in range(40)
    ]
    await live(database, *orders, an_interaction(99, identifiers=[customer("1")]))
    await merge(database, person(orders[0]), person(orders[1]))
    async with client_on(database) as api:
        bridge = Bridge(api, asyncio.get_running_loop())
        with httpx.Client(base_url="http://profile", transport=bridge) as client:
            read = await asyncio.to_thread(ProfileApi(client).purchases)
    owners = [person(orders[1]), *(person(each) for each in orders[1:5])]
    assert set(read.orders) == {Order(owners[number % 5], each.occurred_at, 10.0) for number, each in enumerate(orders)}
    assert (len(read.orders), read.counts.rows) == (40, 40)
