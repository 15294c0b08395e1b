"""The table of what segments do, told to a running system: each change is said at its own instant, and no other."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
import yaml

from fidelio_deploy.replay.history import Recorded, in_steps
from fidelio_deploy.replay.pace import NoPace
from fidelio_deploy.replay.replaying import replay_into
from fidelio_shared.contracts.canonical import instant, moment
from fidelio_shared.contracts.ids import ProfileId, interaction_id, profile_id
from fidelio_shared.contracts.topics import SEGMENTS, channel_topic
from fidelio_shared.messaging.records import Outgoing
from support.segment_cases import ABSENCES, SEQUENCES, WINDOWS, Case
from support.segment_cases_more import AGGREGATES, ATTRIBUTES, CALENDARS, CARE, COMPOSED, CONSENTS
from support.segment_check import Change, named
from support.segment_world import Event, document_of
from support.topics import Record, read_topic
from support.two_worlds import World, a_world

CASES = (*WINDOWS, *ABSENCES, *SEQUENCES, *CALENDARS, *ATTRIBUTES, *AGGREGATES, *CARE, *CONSENTS, *COMPOSED)
SOURCE = "shop.example/cases"
CHANNELS = {"web", "store", "app", "phone", "email", "sms", "support"}


def is_told_as_it_happens(case: Case) -> bool:
    """Replayed history is heard of in time, in order on one channel, and not from before 1970; scores are its own."""
    channels = {_channel(each) for each in case.events}
    is_in_time = all(each.received == each.at and each.at.year >= 1970 for each in case.events)
    asks_of_scores = any(f"{word}:" in case.segments for word in ("band", "rfm", "clv", "health"))
    return not asks_of_scores and is_in_time and len(channels) == 1 and channels <= CHANNELS


def _channel(event: Event) -> str:
    return str(event.more.get("channel", "web"))


TOLD = {number: case for number, case in enumerate(CASES) if is_told_as_it_happens(case)}
UNTIL = max(at for case in TOLD.values() for at, _ in case.changes) + timedelta(days=30)


def definitions(cases: Mapping[int, Case]) -> str:
    """All of them in one file, each case's segments by names of its own."""
    conditions: dict[str, object] = {}
    groups: dict[str, str] = {}
    for number, case in cases.items():
        own = {**yaml.safe_load(case.segments)}
        names = {*own, *case.groups.values()}
        conditions |= {_name(number, name): _renamed(condition, number, names) for name, condition in own.items()}
        groups |= {_name(number, name): _name(number, group) for name, group in case.groups.items()}
    return json.dumps(document_of(conditions, groups))


def _renamed(node: object, number: int, names: set[str]) -> object:
    if isinstance(node, dict):
        return {
            key: _name(number, value) if key == "segment" and value in names else _renamed(value, number, names)
            for key, value in node.items()
        }
    return [_renamed(each, number, names) for each in node] if isinstance(node, list) else node


def _name(number: int, name: str) -> str:
    return f"c{number}_{name}"


def recorded(cases: Mapping[int, Case]) -> list[Recorded]:
    said = [
        _recorded(number, place, event) for number, case in cases.items() for place, event in enumerate(case.events)
    ]
    return sorted(said, key=lambda each: each.at)


def _recorded(number: int, place: int, event: Event) -> Recorded:
    more = {name: value for name, value in event.more.items() if name != "channel"}
    said = {
        "source": SOURCE,
        "id": f"{number}/{place}",
        "type": event.type,
        "occurred_at": instant(event.at),
        "identifiers": [{"kind": "customer_id", "value": f"case{number}"}],
        **more,
    }
    body = json.dumps(said, default=str).encode()
    return Recorded(event.at, Outgoing(channel_topic(_channel(event)), str(number).encode(), body, ()))


def changes(records: Iterable[Record], cases: Mapping[int, Case]) -> dict[int, list[Change]]:
    """Of each case's own segments, each record counted once."""
    said: dict[ProfileId, dict[str, Record]] = defaultdict(dict)
    for record in records:
        said[ProfileId((record.key or b"").decode())].setdefault(record.header("ce_id"), record)
    return {number: _changes(said[_profile(number)].values(), number) for number in cases}


def _profile(number: int) -> ProfileId:
    return profile_id(interaction_id(SOURCE, f"{number}/0"))


def _changes(records: Iterable[Record], number: int) -> list[Change]:
    found: list[Change] = []
    known: frozenset[str] = frozenset()
    for record in records:
        value = orjson.loads(record.value or b"")
        names = [each["segment"].partition("_") for each in value["memberships"]]
        now = frozenset(name for case, _, name in names if case == f"c{number}")
        if now != known:
            found.append((moment(value["at"]), now))
            known = now
    return found


async def play(world: World, history: Sequence[Recorded]) -> Sequence[Record]:
    steps = in_steps(history, length=timedelta(days=50), until=UNTIL)
    async with replay_into(world.kafka, NoPace()) as replay:
        await replay.run(steps, tell=lambda _: None)
    await world.until_reviewed(UNTIL)
    assert await read_topic(world.kafka, "dead-letters") == []
    return await read_topic(world.kafka, SEGMENTS.name)


def differing(told: Mapping[int, list[Change]], expected: Mapping[int, list[Change]]) -> list[str]:
    return [f"{CASES[number].name}: {told[number]}" for number in expected if told[number] != expected[number]]


def expected(*, later: timedelta = timedelta(0)) -> dict[int, list[Change]]:
    return {number: [(at + later, names) for at, names in named(case.changes)] for number, case in TOLD.items()}


def test_each_change_of_the_table_is_announced_at_its_millisecond_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("FIDELIO_KAFKA", "FIDELIO_MONGO"):
        monkeypatch.delenv(each, raising=False)
    channels, segments = tmp_path / "channels.yaml", tmp_path / "segments.yaml"
    anything = {"types": ["*"], "privileged": ["consent.changed", "profile.corrected"]}
    channels.write_text(yaml.safe_dump(dict.fromkeys(sorted(CHANNELS), anything)))
    segments.write_text(definitions(TOLD))
    processes = {"ingest": 1, "resolve": 1, "fold": 1, "scoring": 2}
    with a_world(tmp_path, processes, batch_records=100, channels_file=channels, segments_file=segments) as world:
        told = changes(asyncio.run(play(world, recorded(TOLD))), TOLD)
    assert len(TOLD) >= 80
    assert differing(told, expected()) == []
    changing = [number for number, case in TOLD.items() if case.changes]
    assert len(differing(told, expected(later=timedelta(milliseconds=1)))) == len(changing)
