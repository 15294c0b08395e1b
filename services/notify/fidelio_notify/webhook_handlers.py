"""What was decided becomes what subscribers are owed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from fidelio_notify.adapters.mongo_webhooks import MongoWebhookStore
from fidelio_notify.domain.webhooks import deliveries
from fidelio_shared.contracts.notify import NotificationChanged
from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Incoming, header_text

Notification = tuple[str, NotificationChanged]


@dataclass(frozen=True, slots=True)
class WebhookHandlers:
    """`dropped`: told how many were, where a subscriber lags too far behind."""

    store: MongoWebhookStore
    dropped: Callable[[int], None]

    async def follow_notifications(self, batch: Batch[Notification | None]) -> Sequence[Refusal]:
        webhooks = await self.store.enabled()
        if webhooks:
            told = [each for value in batch.values if value for each in deliveries(webhooks, *value)]
            self.dropped(await self.store.enqueue(told))
        return ()


def decode_notification(record: Incoming) -> Notification | None:
    if record.value is None:
        return None
    event = header_text(record, "ce_id")
    if not event:
        raise Rejected("bad_header", "the notification has no ce_id; publish it as a CloudEvent")
    try:
        return event, NotificationChanged.model_validate_json(record.value)
    except ValidationError as error:
        raise Rejected("schema", f"not by the contract of {record.topic} ({error.error_count()} errors)") from error
