"""`contacts`: one card per profile, replaced only by a later one."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from fidelio_notify.domain.contacts import Consent, Contact
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, only_duplicate_keys, translated


@dataclass(frozen=True, slots=True)
class MongoContactStore:
    database: Database

    async def save(self, contacts: Iterable[Contact]) -> None:
        updates = [_replace_if_newer(each) for each in contacts]
        if not updates:
            return
        with translated():
            try:
                await self.database.contacts.bulk_write(updates, ordered=False)
            except BulkWriteError as error:
                if not only_duplicate_keys(error):
                    raise
                await self.database.contacts.bulk_write(updates, ordered=False)

    async def load(self, profiles: Iterable[ProfileId]) -> Mapping[ProfileId, Contact]:
        ids = [bytes.fromhex(each) for each in profiles]
        with translated():
            found = await self.database.contacts.find({"_id": {"$in": ids}}).to_list()
        return {contact.profile: contact for contact in map(_contact_from, found)}


def _replace_if_newer(contact: Contact) -> UpdateOne:
    card = asdict(contact)
    del card["profile"]
    known = [{"$ifNull": ["$epoch", -1]}, {"$ifNull": ["$revision", -1]}]
    is_newer = {"$gt": [[contact.epoch, contact.revision], known]}
    whole = {"$mergeObjects": [{"_id": "$_id"}, {"$literal": card}]}
    pipeline = [{"$replaceWith": {"$cond": [is_newer, whole, "$$ROOT"]}}]
    return UpdateOne({"_id": bytes.fromhex(contact.profile)}, pipeline, upsert=True)


def _contact_from(document: Mapping[str, Any]) -> Contact:
    return Contact(
        profile=ProfileId(document["_id"].hex()),
        epoch=document["epoch"],
        revision=document["revision"],
        email=document["email"],
        name=document["name"],
        language=document["language"],
        consents=tuple(Consent(**each) for each in document["consents"]),
    )
