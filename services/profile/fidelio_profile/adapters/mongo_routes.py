"""`identities`, `heads` and `routes`: what resolve knows, and the transaction that changes it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from fidelio_profile.domain.assignment import Assigned, Head, Known, Route, identity_key
from fidelio_shared.contracts.ids import InteractionId, ProfileId
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.storage.mongo import DUPLICATE_KEY, Database, Document, translated

_ATTEMPTS = 20
_WRITE_CONFLICT = 112


class _Raced(Exception):
    """Another process changed what the decision rests on."""


@dataclass(frozen=True, slots=True)
class MongoRouteStore:
    database: Database

    async def assign(
        self, interactions: Sequence[Interaction], decide: Callable[[Known, Sequence[Interaction]], Assigned]
    ) -> Assigned:
        """What `decide` says of what is stored is stored, whole; where somebody was faster, it is asked again."""
        with translated():
            for attempt in range(_ATTEMPTS):
                assigned = decide(await self._load(interactions), interactions)
                try:
                    await self._store(assigned)
                except _Raced:
                    await asyncio.sleep(0.002 * attempt)
                else:
                    return assigned
        raise Unavailable("mongodb")

    async def _load(self, interactions: Sequence[Interaction]) -> Known:
        keys = {identity_key(each) for interaction in interactions for each in interaction.linking}
        ids = {bytes.fromhex(each.id) for each in interactions}
        routes, identities = await asyncio.gather(
            self.database.routes.find({"_id": {"$in": list(ids)}}).to_list(),
            self.database.identities.find({"_id": {"$in": list(keys)}}).to_list(),
        )
        owners = {each["profile"] for each in identities}
        heads = await self.database.heads.find({"_id": {"$in": list(owners)}}).to_list() if owners else []
        return Known(
            routes={InteractionId(each["_id"].hex()): _route_from(each) for each in routes},
            identities={each["_id"]: ProfileId(each["profile"].hex()) for each in identities},
            heads={ProfileId(each["_id"].hex()): _head_from(each) for each in heads},
        )

    async def _store(self, assigned: Assigned) -> None:
        if not assigned.new_routes:
            return
        try:
            if assigned.changes_identity:
                await self._store_changes(assigned)
            else:
                await self.database.routes.insert_many(_route_documents(assigned), ordered=False)
        except (BulkWriteError, DuplicateKeyError, OperationFailure) as error:
            if _is_race(error):
                raise _Raced from error
            raise

    async def _store_changes(self, assigned: Assigned) -> None:
        async with self.database.client.start_session() as session, await session.start_transaction():
            await self._write_heads(assigned, session)
            if assigned.new_identities:
                await self.database.identities.insert_many(
                    _identity_documents(assigned.new_identities), session=session
                )
            await self.database.routes.insert_many(_route_documents(assigned), session=session)

    async def _write_heads(self, assigned: Assigned, session: AsyncClientSession) -> None:
        inserts = [InsertOne(_head_document(head)) for head in assigned.new_heads.values()]
        updates = [_head_update(head) for head in assigned.changed_heads.values()]
        if not inserts and not updates:
            return
        result = await self.database.heads.bulk_write([*inserts, *updates], ordered=False, session=session)
        if result.matched_count != len(updates):
            raise _Raced


def _is_race(error: OperationFailure) -> bool:
    codes = {each["code"] for each in (error.details or {}).get("writeErrors", [])} | {error.code}
    return bool(codes & {DUPLICATE_KEY, _WRITE_CONFLICT}) or error.has_error_label("TransientTransactionError")


def _head_update(head: Head) -> UpdateOne:
    """Matches only the version that was read: of two concurrent decisions one is taken again."""
    return UpdateOne(
        {"_id": bytes.fromhex(head.profile), "version": head.version},
        {
            "$set": {"is_identified": head.is_identified, "met": [bytes.fromhex(each) for each in sorted(head.met)]},
            "$inc": {"version": 1},
        },
    )


def _head_document(head: Head) -> Document:
    return {
        "_id": bytes.fromhex(head.profile),
        "created_at": head.created_at,
        "merged_into": None,
        "is_identified": head.is_identified,
        "met": [bytes.fromhex(each) for each in sorted(head.met)],
        "version": 1,
    }


def _head_from(document: Mapping[str, Any]) -> Head:
    return Head(
        profile=ProfileId(document["_id"].hex()),
        created_at=document["created_at"],
        is_identified=document["is_identified"],
        version=document["version"],
        met=frozenset(ProfileId(each.hex()) for each in document["met"]),
    )


def _identity_documents(identities: Mapping[str, ProfileId]) -> list[Document]:
    return [{"_id": key, "profile": bytes.fromhex(profile)} for key, profile in identities.items()]


def _route_documents(assigned: Assigned) -> list[Document]:
    now = datetime.now(UTC)
    return [
        {
            "_id": bytes.fromhex(route.interaction),
            "digest": route.digest,
            "profile": bytes.fromhex(route.profile),
            "at": now,
            **({"linked": [[each.kind, each.value] for each in route.linked]} if route.linked else {}),
            **({"met": [bytes.fromhex(each) for each in route.met]} if route.met else {}),
        }
        for route in assigned.new_routes
    ]


def _route_from(document: Mapping[str, Any]) -> Route:
    return Route(
        interaction=InteractionId(document["_id"].hex()),
        digest=document["digest"],
        profile=ProfileId(document["profile"].hex()),
        linked=tuple(Identifier(kind=kind, value=value) for kind, value in document.get("linked", ())),
        met=tuple(ProfileId(each.hex()) for each in document.get("met", ())),
    )
