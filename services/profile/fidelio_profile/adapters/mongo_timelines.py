"""`timeline` as fold reads it: whole where it is short, else page by page."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from fidelio_profile.adapters.timeline_documents import interaction_from
from fidelio_profile.domain.fold import RETENTION
from fidelio_profile.domain.people import identifier_hash
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.refolds import PAGE, Page
from fidelio_profile.domain.revisions import Foldable, Stored
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import AbsorbRequested, Position, RefoldRequested, SplitRequested
from fidelio_shared.contracts.retention import Retention
from fidelio_shared.storage.mongo import Database, Document

MOST_LEAVING = 500
_RAW = 4
"""So many times as much is read to have all that is a profile's own, beside what is on its way to others."""
_MOST_WALKED = 500_000
"""Interactions of others between a profile's own, so that a batch ends in time."""
_LATEST_FIRST = [("profile", 1), ("occurred_at", -1), ("_id", -1)]

Owner = Callable[[str], ProfileId | None]
"""Of what came under an anchor; None where the page is not about it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a page is looked for in. `owner`: of what came under the identifier with this hash."""

    profiles: Sequence[ProfileId]
    beyond: Position | None
    wanted: ProfileId
    owner: Owner


@dataclass(frozen=True, slots=True)
class MongoTimelines:
    database: Database
    retention: Retention
    most_at_once: int

    async def read(self, records: Sequence[Foldable], profiles: Mapping[ProfileId, Profile]) -> Stored:
        """All that `fold` needs of timelines for these records; the rest of Stored is left empty."""
        timelines: dict[ProfileId, tuple[Interaction, ...]] = {}
        long: set[ProfileId] = set()
        for profile, names in wanted_timelines(records, profiles, self.most_at_once).items():
            found = await self._whole(names)
            if found is None:
                long.add(profile)
            else:
                timelines |= found
        walk = page_walk(records, profiles)
        return Stored(
            profiles,
            frozenset(),
            timelines,
            await self._leaving(records, profiles),
            frozenset(long),
            await self._page(walk) if walk else None,
            self.most_at_once,
        )

    async def _whole(self, profiles: Set[ProfileId]) -> Mapping[ProfileId, tuple[Interaction, ...]] | None:
        """None where it is too much."""
        query = {"profile": {"$in": [bytes.fromhex(each) for each in sorted(profiles)]}, "kind": "interaction"}
        most = self.most_at_once * _RAW
        found = await self.database.timeline.find(query, {"profile": 1, "body": 1}).limit(most + 1).to_list()
        if len(found) > most:
            return None
        timelines: dict[ProfileId, list[Interaction]] = {each: [] for each in profiles}
        for each in found:
            timelines[ProfileId(each["profile"].hex())].append(interaction_from(each["body"]))
        return {profile: tuple(each) for profile, each in timelines.items()}

    async def _page(self, walk: Walk) -> Page:
        """As many as are read at once of what is `wanted`; what is others' does not count, since they may be moving
        it: the same page comes out when it is read again."""
        chosen: list[bytes] = []
        others: set[ProfileId] = set()
        beyond, walked = walk.beyond, 0
        async for document in self._walk(walk):
            owner = walk.owner(document["anchor"])
            is_full = len(chosen) == self.most_at_once and owner == walk.wanted
            if is_full or walked == _MOST_WALKED:
                return Page(await self._bodies(chosen), beyond, frozenset(others))
            walked += 1
            if owner == walk.wanted:
                chosen.append(document["_id"])
            elif owner:
                others.add(owner)
            if owner == walk.wanted or walked == _MOST_WALKED:
                beyond = _position(document)
        return Page(await self._bodies(chosen), None, frozenset(others))

    async def _walk(self, walk: Walk) -> AsyncIterator[Document]:
        beyond = walk.beyond
        for profile in walk.profiles:
            if beyond and profile < beyond.profile:
                continue
            query: Document = {"profile": bytes.fromhex(profile), "kind": "interaction"}
            if beyond and profile == beyond.profile:
                earlier = {"occurred_at": beyond.occurred_at, "_id": {"$lt": bytes.fromhex(beyond.id)}}
                query["occurred_at"] = {"$lte": beyond.occurred_at}
                query["$or"] = [{"occurred_at": {"$lt": beyond.occurred_at}}, earlier]
            wanted = {"profile": 1, "occurred_at": 1, "anchor": 1}
            async for each in self.database.timeline.find(query, wanted).sort(_LATEST_FIRST):
                yield each

    async def _bodies(self, keys: Sequence[bytes]) -> Sequence[Interaction]:
        found = await self.database.timeline.find({"_id": {"$in": list(keys)}}, {"body": 1}).to_list() if keys else []
        bodies = {each["_id"]: each["body"] for each in found}
        return [interaction_from(bodies[each]) for each in keys]

    async def _leaving(
        self, records: Sequence[Foldable], profiles: Mapping[ProfileId, Profile]
    ) -> Mapping[ProfileId, tuple[Interaction, ...]]:
        """A page of what is too old, of each whose retention is asked for."""
        found: dict[ProfileId, tuple[Interaction, ...]] = {}
        for record in records:
            known = profiles.get(record.profile)
            if known and isinstance(record, RefoldRequested) and record.reason == RETENTION:
                ids = [bytes.fromhex(each) for each in (known.id, *known.members)]
                query = leaving_query(self.retention, ids, record.at)
                page = await self.database.timeline.find(query, {"body": 1}).limit(MOST_LEAVING).to_list()
                found[known.id] = tuple(interaction_from(each["body"]) for each in page)
        return found


def page_walk(records: Sequence[Foldable], profiles: Mapping[ProfileId, Profile]) -> Walk | None:
    """Of the one record that is the next page of something."""
    record, *others = records
    known = profiles.get(record.profile) or Profile(record.profile, 0, None)
    if others:
        return None
    if isinstance(record, AbsorbRequested) and record.is_paged and record.into is None:
        keys = {each.key for each in record.apart}
        sources = sorted({record.absorbed, *record.members} - {*known.names})
        return Walk(sources, record.beyond, known.id, _by_anchor(lambda key: known.id if key in keys else None))
    if isinstance(record, RefoldRequested) and record.reason == PAGE and known.refolding:
        return Walk(sorted(known.names), known.refolding.beyond, known.id, _by_anchor(known.owner_of))
    return None


def _by_anchor(owner: Callable[[str], ProfileId | None]) -> Owner:
    """A profile has few anchors and many interactions."""
    known: dict[str, ProfileId | None] = {}

    def of_anchor(anchor: str) -> ProfileId | None:
        if anchor not in known:
            known[anchor] = owner(identifier_hash(anchor))
        return known[anchor]

    return of_anchor


def _position(document: Document) -> Position:
    profile = ProfileId(document["profile"].hex())
    return Position(profile=profile, occurred_at=document["occurred_at"], id=document["_id"].hex())


def wanted_timelines(
    records: Iterable[Foldable], profiles: Mapping[ProfileId, Profile], most: int
) -> Mapping[ProfileId, Set[ProfileId]]:
    """By profile: of those that are folded again or split, with their members; of those absorbed by somebody who was
    split. Not what is too much to be read at once."""
    records = list(records)
    parted = {each.id for each in profiles.values() if each.apart}
    parted |= {each.profile for each in records if isinstance(each, SplitRequested | RefoldRequested)}
    parted |= {each.profile for each in records if isinstance(each, AbsorbRequested) and each.apart}
    wanted: dict[ProfileId, set[ProfileId]] = {}
    for record in records:
        if record.profile in parted:
            names = _wanted_for(record, profiles.get(record.profile), most)
            wanted[record.profile] = wanted.get(record.profile, set()) | names
    return {profile: names for profile, names in wanted.items() if names}


def _wanted_for(record: Foldable, known: Profile | None, most: int) -> set[ProfileId]:
    own = set() if known and _is_long(known, most) else {record.profile, *(known.members if known else ())}
    if isinstance(record, RefoldRequested):
        return set() if record.reason in {RETENTION, PAGE} else own
    if isinstance(record, SplitRequested):
        return own
    if not isinstance(record, AbsorbRequested) or record.into:
        return set()
    is_much = record.state is not None and _count(record.state) > most
    if record.is_paged or is_much or not (own or record.is_split):
        return own
    return own | {record.absorbed, *record.members}


def _count(state: Mapping[str, JsonValue]) -> int:
    count = state["interactions"]
    return count if isinstance(count, int) else 0


def _is_long(profile: Profile, most: int) -> bool:
    return profile.refolding is not None or (profile.state is not None and profile.state.interactions > most)


def leaving_query(retention: Retention, profiles: Sequence[bytes], at: datetime) -> Document:
    """What is too old for these profiles' timelines: by type, in a walk along the index from the oldest on."""
    by_type = retention.leaving(at)
    others = {"type": {"$nin": list(by_type)}, "occurred_at": {"$lt": retention.leaving_by_default(at)}}
    each = [{"type": name, "occurred_at": {"$lt": before}} for name, before in by_type.items()]
    latest = max([retention.leaving_by_default(at), *by_type.values()])
    return {
        "profile": {"$in": list(profiles)},
        "occurred_at": {"$lt": latest},
        "kind": "interaction",
        "$or": [*each, others],
    }
