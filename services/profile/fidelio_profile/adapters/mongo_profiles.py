"""`timeline`, `profiles` and `offsets`: what fold knows, and the one transaction that has a batch's whole effect."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import bson
import orjson
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_profile.adapters.mongo_timelines import MongoTimelines
from fidelio_profile.adapters.refolding_documents import refolding_document, refolding_from
from fidelio_profile.adapters.timeline_documents import timeline_document
from fidelio_profile.domain.documents import state_document, state_from
from fidelio_profile.domain.names import search_fields
from fidelio_profile.domain.profile import Claim, Profile
from fidelio_profile.domain.refolds import MOST_AT_ONCE
from fidelio_profile.domain.revisions import Foldable, Folded, Revision, Stored, record_key
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import (
    STATE_VERSION,
    AbsorbRequested,
    RetireRequested,
)
from fidelio_shared.contracts.retention import Retention, shipped_retention
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.storage.mongo import Database, Document, in_transaction, translated, where_there_already

_PAGE = 1_000
_LARGEST_PROFILE_BYTES = 64 * 1024


class Overtaken(Exception):
    """Another process stored records of these partitions since they were loaded."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a partition is stored; `version` 0: nothing yet."""

    partition: int
    offset: int
    version: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """A folded batch as BSON, so that what cannot be stored is found before anything is published."""

    timeline: tuple[RawBSONDocument | Document, ...]
    profiles: tuple[tuple[bytes, RawBSONDocument | Document], ...]
    moved: Mapping[ProfileId, tuple[str, ...]]
    left: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class MongoProfileStore:
    database: Database
    epoch: int
    retention: Retention = field(default_factory=shipped_retention)
    most_at_once: int = MOST_AT_ONCE

    @property
    def _timelines(self) -> MongoTimelines:
        return MongoTimelines(self.database, self.retention, self.most_at_once)

    async def load(self, records: Sequence[Foldable], partitions: Sequence[int]) -> tuple[Stored, tuple[Cursor, ...]]:
        keys = [bytes.fromhex(each) for each in _deduplication_keys(records)]
        ids = list({bytes.fromhex(each.profile) for each in records})
        with translated():
            seen, documents, offsets = await asyncio.gather(
                self.database.timeline.find({"_id": {"$in": keys}}, {"_id": 1}).to_list(),
                self.database.profiles.find({"_id": {"$in": ids}}).to_list(),
                self.database.offsets.find({"_id": {"$in": list(partitions)}}).to_list(),
            )
            profiles = {ProfileId(each["_id"].hex()): profile_from(each) for each in documents}
            read = await self._timelines.read(records, profiles)
        stored = replace(read, profiles=profiles, seen=frozenset(each["_id"].hex() for each in seen))
        known = {each["_id"]: Cursor(each["_id"], each["offset"], each["version"]) for each in offsets}
        return stored, tuple(known.get(each, Cursor(each, 0, 0)) for each in partitions)

    def encode(self, folded: Folded) -> Encoded:
        """Raises Rejected for what no retry can store."""
        try:
            return Encoded(
                timeline=tuple(RawBSONDocument(bson.encode(timeline_document(each))) for each in folded.accepted),
                profiles=tuple(self._encode_profile(each) for each in folded.profiles.values()),
                moved=folded.moved,
                left=tuple(bytes.fromhex(each) for each in folded.left),
            )
        except (BSONError, orjson.JSONEncodeError, OverflowError, UnicodeError) as error:
            raise Rejected("beyond_limits", f"cannot be stored ({type(error).__name__}); send plain JSON") from error

    async def save(self, encoded: Encoded, cursors: Sequence[Cursor], next_offsets: Mapping[int, int]) -> None:
        """All of it or nothing. Raises Overtaken where another process was here since `load`."""

        async def write(session: AsyncClientSession) -> None:
            with where_there_already(Overtaken()):
                await self._move_cursors(cursors, next_offsets, session)
                if encoded.timeline:
                    await self.database.timeline.insert_many(encoded.timeline, ordered=False, session=session)
                if encoded.profiles:
                    replacements: list[ReplaceOne[Document]] = [
                        ReplaceOne({"_id": key}, raw, upsert=True) for key, raw in encoded.profiles
                    ]
                    await self.database.profiles.bulk_write(replacements, ordered=False, session=session)
                for profile, interactions in encoded.moved.items():
                    ids = [bytes.fromhex(each) for each in interactions]
                    change = {"$set": {"profile": bytes.fromhex(profile)}}
                    await self.database.timeline.update_many({"_id": {"$in": ids}}, change, session=session)

                if encoded.left:
                    await self.database.timeline.delete_many({"_id": {"$in": list(encoded.left)}}, session=session)

        await in_transaction(self.database, write)

    async def forget(self, folded: Folded) -> None:
        """Deletes what may not be kept of those who were erased, after `save` has made that final."""
        with translated():
            for each in folded.erased:
                await self._forget_timeline(bytes.fromhex(each.profile))
                await self._forget_doubts(bytes.fromhex(each.profile))
            if folded.dropped:
                await self._forget_routes([bytes.fromhex(each) for each in folded.dropped])

    async def _forget_timeline(self, profile: bytes) -> None:
        while page := await self.database.timeline.find({"profile": profile}, {"_id": 1}).limit(_PAGE).to_list():
            ids = [each["_id"] for each in page]
            await self._forget_routes(ids)
            await self.database.timeline.delete_many({"_id": {"$in": ids}})

    async def _forget_doubts(self, profile: bytes) -> None:
        """After the routes: until those are emptied, a copy of what was said raises the doubt again."""
        await self.database.reviews.delete_many({"profile": profile})
        await self.database.reviews.delete_many({"demotion.owner": profile})

    async def _forget_routes(self, ids: Sequence[bytes]) -> None:
        """That there was one is remembered for as long as copies may come: they tell of somebody who was erased."""
        emptied = dict.fromkeys(("digest", "profile", "linked", "retires", "demoted"), "")
        change = {"$set": {"is_erased": True}, "$unset": emptied}
        await self.database.routes.update_many({"_id": {"$in": list(ids)}}, change)

    async def _move_cursors(
        self, cursors: Sequence[Cursor], next_offsets: Mapping[int, int], session: AsyncClientSession
    ) -> None:
        moves = [
            UpdateOne(
                {"_id": each.partition, "version": each.version},
                {"$set": {"offset": max(each.offset, next_offsets[each.partition]), "version": each.version + 1}},
                upsert=each.version == 0,
            )
            for each in cursors
        ]
        result = await self.database.offsets.bulk_write(moves, ordered=False, session=session)
        if result.matched_count + result.upserted_count != len(moves):
            raise Overtaken

    def _encode_profile(self, revision: Revision) -> tuple[bytes, RawBSONDocument]:
        profile = revision.profile
        key = bytes.fromhex(profile.id)
        document = {
            "_id": key,
            "epoch": self.epoch,
            "revision": profile.revision,
            "state_version": profile.state_version,
            "state": revision.document,
            **_history_document(profile),
            **(search_fields(profile.state) if profile.state else {}),
        }
        raw = bson.encode(document)
        states = 1 + bool(profile.base) + bool(profile.refolding)
        if len(raw) > _LARGEST_PROFILE_BYTES * states:
            raise Rejected("beyond_limits", f"the profile would exceed {_LARGEST_PROFILE_BYTES} bytes; send less of it")
        return key, RawBSONDocument(raw)


def _deduplication_keys(records: Iterable[Foldable]) -> set[str]:
    keys = {record_key(each) for each in records}
    brought = [each.interaction for each in records if isinstance(each, RetireRequested | AbsorbRequested)]
    awaited = {each.after for each in records if isinstance(each, AbsorbRequested) and each.after}
    return keys | awaited | {each.id for each in brought if each}


def _history_document(profile: Profile) -> Document:
    document: Document = {}
    if profile.erased_at:
        document["erased_at"] = profile.erased_at
    if profile.merged_into:
        document["merged_into"] = bytes.fromhex(profile.merged_into)
    if profile.base:
        document["base"] = state_document(profile.base)
    if profile.members:
        document["members"] = [bytes.fromhex(each) for each in profile.members]
    if profile.apart:
        document["apart"] = [[key, bytes.fromhex(each.profile), each.at] for key, each in profile.apart.items()]
    if profile.foreign:
        document["foreign"] = sorted(profile.foreign)
    if profile.refolding:
        document["refolding"] = refolding_document(profile.refolding)
    return document


def profile_from(document: Mapping[str, Any]) -> Profile:
    merged_into, state = document.get("merged_into"), document["state"]
    return Profile(
        id=ProfileId(document["_id"].hex()),
        revision=document["revision"],
        state=state_from(state) if state else None,
        state_version=min(document["state_version"], STATE_VERSION),
        merged_into=ProfileId(merged_into.hex()) if merged_into else None,
        members=tuple(ProfileId(each.hex()) for each in document.get("members", ())),
        apart={key: Claim(at, ProfileId(owner.hex())) for key, owner, at in document.get("apart", ())},
        foreign=frozenset(document.get("foreign", ())),
        erased_at=document.get("erased_at"),
        base=state_from(document["base"]) if document.get("base") else None,
        refolding=refolding_from(document["refolding"]) if "refolding" in document else None,
    )
