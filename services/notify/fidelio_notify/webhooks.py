"""Wires webhooks: who consumes `notifications` for subscribers, and who posts to them."""

import secrets
from dataclasses import replace

from fidelio_notify.adapters.mongo_webhooks import MongoWebhookStore
from fidelio_notify.adapters.webhooks import WebhookDispatch, WebhookSender
from fidelio_notify.domain.addresses import Reach
from fidelio_notify.metrics import WebhookMetrics
from fidelio_notify.webhook_handlers import WebhookHandlers, decode_notification
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.contracts.topics import NOTIFICATIONS
from fidelio_shared.messaging.process import Process
from fidelio_shared.storage.mongo import Database

GROUP = "notify.webhooks.v1"


def serve_webhooks(
    process: Process, database: Database, metrics: WebhookMetrics, *, reach: Reach, clock: ClockKind
) -> None:
    """On the stream clock only this machine is reached: a replay tells nobody."""
    store = MongoWebhookStore(database)
    process.consume(
        NOTIFICATIONS.name,
        group=GROUP,
        decode=decode_notification,
        handle=WebhookHandlers(store, metrics.dropped.inc).follow_notifications,
    )
    dispatch = WebhookDispatch(
        store,
        WebhookSender(reach if clock == "wall" else replace(reach, ports=frozenset())),
        draw=secrets.SystemRandom().random,
        name=lambda: secrets.token_hex(16),
        count=metrics.ended,
        health=process.health,
    )
    process.background.append(dispatch.run)
