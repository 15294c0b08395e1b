"""What subscribers are posted, how often it is tried, and who may have it: on a real database and real servers."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import orjson
import pytest
import standardwebhooks
import trustme
from hypothesis import given
from hypothesis import strategies as st

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedMongo
from fidelio_notify.adapters.mongo_webhooks import INDEXES, MongoWebhookStore, TooManyWebhooks
from fidelio_notify.adapters.webhooks import WebhookDispatch, WebhookSender, resolve
from fidelio_notify.domain.addresses import Hostile, Reach
from fidelio_notify.domain.posting import Answer
from fidelio_notify.domain.webhooks import (
    EVENT_TYPES,
    MOST_ATTEMPTS,
    OLDEST,
    Again,
    Delivered,
    Delivery,
    Ending,
    GivenUp,
    Gone,
    Webhook,
    deliveries,
    ending,
    longest_wait,
    pause,
    subscribe,
)
from fidelio_notify.webhook_handlers import WebhookHandlers, decode_notification
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.messaging.batch import Batch, Decoded
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.health import Health
from fidelio_shared.storage.mongo import Database, Deployment, connect, initialise
from support.http_servers import Asked, HttpServer, Reply, always, serving_http
from support.incoming import a_record
from support.notifications import ANN, NOON, a_change

WEBHOOK = subscribe("https://hooks.example.org/", types=EVENT_TYPES, reach=Reach(), random_bytes=b"r" * 32)


def a_delivery(number: int = 0, *, webhook: Webhook = WEBHOOK, at: datetime = NOON, attempts: int = 1) -> Delivery:
    (found,) = deliveries([webhook], hash16("event", number), a_change(number=number, at=at))
    return replace(found, attempts=attempts)


def an_answer(status: int, retry_after: str | None = None) -> Answer:
    return Answer(status, b"", retry_after, NOON)


@pytest.mark.parametrize("types", [(), ("notification.read",), ("notification.sent", "order.placed")])
def test_who_subscribes_names_types_that_exist(types: Sequence[str]) -> None:
    with pytest.raises(ValueError, match=r"notification\.sent"):
        subscribe("https://hooks.example.org/", types=types, reach=Reach(), random_bytes=b"r" * 32)


def test_who_subscribes_from_inside_the_network_is_refused() -> None:
    with pytest.raises(Hostile):
        subscribe("https://10.0.0.1/", types=EVENT_TYPES, reach=Reach(), random_bytes=b"r" * 32)


def test_a_secret_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        subscribe("https://hooks.example.org/", types=EVENT_TYPES, reach=Reach(), random_bytes=b"r")


def test_what_is_owed_is_what_was_subscribed_to_and_by_who_still_wants_it() -> None:
    wanted = replace(WEBHOOK, webhook=hash16("b"), types=frozenset({"notification.suppressed"}))
    gone = replace(WEBHOOK, webhook=hash16("c"), disabled="gone")

    owed = [list(deliveries([WEBHOOK, wanted, gone], "e", a_change(step))) for step in ("sent", "suppressed")]

    assert [[each.webhook for each in some] for some in owed] == [[WEBHOOK.webhook], [WEBHOOK.webhook, wanted.webhook]]


@pytest.mark.parametrize(
    ("answer", "reached"),
    [
        (an_answer(200), Delivered()),
        (an_answer(204), Delivered()),
        (an_answer(410), Gone()),
        (an_answer(302), Again(NOON + timedelta(seconds=2.5))),
        (an_answer(400), Again(NOON + timedelta(seconds=2.5))),
        (an_answer(500), Again(NOON + timedelta(seconds=2.5))),
        (None, Again(NOON + timedelta(seconds=2.5))),
        (an_answer(429, "60"), Again(NOON + timedelta(seconds=60))),
        (an_answer(503, "1"), Again(NOON + timedelta(seconds=2.5))),
    ],
)
def test_what_an_answer_means(answer: Answer | None, reached: Ending) -> None:
    assert ending(a_delivery(), answer, now=NOON, chance=0.5) == reached


def test_the_waits_grow_to_half_a_day_and_are_drawn_from_all_of_their_length() -> None:
    longest = [longest_wait(each).total_seconds() for each in range(1, MOST_ATTEMPTS + 1)]

    assert longest == [5, 20, 80, 320, 1280, 5120, 20480, 43200, 43200, 43200, 43200, 43200]
    for chance in (0.0, 0.25, 1.0):
        at = NOON + timedelta(seconds=1280 * chance)
        assert ending(a_delivery(attempts=5), None, now=NOON, chance=chance) == Again(at)


def test_nothing_is_tried_more_often_or_longer_than_is_useful() -> None:
    last = a_delivery(attempts=MOST_ATTEMPTS)
    old = a_delivery(at=NOON - OLDEST)

    assert ending(last, None, now=NOON, chance=0) == GivenUp()
    assert ending(old, None, now=NOON, chance=0.1) == GivenUp()
    assert ending(last, an_answer(200), now=NOON, chance=0) == Delivered()
    assert ending(old, an_answer(200), now=NOON, chance=0) == Delivered()


@given(attempts=st.integers(1, 1000), chance=st.floats(0, 1), failures=st.integers(0, 10**6))
def test_every_wait_has_an_end(attempts: int, chance: float, failures: int) -> None:
    reached = ending(a_delivery(attempts=attempts), None, now=NOON, chance=chance)

    assert reached == GivenUp() if attempts >= MOST_ATTEMPTS else isinstance(reached, Again)
    assert pause(replace(WEBHOOK, failures=failures), now=NOON, chance=chance) <= NOON + timedelta(hours=1)


@pytest.fixture
async def store(mongod: Mongod | NamedMongo) -> AsyncIterator[MongoWebhookStore]:
    database: Database = connect(mongod.uri, "webhooks_test")
    await initialise(database, Deployment(1, "wall"), INDEXES)
    for name in INDEXES:
        await database[name].delete_many({})
    yield MongoWebhookStore(database)
    await database.client.close()


def local(server: HttpServer) -> Webhook:
    return subscribe(
        f"http://127.0.0.1:{server.port}/hook", types=EVENT_TYPES, reach=reaching(server), random_bytes=b"s" * 32
    )


def reaching(*servers: HttpServer) -> Reach:
    return Reach(local_ports=frozenset(each.port for each in servers))


def a_dispatch(
    store: MongoWebhookStore, sender: WebhookSender, counted: list[str], *, draw: float = 1.0
) -> WebhookDispatch:
    names: Iterator[int] = count()
    return WebhookDispatch(
        store, sender, draw=lambda: draw, name=lambda: f"owner {next(names)}", count=counted.append, health=Health()
    )


async def subscribed(store: MongoWebhookStore, webhook: Webhook, *, owed: int = 1) -> Webhook:
    await store.add(webhook)
    await store.enqueue([a_delivery(each, webhook=webhook, at=datetime.now(UTC)) for each in range(owed)])
    return webhook


async def a_round(dispatch: WebhookDispatch) -> None:
    await dispatch.begin_turns()
    await asyncio.gather(*dispatch.turns.values())
    await dispatch.begin_turns()


async def test_what_is_posted_verifies_with_the_library_of_standard_webhooks(store: MongoWebhookStore) -> None:
    counted: list[str] = []
    async with serving_http(always(Reply(204))) as server:
        webhook = await subscribed(store, local(server))
        await a_round(a_dispatch(store, WebhookSender(reaching(server)), counted))

    (asked,) = server.asked
    told = standardwebhooks.Webhook(webhook.secrets[0]).verify(asked.body, dict(asked.headers))
    assert (told["type"], told["data"]["decision"]) == ("notification.sent", hash16("decision", 0))
    assert (asked.headers["webhook-id"], asked.headers["host"]) == (hash16("event", 0), f"127.0.0.1:{server.port}")
    assert counted == ["delivered"]
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(WEBHOOK.secrets[0]).verify(asked.body, dict(asked.headers))


async def test_all_that_is_owed_is_posted_once_over_few_connections(store: MongoWebhookStore) -> None:
    counted: list[str] = []
    async with serving_http(always(Reply(204))) as server:
        await subscribed(store, local(server), owed=60)
        dispatch = a_dispatch(store, WebhookSender(reaching(server)), counted)
        await a_round(dispatch)
        await a_round(dispatch)

    assert sorted(each.headers["webhook-id"] for each in server.asked) == sorted(hash16("event", n) for n in range(60))
    assert counted == ["delivered"] * 60
    assert server.connections <= 8


async def test_two_processes_post_each_delivery_once(store: MongoWebhookStore) -> None:
    async with serving_http(always(Reply(204))) as server:
        await subscribed(store, local(server), owed=100)
        names = iter(range(1000))
        sender = WebhookSender(reaching(server))
        processes = [
            replace(a_dispatch(store, sender, []), name=lambda: f"owner {next(names)}", turns={}) for _ in range(2)
        ]
        await asyncio.gather(*map(a_round, processes))

    assert sorted(each.headers["webhook-id"] for each in server.asked) == sorted(hash16("event", n) for n in range(100))


async def test_a_record_that_is_read_twice_is_posted_once(store: MongoWebhookStore) -> None:
    async with serving_http(always(Reply(204))) as server:
        webhook = await subscribed(store, local(server))
        dispatch = a_dispatch(store, WebhookSender(reaching(server)), [])
        await a_round(dispatch)
        await store.enqueue([a_delivery(webhook=webhook)])
        await a_round(dispatch)

    assert len(server.asked) == 1


async def test_a_server_that_is_down_is_asked_by_one_of_all_that_wait_and_by_none_until_the_pause_ends(
    store: MongoWebhookStore,
) -> None:
    counted: list[str] = []
    async with serving_http(always(Reply(500))) as server:
        webhook = await subscribed(store, local(server), owed=5)
        dispatch = a_dispatch(store, WebhookSender(reaching(server)), counted)
        await a_round(dispatch)
        await a_round(dispatch)

    assert (len(server.asked), counted) == (1, ["again"])
    later = datetime.now(UTC) + timedelta(seconds=6)
    assert [each.failures for each in await store.resumable(later)] == [1]
    owed = await store.claim(webhook.webhook, "me", now=later, until=later, limit=10)
    assert sorted(each.attempts for each in owed) == [1, 1, 1, 1, 2]


async def test_when_it_is_back_it_gets_all_and_its_failures_are_forgotten(store: MongoWebhookStore) -> None:
    async with serving_http(always(Reply(503))) as server:
        webhook = await subscribed(store, local(server), owed=3)
        dispatch = a_dispatch(store, WebhookSender(reaching(server)), [], draw=0.0)
        await a_round(dispatch)
        server.answering = always(Reply(200))
        await a_round(dispatch)

    assert len({each.headers["webhook-id"] for each in server.asked}) == 3
    assert [each.failures for each in await store.resumable(datetime.now(UTC))] == [0]
    assert await store.claim(webhook.webhook, "me", now=NOON + OLDEST * 1000, until=NOON, limit=10) == ()


async def test_a_subscriber_that_is_gone_is_disabled_and_owed_nothing_any_more(store: MongoWebhookStore) -> None:
    counted: list[str] = []
    async with serving_http(always(Reply(410))) as server:
        webhook = await subscribed(store, local(server), owed=3)
        dispatch = a_dispatch(store, WebhookSender(reaching(server)), counted)
        await a_round(dispatch)
        await a_round(dispatch)

    assert (len(server.asked), counted, await store.enabled()) == (1, ["gone"], [])
    later = datetime.now(UTC) + timedelta(days=1)
    assert await store.claim(webhook.webhook, "me", now=later, until=later, limit=10) == ()


async def test_a_slow_subscriber_delays_nobody_else(store: MongoWebhookStore) -> None:
    go_on = asyncio.Event()

    async def stalling(_: Asked) -> Reply:
        await go_on.wait()
        return Reply(204)

    async with serving_http(stalling) as slow, serving_http(always(Reply(204))) as quick:
        await subscribed(store, local(slow))
        await subscribed(store, local(quick))
        dispatch = a_dispatch(store, WebhookSender(reaching(slow, quick)), [])
        await dispatch.begin_turns()
        async with asyncio.timeout(10):
            while not (quick.asked and slow.asked):
                await asyncio.sleep(0.01)
        go_on.set()
        await asyncio.gather(*dispatch.turns.values())

    assert (len(slow.asked), len(quick.asked)) == (1, 1)


async def test_a_redirect_is_not_followed(store: MongoWebhookStore) -> None:
    counted: list[str] = []
    async with serving_http() as inner:
        redirect = Reply(307, headers={"Location": f"http://127.0.0.1:{inner.port}/"})
        async with serving_http(always(redirect)) as server:
            await subscribed(store, local(server))
            await a_round(a_dispatch(store, WebhookSender(reaching(server, inner)), counted))

    assert (len(server.asked), len(inner.asked), counted) == (1, 0, ["again"])


@pytest.fixture(scope="module")
def named_server(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    authority = trustme.CA()
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hooks.example.org").configure_cert(certificate)
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return certificate, file


class Names:
    """Each question is answered by the next of these."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0)


async def test_the_address_that_was_checked_is_connected_to_with_the_names_certificate(
    store: MongoWebhookStore, named_server: tuple[ssl.SSLContext, Path]
) -> None:
    """A second question would be answered otherwise: the name is rebound."""
    certificate, ca_file = named_server
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    counted: list[str] = []
    async with serving_http(always(Reply(204)), certificate=certificate) as server:
        url = f"https://hooks.example.org:{server.port}/hook"
        await subscribed(store, replace(WEBHOOK, url=url), owed=3)
        sender = WebhookSender(reaching(server), names.resolve, ca_file)
        await a_round(a_dispatch(store, sender, counted))

    assert (names.asked, counted) == (["hooks.example.org"], ["delivered"] * 3)
    assert {each.headers["host"] for each in server.asked} == {f"hooks.example.org:{server.port}"}


async def test_a_certificate_of_another_name_is_posted_nothing(
    store: MongoWebhookStore, named_server: tuple[ssl.SSLContext, Path]
) -> None:
    certificate, ca_file = named_server
    counted: list[str] = []
    async with serving_http(always(Reply(204)), certificate=certificate) as server:
        await subscribed(store, replace(WEBHOOK, url=f"https://other.example.org:{server.port}/"))
        sender = WebhookSender(reaching(server), Names(["127.0.0.1"]).resolve, ca_file)
        await a_round(a_dispatch(store, sender, counted))

    assert (server.asked, counted) == ([], ["again"])


@pytest.mark.parametrize("resolved", [["127.0.0.1"], ["::ffff:127.0.0.1"], ["93.184.215.14", "127.0.0.1"], []])
async def test_a_name_that_came_to_lead_into_this_network_is_posted_nothing(
    store: MongoWebhookStore, named_server: tuple[ssl.SSLContext, Path], resolved: list[str]
) -> None:
    """The port is allowed on the internet and not here; the server would answer."""
    certificate, ca_file = named_server
    counted: list[str] = []
    async with serving_http(always(Reply(204)), certificate=certificate) as server:
        await subscribed(store, replace(WEBHOOK, url=f"https://hooks.example.org:{server.port}/"))
        reach = Reach(ports=frozenset({server.port}))
        await a_round(a_dispatch(store, WebhookSender(reach, Names(resolved).resolve, ca_file), counted))

    assert (server.connections, counted) == (0, ["again"])


async def test_a_name_is_not_asked_for_while_nothing_is_owed(store: MongoWebhookStore) -> None:
    names = Names()
    await store.add(WEBHOOK)

    await a_round(a_dispatch(store, WebhookSender(Reach(), names.resolve), []))

    assert names.asked == []


def test_a_secret_stands_in_no_log() -> None:
    assert WEBHOOK.secrets[0] not in repr(WEBHOOK)


async def test_names_are_resolved_by_the_machine_and_unknown_ones_have_no_address() -> None:
    assert set(await resolve("localhost", 443)) <= {"127.0.0.1", "::1"}
    assert await resolve("nowhere.invalid", 443) == ()


async def test_what_one_process_claimed_no_other_has_until_its_lease_ends(store: MongoWebhookStore) -> None:
    await store.enqueue([a_delivery(each) for each in range(20)])
    lease = NOON + timedelta(minutes=3)

    claims = await asyncio.gather(
        *(store.claim(WEBHOOK.webhook, name, now=NOON, until=lease, limit=20) for name in ("a", "b", "c"))
    )
    after = await store.claim(WEBHOOK.webhook, "d", now=lease, until=lease + timedelta(minutes=3), limit=20)

    assert sorted(each.delivery for some in claims for each in some) == sorted(
        a_delivery(each).delivery for each in range(20)
    )
    assert [each.attempts for each in after] == [2] * 20


async def test_whose_lease_ended_changes_nothing_any_more(store: MongoWebhookStore) -> None:
    await store.enqueue([a_delivery()])
    (first,) = await store.claim(WEBHOOK.webhook, "a", now=NOON, until=NOON, limit=1)
    await store.claim(WEBHOOK.webhook, "b", now=NOON, until=NOON, limit=1)

    await store.close(first, "a", now=NOON)
    await store.again(first, "a", at=NOON + timedelta(days=1))

    assert len(await store.claim(WEBHOOK.webhook, "c", now=NOON, until=NOON, limit=1)) == 1


async def test_what_is_owed_survives_a_process_that_ends_while_posting(store: MongoWebhookStore) -> None:
    go_on = asyncio.Event()

    async def stalling(_: Asked) -> Reply:
        await go_on.wait()
        return Reply(204)

    async with serving_http(stalling) as server:
        webhook = await subscribed(store, local(server))
        running = asyncio.create_task(a_dispatch(store, WebhookSender(reaching(server)), []).run())
        async with asyncio.timeout(10):
            while not server.asked:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])
        go_on.set()

    later = datetime.now(UTC) + timedelta(minutes=4)
    assert [each.attempts for each in await store.claim(webhook.webhook, "next", now=later, until=later, limit=9)] == [
        2
    ]


async def test_what_is_owed_is_bounded_and_the_rest_is_counted(store: MongoWebhookStore) -> None:
    store = replace(store, most_waiting=3)
    other = replace(WEBHOOK, webhook=hash16("other"))

    dropped = await store.enqueue([a_delivery(each) for each in range(5)] + [a_delivery(webhook=other)])

    assert dropped == 2
    assert len(await store.claim(WEBHOOK.webhook, "me", now=NOON, until=NOON, limit=10)) == 3
    assert len(await store.claim(other.webhook, "me again", now=NOON, until=NOON, limit=10)) == 1


async def test_there_are_not_more_webhooks_than_can_be_served(store: MongoWebhookStore) -> None:
    store = replace(store, most_webhooks=1)
    await store.add(WEBHOOK)

    with pytest.raises(TooManyWebhooks):
        await store.add(replace(WEBHOOK, webhook=hash16("other")))


async def test_who_is_erased_is_told_of_no_more(store: MongoWebhookStore) -> None:
    await store.enqueue([a_delivery()])

    await store.forget([ANN])

    assert await store.claim(WEBHOOK.webhook, "me", now=NOON, until=NOON, limit=1) == ()
    assert await store.database.deliveries.count_documents({}) == 0


async def test_who_unsubscribes_is_owed_nothing(store: MongoWebhookStore) -> None:
    await store.add(WEBHOOK)
    await store.enqueue([a_delivery()])

    await store.remove(WEBHOOK.webhook)

    assert (await store.enabled(), await store.database.deliveries.count_documents({})) == ([], 0)


def a_batch(*records: object) -> Batch:
    items = tuple(Decoded(each, decode_notification(each)) for each in records)
    return Batch(items, still_owned=lambda: True, check_age=lambda: None)


async def test_a_notification_becomes_what_its_subscribers_are_owed(store: MongoWebhookStore) -> None:
    dropped: list[int] = []
    await store.add(WEBHOOK)
    record = a_record(encode(a_change()), topic="notifications", headers=[("ce_id", b"event 7")])

    await WebhookHandlers(store, dropped.append).follow_notifications(a_batch(record))

    (owed,) = await store.claim(WEBHOOK.webhook, "me", now=NOON, until=NOON, limit=2)
    assert (owed.event, orjson.loads(owed.content)["data"]["profile"], dropped) == ("event 7", ANN, [0])


@pytest.mark.parametrize(("value", "headers"), [(b"{}", [("ce_id", b"7")]), (encode(a_change()), [])])
def test_what_is_no_notification_is_refused(value: bytes, headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(Rejected):
        decode_notification(a_record(value, topic="notifications", headers=headers))
