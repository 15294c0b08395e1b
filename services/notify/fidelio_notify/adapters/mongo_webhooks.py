"""`webhooks`: who subscribed; `deliveries`: what they are still owed, one owner at a time, kept over a restart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from fidelio_notify.domain.webhooks import Delivery, Disabled, Webhook
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated

_KEPT = timedelta(days=1)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
INDEXES: dict[str, list[IndexModel]] = {
    "webhooks": [IndexModel([("disabled", ASCENDING)])],
    "deliveries": [
        IndexModel([("webhook", ASCENDING), ("is_open", ASCENDING), ("due_at", ASCENDING)]),
        IndexModel([("owner", ASCENDING)], sparse=True),
        IndexModel([("profile", ASCENDING)]),
        IndexModel([("closed_at", ASCENDING)], expireAfterSeconds=int(_KEPT.total_seconds())),
    ],
}


class TooManyWebhooks(ValueError):
    """Remove one before adding another."""


@dataclass(frozen=True, slots=True)
class MongoWebhookStore:
    """Closed deliveries are kept for a day, so that a record that is read twice is not posted twice. `most_waiting`:
    for one subscriber; what comes while so many wait is dropped and counted."""

    database: Database
    most_webhooks: int = 100
    most_waiting: int = 10_000

    async def add(self, webhook: Webhook) -> None:
        with translated():
            if await self.database.webhooks.estimated_document_count() >= self.most_webhooks:
                raise TooManyWebhooks(f"there are {self.most_webhooks} webhooks already; remove one first")
            await self.database.webhooks.update_one(
                {"_id": bytes.fromhex(webhook.webhook)}, {"$set": _webhook_document(webhook)}, upsert=True
            )

    async def change(self, webhook: Webhook) -> None:
        changes = {"secrets": list(webhook.secrets), "types": sorted(webhook.types)}
        with translated():
            await self.database.webhooks.update_one({"_id": bytes.fromhex(webhook.webhook)}, {"$set": changes})

    async def remove(self, webhook: str) -> bool:
        """False where there is none."""
        with translated():
            removed = await self.database.webhooks.delete_one({"_id": _key(webhook)})
            await self.database.deliveries.delete_many({"webhook": _key(webhook)})
        return removed.deleted_count == 1

    async def listing(self) -> Sequence[Webhook]:
        with translated():
            found = await self.database.webhooks.find({}).sort("_id", ASCENDING).limit(self.most_webhooks).to_list()
        return [_webhook_from(each) for each in found]

    async def disable(self, webhook: str, why: Disabled) -> None:
        """What it was still owed goes with it."""
        key = bytes.fromhex(webhook)
        with translated():
            await self.database.webhooks.update_one({"_id": key}, {"$set": {"disabled": why}})
            await self.database.deliveries.delete_many({"webhook": key, "is_open": True})

    async def enabled(self) -> Sequence[Webhook]:
        with translated():
            found = await self.database.webhooks.find({"disabled": None}).limit(self.most_webhooks).to_list()
        return [_webhook_from(each) for each in found]

    async def pause(self, webhook: str, until: datetime) -> None:
        """One failure speaks for all that waits there: a server that is down is not asked by each of them."""
        changes: Document = {"$set": {"paused_until": until}, "$inc": {"failures": 1}}
        with translated():
            await self.database.webhooks.update_one({"_id": bytes.fromhex(webhook)}, changes)

    async def resume(self, webhook: str) -> None:
        changes = {"$set": {"paused_until": _NEVER, "failures": 0}}
        with translated():
            await self.database.webhooks.update_one({"_id": bytes.fromhex(webhook)}, changes)

    async def resumable(self, now: datetime) -> Sequence[Webhook]:
        query = {"disabled": None, "paused_until": {"$lte": now}}
        with translated():
            found = await self.database.webhooks.find(query).limit(self.most_webhooks).to_list()
        return [_webhook_from(each) for each in found]

    async def enqueue(self, deliveries: Iterable[Delivery]) -> int:
        """How many were dropped, as too many waited."""
        by_webhook: dict[str, list[Delivery]] = {}
        for each in deliveries:
            by_webhook.setdefault(each.webhook, []).append(each)
        dropped, updates = 0, []
        for webhook, wanted in by_webhook.items():
            room = max(0, self.most_waiting - await self._waiting(webhook))
            dropped += len(wanted[room:])
            updates += [
                UpdateOne({"_id": bytes.fromhex(each.delivery)}, {"$setOnInsert": _document(each)}, upsert=True)
                for each in wanted[:room]
            ]
        if updates:
            with translated():
                await self.database.deliveries.bulk_write(updates, ordered=False)
        return dropped

    async def claim(
        self, webhook: str, owner: str, *, now: datetime, until: datetime, limit: int
    ) -> Sequence[Delivery]:
        """Due ones, `owner`'s alone until then: whoever ends in between leaves them to the next. An attempt counts from
        its claim, so that what ends processes is not tried for ever."""
        due = {"webhook": bytes.fromhex(webhook), "is_open": True, "due_at": {"$lte": now}}
        with translated():
            found = (
                await self.database.deliveries.find(due, {"_id": 1}).sort("due_at", ASCENDING).limit(limit).to_list()
            )
            if not found:
                return ()
            await self.database.deliveries.update_many(
                {"_id": {"$in": [each["_id"] for each in found]}, **due},
                {"$set": {"owner": owner, "due_at": until}, "$inc": {"attempts": 1}},
            )
            claimed = await self.database.deliveries.find({"owner": owner, "is_open": True}).to_list()
        return [_delivery_from(each) for each in claimed]

    async def close(self, delivery: Delivery, owner: str, *, now: datetime) -> None:
        changes = {"$set": {"is_open": False, "closed_at": now}, "$unset": {"content": "", "owner": "", "profile": ""}}
        await self._settle([delivery], owner, changes)

    async def again(self, delivery: Delivery, owner: str, *, at: datetime) -> None:
        await self._settle([delivery], owner, {"$set": {"due_at": at}, "$unset": {"owner": ""}})

    async def release(self, deliveries: Sequence[Delivery], owner: str, *, at: datetime) -> None:
        """Claimed and not tried."""
        changes = {"$set": {"due_at": at}, "$unset": {"owner": ""}, "$inc": {"attempts": -1}}
        await self._settle(deliveries, owner, changes)

    async def forget(self, profiles: Iterable[ProfileId]) -> None:
        with translated():
            await self.database.deliveries.delete_many({"profile": {"$in": [bytes.fromhex(each) for each in profiles]}})

    async def _waiting(self, webhook: str) -> int:
        query = {"webhook": bytes.fromhex(webhook), "is_open": True}
        with translated():
            return await self.database.deliveries.count_documents(query, limit=self.most_waiting)

    async def _settle(self, deliveries: Sequence[Delivery], owner: str, changes: Document) -> None:
        if deliveries:
            keys = [bytes.fromhex(each.delivery) for each in deliveries]
            with translated():
                await self.database.deliveries.update_many({"_id": {"$in": keys}, "owner": owner}, changes)


def _key(text: str) -> bytes:
    """An operator may type anything: what is no id is nobody's."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _webhook_document(webhook: Webhook) -> Document:
    return {
        "url": webhook.url,
        "secrets": list(webhook.secrets),
        "types": sorted(webhook.types),
        "disabled": webhook.disabled,
        "paused_until": _NEVER,
        "failures": 0,
    }


def _webhook_from(document: Mapping[str, Any]) -> Webhook:
    return Webhook(
        webhook=document["_id"].hex(),
        url=document["url"],
        secrets=tuple(document["secrets"]),
        types=frozenset(document["types"]),
        disabled=document["disabled"],
        failures=document["failures"],
    )


def _document(delivery: Delivery) -> Document:
    return {
        "webhook": bytes.fromhex(delivery.webhook),
        "event": delivery.event,
        "profile": bytes.fromhex(delivery.profile),
        "content": delivery.content,
        "at": delivery.at,
        "attempts": 0,
        "is_open": True,
        "due_at": delivery.at,
    }


def _delivery_from(document: Mapping[str, Any]) -> Delivery:
    return Delivery(
        delivery=document["_id"].hex(),
        webhook=document["webhook"].hex(),
        event=document["event"],
        profile=ProfileId(document["profile"].hex()),
        content=document["content"],
        at=document["at"],
        attempts=document["attempts"],
    )
