"""The guarantees as questions to a real deployment; each answer is a list of violations, empty where all is well."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.domain.documents import state_document
from fidelio_profile.verifying import differences
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.storage.mongo import Database
from support.topics import Record

_MOST_TOLD = 5
Position = tuple[str, int, int]
"""Topic, partition, offset."""
OutcomeKind = type[ScoreChanged] | type[SegmentChanged]


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a compacted topic's records are numbered by."""

    topic: str
    number: str


PROFILES = Numbered("profiles", "revision")
SCORES = Numbered("scores", "sequence")
SEGMENTS = Numbered("segments", "sequence")


def numbering_violations(records: Sequence[Record], numbered: Numbered, stored: Mapping[str, int]) -> list[str]:
    """Numbers 1..n of every key appear, equal numbers have equal bytes, the last record has the highest number.

    `stored`: the highest number of each profile by the database; what was published must be what was stored.
    """
    by_key: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
    for record in _in_order(records):
        value = record.value or b""
        by_key[(record.key or b"").decode()].append((orjson.loads(value)[numbered.number], value))
    found: list[str] = []
    for key, numbers in by_key.items():
        found += [f"{numbered.topic} {key}: {each}" for each in _key_violations(numbers)]
        highest = max(number for number, _ in numbers)
        if stored.get(key) != highest:
            found.append(f"{numbered.topic} {key}: published up to {highest}, stored {stored.get(key)}")
    found += [f"{numbered.topic} {key}: stored and never published" for key in stored.keys() - by_key.keys()]
    return found


def _key_violations(numbers: Sequence[tuple[int, bytes]]) -> Iterable[str]:
    seen = {number for number, _ in numbers}
    if seen != set(range(1, max(seen) + 1)):
        yield f"numbers {sorted(set(range(1, max(seen) + 1)) - seen)[:_MOST_TOLD]} are missing"
    values: dict[int, bytes] = {}
    for number, value in numbers:
        if values.setdefault(number, value) != value:
            yield f"number {number} has two different values"
    if numbers[-1][0] != max(seen):
        yield f"the last record has number {numbers[-1][0]} of {max(seen)}"


async def application_violations(database: Database, accepted: Iterable[str]) -> list[str]:
    """Every accepted interaction is on one timeline, once, and counted once in its profile; nothing else is."""
    expected = set(accepted)
    documents = await database.timeline.find({"kind": "interaction"}, {"profile": 1}).to_list()
    applied = {each["_id"].hex() for each in documents}
    found = [f"{len(expected - applied)} accepted interactions were lost"] if expected - applied else []
    if applied - expected:
        found.append(f"{len(applied - expected)} interactions were applied that nobody sent")
    counts = Counter(each["profile"] for each in documents)
    whole = 0
    async for profile in database.profiles.find({}, {"state.interactions": 1, "members": 1, "merged_into": 1}):
        state = profile.get("state")
        counted = state["interactions"] if state else 0
        names = () if profile.get("merged_into") else (profile["_id"], *profile.get("members", ()))
        expected_here = sum(counts[each] for each in names)
        whole += counted
        if counted != expected_here:
            found.append(f"profile {profile['_id'].hex()} counts {counted} of {expected_here} interactions")
    if whole != len(documents):
        found.append(f"profiles count {whole} of {len(documents)} interactions")
    return found


async def refold_violations(database: Database) -> list[str]:
    """Every profile equals the fold of its timeline."""
    found: list[str] = []
    async for page in MongoProfileViews(database).pages_with_refold(500):
        for document, state in page:
            paths = differences(document["state"], state_document(state) if state else None)
            found += [f"profile {document['_id'].hex()} differs at {path}" for path in paths]
    return found


async def revisions(database: Database) -> dict[str, int]:
    return {each["_id"].hex(): each["revision"] async for each in database.profiles.find({}, {"revision": 1})}


async def sequences(database: Database, field: str) -> dict[str, int]:
    """Of `scores`: field `score_sequence` or `segment_sequence`; not of who announced nothing, or was erased."""
    found: dict[str, int] = {}
    async for each in database.scores.find({}, {field: 1}):
        if number := each.get(field):
            found[each["_id"].hex()] = number
    return found


def dead_letter_violations(records: Sequence[Record], expected: Mapping[str, int]) -> list[str]:
    """As many as expected of each reason, each with one id however often it was published."""
    reasons: dict[str, str] = {each.header("ce_id"): each.header("fidelio-reason") for each in records}
    counted: Mapping[str, Any] = Counter(reasons.values())
    return [] if dict(counted) == dict(expected) else [f"dead letters {dict(counted)}, expected {dict(expected)}"]


def refusal_violations(records: Sequence[Record], broken: Mapping[Position, str]) -> list[str]:
    """Every broken record of the channels is a dead letter of its reason, under one id, and no other record is."""
    found: dict[Position, set[tuple[str, str]]] = defaultdict(set)
    for record in records:
        if record.header("fidelio-topic").startswith("channels."):
            found[_came_from(record)].add((record.header("fidelio-reason"), record.header("ce_id")))
    wrong = [f"{where} is no dead letter, and is broken: {broken[where]}" for where in broken.keys() - found.keys()]
    wrong += [f"{where} is a dead letter, and is not broken" for where in found.keys() - broken.keys()]
    for where in broken.keys() & found.keys():
        if [reason for reason, _ in found[where]] != [broken[where]]:
            wrong.append(f"{where} is broken, {broken[where]}, and became {sorted(found[where])}")
    return wrong


async def conflict_violations(database: Database, records: Sequence[Record], conflicting: Iterable[str]) -> list[str]:
    """Of two things said under one id one is applied and the other is a dead letter; nothing else became one.

    A saying that a crash of ingest repeated stands twice on `interactions`, and each place has a dead letter.
    """
    refused: dict[str, set[str]] = {each: set() for each in conflicting}
    wrong: list[str] = []
    for record in records:
        if record.header("fidelio-topic").startswith("channels."):
            continue
        said = orjson.loads(record.value or b"")
        if record.header("fidelio-reason") == "conflict" and said["id"] in refused:
            refused[said["id"]].add(said["digest"])
        else:
            wrong.append(f"{_came_from(record)} is a dead letter: {record.header('fidelio-reason')}")
    keys = [bytes.fromhex(each) for each in refused]
    async for document in database.timeline.find({"_id": {"$in": keys}}, {"body": 1}):
        applied = orjson.loads(document["body"])
        digests = refused[applied["id"]]
        others = digests - {applied["digest"]}
        if len(others) != 1 or others != digests:
            wrong.append(f"{applied['id']}: one saying was applied, and {len(others)} others refused")
    return wrong


async def outcome_violations(database: Database, records: Sequence[Record], kind: OutcomeKind) -> list[str]:
    """`outcomes` holds of every profile the last score, or the last segment change, that was published."""
    name = "scores" if kind is ScoreChanged else "segments"
    latest = {(each.key or b"").decode(): kind.model_validate_json(each.value or b"") for each in _in_order(records)}
    documents = await database.outcomes.find({name: {"$type": "object"}}, {name: 1}).to_list()
    kept = {each["_id"].hex(): kind.model_validate(each[name]) for each in documents}
    different = [key for key in latest.keys() | kept.keys() if latest.get(key) != kept.get(key)]
    return [f"outcomes have other {name} of {len(different)} profiles"] if different else []


def _in_order(records: Sequence[Record]) -> list[Record]:
    return sorted(records, key=lambda each: (each.partition, each.offset))


def _came_from(dead_letter: Record) -> Position:
    told = dead_letter.header
    return told("fidelio-topic"), int(told("fidelio-partition")), int(told("fidelio-offset"))
