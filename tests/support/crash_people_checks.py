"""All guarantees, asked of a crash world in which people were split, erased and retained."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

import bson
import orjson

from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_shared.storage.mongo import Database
from support.canary import spellings
from support.crash_people import Household, Side
from support.crash_world import CrashWorld
from support.invariants import (
    PROFILES,
    SCORES,
    SEGMENTS,
    numbering_violations,
    refold_violations,
    revisions,
    sequences,
)
from support.people_stored import PeopleStored, agreement_violations, last_record_violations, read_people
from support.topics import Record, read_topic

COMPACTED = ("profiles", "scores", "segments")
STORED_OF_THE_ERASED: Mapping[str, frozenset[str]] = {
    "profile.profiles": frozenset({"_id", "epoch", "revision", "state_version", "state", "erased_at"}),
    "profile.outcomes": frozenset({"_id", "erased_at"}),
    "scoring.scores": frozenset({"_id", "erased_at"}),
    "notify.contacts": frozenset({"_id", "epoch", "revision", "erased_at"}),
}


async def violations(world: CrashWorld, households: Sequence[Household]) -> list[str]:
    databases = {
        "profile": world.profile_database(),
        "scoring": world.scoring_database(),
        "notify": world.notify_database(),
    }
    topics = {
        each: await read_topic(world.kafka, each) for each in (*COMPACTED, "identities", "erasures", "dead-letters")
    }
    profile, people = databases["profile"], await read_people(databases["profile"])
    erased = {each for each, known in people.profiles.items() if known.erased_at}
    left = _without(people, erased)
    found = [each async for each in _side_violations(profile, households)]
    found += await refold_violations(profile)
    found += await _numbering(databases, topics, erased)
    found += [*agreement_violations(left), *last_record_violations(left, _of_others(topics["profiles"], erased))]
    found += [each async for each in _erasure_violations(profile, households, topics["erasures"])]
    found += [each async for each in _left_of_the_erased(databases, erased)]
    found += [f"{each}: something else follows the tombstone" for each in _spoken_after(topics, erased)]
    found += [f"{place} holds the canary" async for place in _places_of_canary(databases, topics)]
    found += [each for topic in ("identities", "erasures") for each in _repetition_violations(topic, topics[topic])]
    if topics["dead-letters"]:
        found.append("something became a dead letter")
    for each in databases.values():
        await each.client.close()
    return found


async def _side_violations(database: Database, households: Sequence[Household]) -> AsyncIterator[str]:
    """Each side of a split, and whoever came back, has its own interactions and no others; nobody else is known."""
    sides = {side.key: side for each in households for side in each.wanted()}
    owners = {each["_id"]: each["profile"] async for each in database.identities.find({})}
    if owners.keys() != sides.keys():
        yield f"{len(owners.keys() ^ sides.keys())} identifiers find somebody and should not, or the other way round"
    for key in owners.keys() & sides.keys():
        async for each in _one_side(database, owners[key], sides[key]):
            yield each
    wanted = sum(len(each.timeline) for each in sides.values())
    if (applied := await database.timeline.count_documents({"kind": "interaction"})) != wanted:
        yield f"{applied} of {wanted} interactions are on timelines"


async def _one_side(database: Database, profile: bytes, side: Side) -> AsyncIterator[str]:
    found = await database.profiles.find_one({"_id": profile})
    if found is None or not found["state"]:
        yield f"nothing is known of {profile.hex()}"
        return
    names = [profile, *found.get("members", ())]
    held = database.timeline.find({"profile": {"$in": names}, "kind": "interaction"}, {"_id": 1})
    timeline = {each["_id"].hex() async for each in held}
    base = found["base"]["interactions"] if found.get("base") else 0
    if timeline != side.timeline:
        yield f"profile {profile.hex()} misses {len(side.timeline - timeline)}, and has {len(timeline - side.timeline)}"
    if (found["state"]["interactions"], base) != (len(side.timeline) + side.left, side.left):
        yield f"profile {profile.hex()} counts {found['state']['interactions']}, {base} of them in its base"


async def _numbering(
    databases: Mapping[str, Database], topics: Mapping[str, Sequence[Record]], erased: Iterable[str]
) -> list[str]:
    """Of the erased only what was said before is compared: what was stored of it is gone."""
    said = {each: [record for record in topics[each] if record.value is not None] for each in COMPACTED}
    found = numbering_violations(said["profiles"], PROFILES, await revisions(databases["profile"]))
    for numbered, sequence in ((SCORES, "score_sequence"), (SEGMENTS, "segment_sequence")):
        stored = await sequences(databases["scoring"], sequence)
        stored |= _highest([each for each in said[numbered.topic] if _key(each) in erased], numbered.number)
        found += numbering_violations(said[numbered.topic], numbered, stored)
    return found


async def _erasure_violations(
    database: Database, households: Sequence[Household], records: Sequence[Record]
) -> AsyncIterator[str]:
    """Each was confirmed by all and has one receipt, however often it is repeated; who came too late has none."""
    receipts = defaultdict(set)
    for said in (orjson.loads(each.value or b"") for each in records):
        if said["kind"] == "receipt":
            receipts[said["id"]].add(said["profile"])
    begun = 0
    async for each in database.erasures.find({}):
        request = each["_id"].hex()
        known = await MongoErasureStore(database).find(request)
        assert known is not None
        wanted = {known.profile} if known.step == "done" else set()
        begun += known.step == "done"
        if known.step not in ("done", "cancelled") or known.is_confirmed != (known.step == "done"):
            yield f"erasure {request} is {known.step}, and {'' if known.is_confirmed else 'not '}confirmed by all"
        if receipts[request] != wanted:
            yield f"erasure {request} has {len(receipts[request])} receipts of {len(wanted)}"
        if known.step == "done" and "due_at" in each:
            yield f"the tombstones of erasure {request} were not repeated"
    if begun != (expected := sum(each.fate != "is two people" for each in households)):
        yield f"{begun} of {expected} erasures were carried out"


async def _left_of_the_erased(databases: Mapping[str, Database], erased: Iterable[str]) -> AsyncIterator[str]:
    keys = [bytes.fromhex(each) for each in erased]
    for place, kept in STORED_OF_THE_ERASED.items():
        name, collection = place.split(".")
        found = await databases[name][collection].find({"_id": {"$in": keys}}).to_list()
        more = sorted({field for each in found for field in each if each[field] is not None} - kept)
        if more or len(found) != len(keys):
            yield f"{place} keeps {more} of the erased, and knows of {len(found)} of {len(keys)}"
    for place in ("profile.timeline", "profile.routes", "profile.reviews", "notify.decisions"):
        name, collection = place.split(".")
        if count := await databases[name][collection].count_documents({"profile": {"$in": keys}}):
            yield f"{place} holds {count} documents of the erased"


def _spoken_after(topics: Mapping[str, Sequence[Record]], erased: Iterable[str]) -> Iterator[str]:
    """The last record of the erased is a tombstone: read as a map, nothing of them is on a compacted topic."""
    for topic in COMPACTED:
        last = {_key(each): each.value for each in topics[topic]}
        yield from (f"{topic} {each}" for each in erased if last.get(each) is not None)


async def _places_of_canary(
    databases: Mapping[str, Database], topics: Mapping[str, Sequence[Record]]
) -> AsyncIterator[str]:
    found: set[str] = set()
    for name, database in databases.items():
        for collection in await database.list_collection_names():
            async for each in database[collection].find({}):
                if _is_canary(bson.encode(each)):
                    found.add(f"{name}.{collection}")
    for topic in COMPACTED:
        if any(map(_is_canary, {_key(each): each.value or b"" for each in topics[topic]}.values())):
            found.add(topic)
    for place in sorted(found):
        yield place


def _is_canary(content: bytes) -> bool:
    return any(each in content for each in spellings().values())


def _repetition_violations(topic: str, records: Sequence[Record]) -> Iterator[str]:
    """One id, one saying; and one saying, one id: whoever deduplicates by it counts each once."""
    values, ids = defaultdict(set), defaultdict(set)
    for each in records:
        values[each.header("ce_id")].add(each.value)
        ids[each.value].add(each.header("ce_id"))
    if several := sum(len(each) > 1 for each in values.values()):
        yield f"{topic}: {several} ids say different things"
    if several := sum(len(each) > 1 for each in ids.values()):
        yield f"{topic}: {several} things are said under several ids"


def _without(people: PeopleStored, erased: Iterable[str]) -> PeopleStored:
    gone = set(erased)
    heads = {name: each for name, each in people.heads.items() if name not in gone}
    profiles = {name: each for name, each in people.profiles.items() if name not in gone}
    return PeopleStored(people.owners, heads, profiles, people.places)


def _of_others(records: Sequence[Record], erased: Iterable[str]) -> list[Record]:
    gone = set(erased)
    return [each for each in records if _key(each) not in gone]


def _highest(records: Iterable[Record], number: str) -> dict[str, int]:
    highest: dict[str, int] = {}
    for each in records:
        highest[_key(each)] = max(highest.get(_key(each), 0), orjson.loads(each.value or b"")[number])
    return highest


def _key(record: Record) -> str:
    return (record.key or b"").decode()
