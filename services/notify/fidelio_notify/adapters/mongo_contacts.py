"""`contacts`: one card per profile, replaced only by a later one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pymongo import ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_notify.domain.contacts import Consent, Contact
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, in_transaction, translated

_NONE = (-1, -1)


@dataclass(frozen=True, slots=True)
class MongoContactStore:
    database: Database

    async def save(self, contacts: Iterable[Contact]) -> None:
        """One card of each profile at most; it is kept where it is later than the stored one."""
        cards = {bytes.fromhex(each.profile): each for each in contacts}
        if not cards:
            return

        async def replace_earlier(session: AsyncClientSession) -> None:
            known = await self._numbers(list(cards), session)
            later = [
                ReplaceOne({"_id": key}, _document(each), upsert=True)
                for key, each in cards.items()
                if (each.epoch, each.revision) > known.get(key, _NONE)
            ]
            if later:
                await self.database.contacts.bulk_write(later, ordered=False, session=session)

        await in_transaction(self.database, replace_earlier)

    async def _numbers(self, keys: Sequence[bytes], session: AsyncClientSession) -> Mapping[bytes, tuple[int, int]]:
        fields = {"epoch": 1, "revision": 1}
        found = await self.database.contacts.find({"_id": {"$in": keys}}, fields, session=session).to_list()
        return {each["_id"]: (each["epoch"], each["revision"]) for each in found}

    async def load(self, profiles: Iterable[ProfileId]) -> Mapping[ProfileId, Contact]:
        ids = [bytes.fromhex(each) for each in profiles]
        with translated():
            found = await self.database.contacts.find({"_id": {"$in": ids}}).to_list()
        return {contact.profile: contact for contact in map(_contact_from, found)}


def _document(contact: Contact) -> Document:
    if contact.erased_at:
        return {"epoch": contact.epoch, "revision": contact.revision, "erased_at": contact.erased_at}
    document: Document = {
        "epoch": contact.epoch,
        "revision": contact.revision,
        "email": contact.email,
        "name": contact.name,
        "language": contact.language,
        "consents": [asdict(each) for each in contact.consents],
    }
    if contact.merged_into:
        document["merged_into"] = bytes.fromhex(contact.merged_into)
    if contact.objections:
        document["objections"] = sorted(contact.objections)
    if contact.members:
        document["members"] = [bytes.fromhex(each) for each in contact.members]
    return document


def _contact_from(document: Mapping[str, Any]) -> Contact:
    merged_into = document.get("merged_into")
    return Contact(
        erased_at=document.get("erased_at"),
        objections=frozenset(document.get("objections", ())),
        profile=ProfileId(document["_id"].hex()),
        epoch=document["epoch"],
        revision=document["revision"],
        email=document.get("email"),
        name=document.get("name"),
        language=document.get("language", ""),
        consents=tuple(Consent(**each) for each in document.get("consents", ())),
        merged_into=ProfileId(merged_into.hex()) if merged_into else None,
        members=tuple(ProfileId(each.hex()) for each in document.get("members", ())),
    )
