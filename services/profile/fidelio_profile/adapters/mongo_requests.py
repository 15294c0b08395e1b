"""What people asked for: stored with what it changed about who is who, published from there, until it is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_profile.adapters.identity_documents import head_from, link_from
from fidelio_profile.adapters.mongo_routes import Raced, write_identity
from fidelio_profile.domain.merging import split_key
from fidelio_profile.domain.people import Head, identity_key
from fidelio_profile.domain.regrouping import NoSuchProfile, NotPossible, Regrouped
from fidelio_profile.domain.revisions import absorb_key, record_key
from fidelio_profile.domain.suppression import suppressed_keys
from fidelio_profile.records import identity_record, timeline_record
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import (
    TIMELINE_RECORD,
    EraseRequested,
    IdentityChanged,
    RetireRequested,
    SplitRequested,
)
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import Database, Document, in_transaction, translated, where_there_already
from fidelio_shared.storage.suppression import NORMALISER, Suppressor

MOST_MERGES = 64
_ATTEMPTS = 20
_FORGOTTEN_AFTER = timedelta(seconds=5)
_A_SPLIT_TAKES_AT_MOST = timedelta(seconds=30)
_A_LONG_SPLIT_TAKES_AT_MOST = timedelta(hours=1)
_PAGE = 100

Decide = Callable[[Sequence[Head], datetime], Regrouped]
"""Of the final heads, and the time, to the millisecond."""


@dataclass(frozen=True, slots=True)
class MongoRequestStore:
    """`suppressor`: needed where somebody is erased."""

    database: Database
    publisher: Publisher
    suppressor: Suppressor | None = None

    async def carry_out(self, request: str, profiles: Sequence[ProfileId], decide: Decide, *, by: str) -> Regrouped:
        """`decide` is given the final heads of `profiles`. A request that was stored already is only published again.

        Raises NotPossible where a profile is unknown, or where `decide` says so.
        """
        for _ in range(_ATTEMPTS):
            if (known := await self._known(request)) is not None:
                await self._publish(known)
                return _regrouped_from(known)
            try:
                document = await in_transaction(
                    self.database, lambda session: self._store(request, profiles, decide, by, session)
                )
            except Raced:
                continue
            await self._publish(document)
            return _regrouped_from(document)
        raise Unavailable("mongodb")

    async def _known(self, request: str) -> Document | None:
        with translated():
            return await self.database.requests.find_one({"_id": bytes.fromhex(request)})

    async def _store(
        self, request: str, profiles: Sequence[ProfileId], decide: Decide, by: str, session: AsyncClientSession
    ) -> Document:
        now = datetime.now(UTC)
        at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        regrouped = decide([await self._final_head(each, session) for each in profiles], at)
        await self._suppress(regrouped, at, session)
        await write_identity(self.database, regrouped, session)
        document: Document = {
            "_id": bytes.fromhex(request),
            "profile": bytes.fromhex(regrouped.profile),
            "others": [bytes.fromhex(each) for each in regrouped.others],
            "by": by,
            "at": at,
            "published_at": None,
            "records": [encode(each) for each in regrouped.records],
            "changes": [encode(each) for each in regrouped.changes],
        }
        with where_there_already(Raced()):
            await self.database.requests.insert_many([document], session=session)
        return document

    async def _suppress(self, regrouped: Regrouped, at: datetime, session: AsyncClientSession) -> None:
        """Remembers the identifiers that the person alone held, as keyed hashes; then none of them finds anybody."""
        if not regrouped.deleted:
            return
        if self.suppressor is None:
            raise NotPossible("nobody can be erased without FIDELIO_SUPPRESSION_KEY; set one secret for all of profile")
        query = {"_id": {"$in": sorted(regrouped.deleted)}}
        found = await self.database.identities.find(query, session=session).to_list()
        known = {"erased_at": instant(at), "key": self.suppressor.name, "normaliser": NORMALISER}
        writes = [
            ReplaceOne({"_id": self.suppressor.hash(each)}, known, upsert=True)
            for each in suppressed_keys({each["_id"]: link_from(each) for each in found})
        ]
        if writes:
            await self.database.suppressed.bulk_write(writes, ordered=False, session=session)
        await self.database.identities.delete_many(query, session=session)

    async def _final_head(self, profile: ProfileId, session: AsyncClientSession | None) -> Head:
        for _ in range(MOST_MERGES):
            found = await self.database.heads.find_one({"_id": bytes.fromhex(profile)}, session=session)
            if found is None:
                break
            head = head_from(found)
            if head.erased_at is not None:
                raise NoSuchProfile("this profile was erased")
            if head.merged_into is None:
                return head
            profile = head.merged_into
        raise NoSuchProfile("no profile has this id")

    async def _publish(self, document: Mapping[str, Any]) -> None:
        regrouped = _regrouped_from(document)
        await self.publisher.publish_all(
            [*map(timeline_record, regrouped.records), *map(identity_record, regrouped.changes)]
        )
        with translated():
            await self.database.requests.update_one(
                {"_id": document["_id"]}, {"$set": {"published_at": datetime.now(UTC)}}
            )

    async def publish_forgotten(self) -> int:
        """Of a process that ended between storing and publishing."""
        query = {"published_at": None, "at": {"$lt": datetime.now(UTC) - _FORGOTTEN_AFTER}}
        with translated():
            found = await self.database.requests.find(query).sort("at", 1).limit(_PAGE).to_list()
        for document in found:
            await self._publish(document)
        return len(found)

    async def found(self, request: str) -> Regrouped | None:
        known = await self._known(request)
        return _regrouped_from(known) if known else None

    async def is_being_split(self, profile: ProfileId) -> bool:
        """Whether something is still on its way between this profile, or what became part of it, and another one.

        Asked for just now: one that never comes to an end is nothing to wait for. Nothing is on its way to nobody.
        """
        now = datetime.now(UTC)
        with translated():
            try:
                head = await self._final_head(profile, None)
            except NoSuchProfile:
                return False
            names = {"$in": [bytes.fromhex(each) for each in sorted(head.names)]}
            since = {"$gt": now - _A_LONG_SPLIT_TAKES_AT_MOST}
            concerned = {"$or": [{field: names, "at": since} for field in ("profile", "others")]}
            found = await self.database.requests.find(concerned).limit(_PAGE).to_list()
            for each in found:
                regrouped = _regrouped_from(each)
                splits = [record for record in regrouped.records if isinstance(record, SplitRequested)]
                is_new = each["at"] > now - _A_SPLIT_TAKES_AT_MOST
                if splits and is_new and not await self.is_done(regrouped):
                    return True
                if any([await self._has_more_to_bring(record) for record in splits]):
                    return True
        return False

    async def _has_more_to_bring(self, split: SplitRequested) -> bool:
        """A long timeline is split page by page: whether something of it is left where it was."""
        try:
            source = await self._final_head(split.profile, None)
        except NoSuchProfile:
            return False
        if split.into in source.names:
            return False
        query = {
            "profile": {"$in": [bytes.fromhex(each) for each in sorted(source.names)]},
            "anchor": {"$in": [identity_key(each) for each in split.identifiers]},
        }
        return await self.database.timeline.find_one(query, {"_id": 1}) is not None

    async def is_done(self, regrouped: Regrouped) -> bool:
        """Whether fold has stored the effect of all of its records, also on the other keys."""
        wanted = {key for each in regrouped.records for key in _keys_of_effects(each)}
        erased = [bytes.fromhex(each.profile) for each in regrouped.records if isinstance(each, EraseRequested)]
        with translated():
            if erased:
                query = {"_id": {"$in": erased}, "erased_at": {"$exists": True}}
                return await self.database.profiles.count_documents(query) == len(erased)
            query = {"_id": {"$in": [bytes.fromhex(each) for each in sorted(wanted)]}}
            return await self.database.timeline.count_documents(query) == len(wanted)


def _keys_of_effects(record: RetireRequested | SplitRequested | EraseRequested) -> tuple[str, ...]:
    if isinstance(record, EraseRequested):
        return ()
    if isinstance(record, SplitRequested):
        return record_key(record), split_key(record, record.into)
    return record_key(record), absorb_key(record.profile)


def _regrouped_from(document: Mapping[str, Any]) -> Regrouped:
    """What is to be said of it; what it changed is not kept."""
    records = [TIMELINE_RECORD.validate_json(each) for each in document["records"]]
    return Regrouped(
        profile=ProfileId(document["profile"].hex()),
        others=tuple(ProfileId(each.hex()) for each in document["others"]),
        records=tuple(each for each in records if isinstance(each, RetireRequested | SplitRequested | EraseRequested)),
        changes=tuple(IdentityChanged.model_validate_json(each) for each in document["changes"]),
    )
