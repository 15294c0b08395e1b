"""`identities`, `heads` and `routes`: what resolve knows, and the transaction that changes it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import itemgetter

from pymongo import InsertOne, UpdateMany, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from fidelio_profile.adapters.identity_documents import (
    head_document,
    head_from,
    head_update,
    link_document,
    link_fields,
    link_from,
    review_update,
    route_document,
    route_from,
)
from fidelio_profile.domain.assignment import Assigned, Known
from fidelio_profile.domain.people import IdentityChange, identity_key
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.storage.mongo import DUPLICATE_KEY, Database, Document, translated
from fidelio_shared.storage.suppression import Suppressor

_ATTEMPTS = 20
_WRITE_CONFLICT = 112


class Raced(Exception):
    """Another process changed what the decision rests on."""


@dataclass(frozen=True, slots=True)
class MongoRouteStore:
    """`suppressor`: None where nobody was ever erased."""

    database: Database
    suppressor: Suppressor | None = None

    async def assign(
        self, interactions: Sequence[Interaction], decide: Callable[[Known, Sequence[Interaction]], Assigned]
    ) -> Assigned:
        """What `decide` says of what is stored is stored, whole; where somebody was faster, it is asked again."""
        with translated():
            for attempt in range(_ATTEMPTS):
                try:
                    assigned = decide(await self._load(interactions, is_again=attempt > 0), interactions)
                    await self._store(assigned)
                except Raced:
                    await asyncio.sleep(0.002 * attempt)
                else:
                    return assigned
        raise Unavailable("mongodb")

    async def _load(self, interactions: Sequence[Interaction], *, is_again: bool = False) -> Known:
        """Where it `is_again`, also heads of the profiles that they would create: one may have been erased."""
        keys = {identity_key(each) for interaction in interactions for each in interaction.linking}
        ids = {bytes.fromhex(each.id) for each in interactions}
        created = {bytes.fromhex(profile_id(each.id)) for each in interactions} if is_again else set()
        routes, (links, heads) = await asyncio.gather(
            self.database.routes.find({"_id": {"$in": list(ids)}}).to_list(), self._load_people(list(keys), created)
        )
        unknown = keys - {each["_id"] for each in links}
        return Known(
            routes={InteractionId(each["_id"].hex()): route_from(each) for each in routes if "digest" in each},
            erased=frozenset(InteractionId(each["_id"].hex()) for each in routes if "digest" not in each),
            links={each["_id"]: link_from(each) for each in links},
            heads={ProfileId(each["_id"].hex()): head_from(each) for each in heads},
            suppressed=await self._suppressed(unknown) if self.suppressor and unknown else {},
        )

    async def _suppressed(self, keys: Iterable[str]) -> Mapping[str, Instant]:
        if self.suppressor is None:
            return {}
        hashed = {one: each for each in keys for one in self.suppressor.hashes(each)}
        found = await self.database.suppressed.find({"_id": {"$in": list(hashed)}}).to_list()
        found.sort(key=itemgetter("erased_at"))
        return {hashed[each["_id"]]: each["erased_at"] for each in found}

    async def _load_people(
        self, keys: Sequence[str], created: Set[bytes]
    ) -> tuple[Sequence[Document], Sequence[Document]]:
        """Links and heads as of one instant: a head's version vouches for what its links say."""
        async with self.database.client.start_session(snapshot=True) as session:
            links = await self.database.identities.find({"_id": {"$in": keys}}, session=session).to_list()
            owners = list({each["profile"] for each in links} | created)
            found = self.database.heads.find({"_id": {"$in": owners}}, session=session)
            return links, await found.to_list() if owners else []

    async def _store(self, assigned: Assigned) -> None:
        try:
            if assigned.changes_identity:
                await self._store_changes(assigned)
            elif assigned.new_routes:
                await self.database.routes.insert_many(map(route_document, assigned.new_routes), ordered=False)
            if assigned.reviews:
                await self.database.reviews.bulk_write([review_update(each) for each in assigned.reviews])
        except (BulkWriteError, DuplicateKeyError, OperationFailure) as error:
            if _is_race(error):
                raise Raced from error
            raise

    async def _store_changes(self, assigned: Assigned) -> None:
        async with self.database.client.start_session() as session, await session.start_transaction():
            await write_identity(self.database, assigned, session)
            if assigned.new_routes:
                documents = [route_document(each) for each in assigned.new_routes]
                await self.database.routes.insert_many(documents, session=session)


async def write_identity(database: Database, change: IdentityChange, session: AsyncClientSession) -> None:
    """Raises Raced where a head is no more as it was read: of two concurrent decisions one is taken again."""
    heads: list[InsertOne[Document] | UpdateOne] = [
        *(InsertOne(head_document(each)) for each in change.new_heads.values()),
        *(head_update(each) for each in change.changed_heads.values()),
    ]
    if heads:
        result = await database.heads.bulk_write(heads, ordered=False, session=session)
        if result.matched_count != len(change.changed_heads):
            raise Raced
    moved: dict[ProfileId, list[str]] = {}
    for key, owner in change.moved.items():
        moved.setdefault(owner, []).append(key)
    links: list[InsertOne[Document] | UpdateOne | UpdateMany] = [
        *(InsertOne(link_document(key, each)) for key, each in change.new_links.items()),
        *(UpdateOne({"_id": key}, {"$set": link_fields(each)}) for key, each in change.changed_links.items()),
        *(
            UpdateMany({"_id": {"$in": keys}}, {"$set": {"profile": bytes.fromhex(owner)}})
            for owner, keys in moved.items()
        ),
    ]
    if links:
        await database.identities.bulk_write(links, ordered=False, session=session)


def _is_race(error: OperationFailure) -> bool:
    codes = {each["code"] for each in (error.details or {}).get("writeErrors", [])} | {error.code}
    return bool(codes & {DUPLICATE_KEY, _WRITE_CONFLICT}) or error.has_error_label("TransientTransactionError")
