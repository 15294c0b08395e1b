"""Who is meant: people by an identifier, the beginning of an e-mail address or name, a segment, a band or an account.

Each page is a walk along an index from a position on; a position names the last entry that was looked at.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bson.min_key import MinKey

from fidelio_profile.adapters.indexes import BY_NAME
from fidelio_profile.domain.names import folded
from fidelio_shared.storage.mongo import Database, Document, translated

Position = tuple[str, ...]
Entry = tuple[str, bytes]
"""Of the index of names."""

START: Position = ("exact", "")
SHORTEST_BEGINNING = 2
_MOST_WALKS = 10
_AFTER_ALL = "\U0010ffff"
"""The last character: what begins with a text lies between the text and this behind it."""
_SUMMARY = {
    "state.interactions": 1,
    "state.last_at": 1,
    "state.identifiers": 1,
    "state.traits.name": 1,
    "state.traits.value": 1,
}


@dataclass(frozen=True, slots=True)
class Hit:
    profile: bytes
    position: Position


@dataclass(frozen=True, slots=True)
class Hits:
    """`following` None: there are no more."""

    found: Sequence[Hit]
    following: Position | None


@dataclass(frozen=True, slots=True)
class MongoPeople:
    """`kinds`: of the identifiers that find somebody."""

    database: Database
    kinds: Collection[str]

    async def meant_by(self, told: str, after: Position, limit: int) -> Hits:
        """Exact identifiers, then e-mail addresses, then names; everybody once, where they are found first.

        A page may be short: it looks at no more than some times `limit` entries.
        """
        found: list[Hit] = []
        following: Position | None = after
        with translated():
            exact = await self._exact(told)
            for _ in range(_MOST_WALKS):
                if following is None or len(found) > limit:
                    break
                walked = await self._walk(told, exact, following, limit)
                found += walked.found
                following = walked.following
        if len(found) > limit:
            return Hits(found[:limit], found[limit - 1].position)
        return Hits(found, following)

    async def in_segment(self, segment: str, after: bytes, limit: int) -> Hits:
        return await self._equal("outcomes", "segments.memberships.segment", segment, after, limit)

    async def in_band(self, band: str, after: bytes, limit: int) -> Hits:
        return await self._equal("outcomes", "scores.churn.band", band, after, limit)

    async def in_account(self, account: str, after: bytes, limit: int) -> Hits:
        return await self._equal("profiles", "state.accounts", account, after, limit)

    async def summaries(self, profiles: Iterable[bytes]) -> Sequence[Document]:
        """In the order given, without those that were merged or erased."""
        wanted = list(profiles)
        with translated():
            found = await self.database.profiles.find({"_id": {"$in": wanted}}, _SUMMARY).to_list()
        known = {each["_id"]: each for each in found if each.get("state")}
        return [known[each] for each in wanted if each in known]

    async def _equal(self, collection: str, field: str, value: str, after: bytes, limit: int) -> Hits:
        query = {field: value, "_id": {"$gt": after}}
        with translated():
            cursor = self.database[collection].find(query, {"_id": 1}).sort("_id", 1).limit(limit + 1)
            keys = [each["_id"] for each in await cursor.to_list()]
        hits = [Hit(key, (key.hex(),)) for key in keys[:limit]]
        return Hits(hits, hits[-1].position if len(keys) > limit else None)

    async def _exact(self, told: str) -> Sequence[bytes]:
        """Owners of it as an identifier of any kind, also as `kind:value`; sorted."""
        text = told.strip()
        keys = {text, *(f"{kind}:{text}" for kind in self.kinds), f"email:{text.lower()}"}
        found = await self.database.identities.find({"_id": {"$in": sorted(keys)}}).to_list()
        return sorted({each["profile"] for each in found})

    async def _walk(self, told: str, exact: Sequence[bytes], after: Position, limit: int) -> Hits:
        match after:
            case ("exact", last):
                hits = [Hit(each, ("exact", each.hex())) for each in exact if each.hex() > last]
                begins = len(told.strip()) >= SHORTEST_BEGINNING
                return Hits(hits, ("email", "") if begins else None)
            case ("email", last):
                return await self._emails(told, exact, last, limit)
            case _:
                return await self._names(told, exact, after[1:], limit)

    async def _emails(self, told: str, exact: Sequence[bytes], last: str, limit: int) -> Hits:
        first, end = _emails_beginning_with(told)
        query: Document = {"_id": {"$gt": last, "$lt": end} if last >= first else {"$gte": first, "$lt": end}}
        walked = await self.database.identities.find(query).sort("_id", 1).limit(limit).to_list()
        firsts = await self._first_emails({each["profile"] for each in walked}, told)
        hits = [
            Hit(each["profile"], ("email", each["_id"]))
            for each in walked
            if each["profile"] not in exact and firsts.get(each["profile"]) == each["_id"]
        ]
        return Hits(hits, ("email", walked[-1]["_id"]) if len(walked) == limit else ("name", "", ""))

    async def _names(self, told: str, exact: Sequence[bytes], last: Position, limit: int) -> Hits:
        first = folded(told)
        if len(first) < SHORTEST_BEGINNING:
            return Hits((), None)
        end, start = first + _AFTER_ALL, max((last[0], bytes.fromhex(last[1])), (first, b""))
        walked = await self._named(start, end, limit)
        by_email = await self._first_emails({each["_id"] for each in walked}, told)
        elsewhere = {*exact, *by_email}
        entries = [_entry(each, (first, b""), end) for each in walked]
        hits = [
            Hit(profile, ("name", name, profile.hex()))
            for name, profile in entries
            if (name, profile) > start and profile not in elsewhere
        ]
        if len(walked) < limit:
            return Hits(hits, None)
        name, profile = _entry(walked[-1], start, end)
        return Hits(hits, ("name", name, profile.hex()))

    async def _named(self, start: Entry, end: str, limit: int) -> list[Document]:
        """By their first entry behind `start`: by bounds, since no index sorts by a field of many values."""
        lower: list[tuple[str, Any]] = [("names", start[0]), ("_id", start[1])]
        upper: list[tuple[str, Any]] = [("names", end), ("_id", MinKey())]
        wanted = {"names": {"$elemMatch": {"$gte": start[0], "$lt": end}}}
        walk = self.database.profiles.find(wanted, {"names": 1}).hint(BY_NAME).min(lower).max(upper).limit(limit + 1)
        return [each for each in await walk.to_list() if _entry(each, start, end) != start][:limit]

    async def _first_emails(self, profiles: Collection[bytes], told: str) -> dict[bytes, str]:
        """By profile, the first of its e-mail addresses that begin so."""
        first, end = _emails_beginning_with(told)
        query = {"_id": {"$in": sorted(profiles)}}
        heads = await self.database.heads.find(query, {"keys": 1}).to_list() if profiles else []
        emails = {each["_id"]: [key for key in each["keys"] if first <= key < end] for each in heads}
        return {profile: min(found) for profile, found in emails.items() if found}


def _emails_beginning_with(told: str) -> tuple[str, str]:
    first = f"email:{told.strip().lower()}"
    return first, first + _AFTER_ALL


def _entry(document: Document, start: Entry, end: str) -> Entry:
    """Where the index names this profile for the first time from `start` on, before `end`."""
    key: bytes = document["_id"]
    return min((name, key) for name in document["names"] if start <= (name, key) and name < end)
