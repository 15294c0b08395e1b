"""From a record on `notifications` to a signed post, by a whole process on a real broker and database."""

import asyncio
from pathlib import Path

import pytest
import standardwebhooks
from starlette.applications import Starlette

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedMongo, provided_kafka
from fidelio_deploy.topics import ensure_topics
from fidelio_notify.adapters.mongo_webhooks import INDEXES, MongoWebhookStore
from fidelio_notify.domain.addresses import Reach
from fidelio_notify.domain.webhooks import EVENT_TYPES, subscribe
from fidelio_notify.metrics import make_metrics
from fidelio_notify.webhooks import serve_webhooks
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.topics import DEAD_LETTERS, NOTIFICATIONS
from fidelio_shared.messaging.process import make_process
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import make_record
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import Deployment, connect, initialise
from support.http_servers import Reply, always, serving_http
from support.notifications import a_change


@pytest.mark.long  # 15 s: it has a broker of its own, as the topic's name is fixed
async def test_a_notification_is_posted_to_who_subscribed(tmp_path: Path, mongod: Mongod | NamedMongo) -> None:
    database = connect(mongod.uri, "webhooks_through_kafka")
    await initialise(database, Deployment(1, "wall"), INDEXES)
    with provided_kafka(tmp_path, heap="512m") as kafka:
        settings = KafkaSettings(bootstrap_servers=kafka.bootstrap)
        await ensure_topics(settings, [NOTIFICATIONS, DEAD_LETTERS], partitions=3, replication=1, min_isr=1)
        async with serving_http(always(Reply(204))) as server:
            reach = Reach(local_ports=frozenset({server.port}))
            webhook = subscribe(
                f"http://127.0.0.1:{server.port}/", types=EVENT_TYPES, reach=reach, random_bytes=b"r" * 32
            )
            await MongoWebhookStore(database).add(webhook)
            process = make_process("notify", settings, ordinal=None)

            async def wire() -> None:
                metrics = make_metrics(process.registry).webhooks
                serve_webhooks(process, database, metrics, reach=reach, clock="wall")

            application = Starlette(lifespan=lambda _: process.lifespan(wire))
            async with application.router.lifespan_context(application), asyncio.timeout(60):
                await publish_one(settings)
                while not server.asked:
                    await asyncio.sleep(0.05)

    (asked,) = server.asked
    told = standardwebhooks.Webhook(webhook.secrets[0]).verify(asked.body, dict(asked.headers))
    assert (told["type"], told["data"]["decision"]) == ("notification.sent", a_change().decision)
    await database.client.drop_database(database.name)
    await database.client.close()


async def publish_one(settings: KafkaSettings) -> None:
    changed = a_change()
    record = make_record(
        NOTIFICATIONS.name,
        changed.profile,
        encode(changed),
        ce_id=record_id(NOTIFICATIONS.name, changed.decision, changed.step),
        ce_type="fidelio.notification.sent",
        source="fidelio/notify",
        at=instant(changed.at),
        trace=changed.decision,
    )
    publisher = Publisher(settings, ordinal=None)
    await publisher.start()
    await publisher.publish_all([record])
    await publisher.stop()
