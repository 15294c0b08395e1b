"""`contacts`: one card per profile; of each of its three parts, only a later one replaces what is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_notify.domain.cards import (
    Belonging,
    Card,
    Person,
    PersonSnapshot,
    Scored,
    belonging_from,
    card_from,
    scored_from,
)
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.rights import objections
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.storage.mongo import Database, Document, in_transaction, translated

News = PersonSnapshot | ScoreChanged | SegmentChanged
Numbers = Mapping[str, tuple[int, int]]
_NONE = (-1, -1)
_NUMBERS = {
    "epoch": 1,
    "revision": 1,
    "erased_at": 1,
    "members": 1,
    "scored.epoch": 1,
    "scored.sequence": 1,
    "belonging.epoch": 1,
    "belonging.sequence": 1,
}


@dataclass(frozen=True, slots=True)
class MongoCardStore:
    database: Database

    async def save(self, news: Iterable[News]) -> None:
        """The latest of each part of each card, in one transaction."""
        parts = _latest(news)
        if not parts:
            return

        async def replace_earlier(session: AsyncClientSession) -> None:
            found = await self.database.contacts.find(
                {"_id": {"$in": list(parts)}}, _NUMBERS, session=session
            ).to_list()
            known = {each["_id"]: _numbers(each) for each in found}
            erased = {each["_id"] for each in found if "erased_at" in each}
            updates = [
                UpdateOne({"_id": key}, update, upsert=True)
                for key, told in parts.items()
                if key not in erased and (update := _update(told, known.get(key, {})))
            ]
            updates += _members(parts, {each["_id"]: each.get("members", ()) for each in found})
            if updates:
                await self.database.contacts.bulk_write(updates, ordered=False, session=session)

        await in_transaction(self.database, replace_earlier)

    async def load(self, profiles: Iterable[ProfileId]) -> Mapping[ProfileId, Card]:
        ids = [bytes.fromhex(each) for each in profiles]
        with translated():
            found = await self.database.contacts.find({"_id": {"$in": ids}}).to_list()
        return {card.profile: card for card in map(card_from_document, found)}

    async def members(self, profiles: Iterable[ProfileId]) -> Mapping[ProfileId, tuple[ProfileId, ...]]:
        """Who became part of them; of those who have any."""
        query = {"_id": {"$in": [bytes.fromhex(each) for each in profiles]}, "members": {"$exists": True}}
        with translated():
            found = await self.database.contacts.find(query, {"members": 1}).to_list()
        return {ProfileId(each["_id"].hex()): tuple(ProfileId(key.hex()) for key in each["members"]) for each in found}

    async def count_in_segment(self, segment: str) -> int:
        with translated():
            return await self.database.contacts.count_documents({"segments": segment})

    async def page_of_segment(self, segment: str, after: ProfileId | None, *, limit: int) -> Sequence[Card]:
        """Whose card says that they are in it, by their profiles, from the one after `after` on."""
        query: Document = {"segments": segment}
        if after:
            query["_id"] = {"$gt": bytes.fromhex(after)}
        with translated():
            found = await self.database.contacts.find(query).sort([("segments", 1), ("_id", 1)]).limit(limit).to_list()
        return [card_from_document(each) for each in found]


def _latest(news: Iterable[News]) -> Mapping[bytes, Mapping[str, News]]:
    """By profile and part."""
    parts: dict[bytes, dict[str, News]] = {}
    for each in news:
        part = _PARTS[type(each)]
        told = parts.setdefault(bytes.fromhex(each.profile), {})
        if part not in told or _number(each) > _number(told[part]):
            told[part] = each
    return parts


_PARTS: Mapping[type, str] = {PersonSnapshot: "person", ScoreChanged: "scored", SegmentChanged: "belonging"}


def _members(parts: Mapping[bytes, Mapping[str, News]], known: Mapping[bytes, Sequence[bytes]]) -> list[UpdateOne]:
    """Who became part of somebody has no other card from then on, also while their own last record is unread."""
    return [
        UpdateOne({"_id": member, "erased_at": None}, {"$set": {"merged_into": key}})
        for key, told in parts.items()
        if isinstance(person := told.get("person"), PersonSnapshot) and not person.erased_at
        for member in {bytes.fromhex(each) for each in person.members} - set(known.get(key, ()))
    ]


def _number(news: News) -> tuple[int, int]:
    return news.epoch, news.revision if isinstance(news, PersonSnapshot) else news.sequence


def _numbers(document: Mapping[str, Any]) -> Numbers:
    known = {
        part: (told["epoch"], told["sequence"])
        for part in ("scored", "belonging")
        if (told := document.get(part)) is not None
    }
    return known | ({"person": (document["epoch"], document["revision"])} if "revision" in document else {})


def _update(told: Mapping[str, News], known: Numbers) -> Document | None:
    """None where nothing told is later than what is known."""
    later = [each for part, each in told.items() if _number(each) > known.get(part, _NONE)]
    if any(isinstance(each, PersonSnapshot) and each.erased_at for each in later):
        return _erased(later)
    sets: Document = {}
    for each in later:
        sets |= _part(each)
    unset = {name: "" for name, value in sets.items() if value is None}
    kept = {name: value for name, value in sets.items() if value is not None}
    return {"$set": kept} | ({"$unset": unset} if unset else {}) if sets else None


def _part(news: News) -> Document:
    if isinstance(news, ScoreChanged):
        return {"scored": _body(scored_from(news))}
    if isinstance(news, SegmentChanged):
        belonging = belonging_from(news)
        return {"belonging": _body(belonging), "segments": [each.segment for each in belonging.memberships]}
    card = card_from(news)
    return {
        "epoch": card.epoch,
        "revision": card.revision,
        "person": encode(card.person),
        "merged_into": bytes.fromhex(card.merged_into) if card.merged_into else None,
        "members": [bytes.fromhex(each) for each in card.members] or None,
    }


def _body(part: Scored | Belonging) -> Document:
    return {"epoch": part.epoch, "sequence": part.sequence, "body": encode(part)}


def _erased(later: Iterable[News]) -> Document:
    """What is kept says no more than that nothing may be kept."""
    card = next(card_from(each) for each in later if isinstance(each, PersonSnapshot))
    kept = {"epoch": card.epoch, "revision": card.revision, "erased_at": card.erased_at}
    gone = ("person", "merged_into", "members", "scored", "belonging", "segments", "attempts")
    return {"$set": kept, "$unset": dict.fromkeys(gone, "")}


def card_from_document(document: Mapping[str, Any]) -> Card:
    """Of somebody of whom only scores were told so far, a card without a revision: earlier than any."""
    person = Person.model_validate_json(document["person"]) if "person" in document else Person()
    merged_into, scored, belonging = (document.get(each) for each in ("merged_into", "scored", "belonging"))
    return Card(
        profile=ProfileId(document["_id"].hex()),
        epoch=document.get("epoch", _NONE[0]),
        revision=document.get("revision", _NONE[1]),
        person=person,
        merged_into=ProfileId(merged_into.hex()) if merged_into else None,
        members=tuple(ProfileId(each.hex()) for each in document.get("members", ())),
        erased_at=document.get("erased_at"),
        scored=Scored.model_validate_json(scored["body"]) if scored else None,
        belonging=Belonging.model_validate_json(belonging["body"]) if belonging else None,
        objections=objections(person.consents),
    )
