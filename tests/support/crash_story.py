"""Rounds of people who are merged, split, erased and retained, in which steps end at one place after the other."""

import asyncio
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_profile.retaining import retain
from fidelio_profile.settings import ProfileSettings
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.operations import BRAND, ClockAdvanced
from fidelio_shared.messaging.settings import KafkaSettings
from support.checkpoints import EXIT_CODE
from support.crash_input import START, Keyed
from support.crash_people import Fate, Household, copies, retention_of
from support.crash_world import CrashWorld
from support.topics import publish

READERS = ("resolve", "requests", "fold", "scoring", "notify", "outcomes")
_ATTEMPTS = 3
_STORED = r"route_interactions:.*publish_all.* before"
_SILENT_FOR_DAYS = 250


@dataclass(slots=True)
class Crashes:
    """The places at which each step is still to end; one that a round does not pass is the second of the next round:
    some are passed only by who comes after a process that has ended.

    Once in four times a step ends in its second batch; else in the first, so that this comes again and again.
    """

    world: CrashWorld
    waiting: Mapping[str, deque[str]]
    variant: str = ""
    turn: int = 0
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreached: defaultdict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    ended: Counter[str] = field(default_factory=Counter)

    def drain(self, *steps: str) -> None:
        for step in steps:
            assert self.world.run_until_crash_or_drained(step, "-", variant=self.variant) is None, step

    def end(self, step: str, times: int) -> None:
        """So often, or until the step has done all there is; then what a round after this one brings is waited for."""
        for _ in range(min(times, len(self.waiting[step]))):
            place = self.waiting[step].popleft()
            if self.end_at(step, place) != EXIT_CODE:
                return

    def end_at(self, step: str, place: str, told: Mapping[str, object] | None = None) -> int | None:
        self.turn += 1
        is_later = self.turn % 4 == 3 and step != "ask" and (step, place) not in self.missed
        occurrence = 2 if is_later else 1
        code = self.world.run_until_crash_or_drained(
            step, place, occurrence=occurrence, variant=self.variant, told=told
        )
        if code == EXIT_CODE:
            self.ended[step] += 1
        elif place != "-":
            self.missed[step, place] += 1
            (self.waiting if self.missed[step, place] < _ATTEMPTS else self.unreached)[step].insert(1, place)
        return code

    def end_stored(self) -> None:
        """With routes that are stored, and nothing on the persons' keys yet, where anything is to be routed."""
        place = next(each for each in self.world.places(self.variant) if re.search(_STORED, each))
        self.world.run_until_crash_or_drained("resolve", place, variant=self.variant)

    @property
    def left(self) -> list[str]:
        """Places that no step has passed."""
        both = (self.waiting, self.unreached)
        return [f"{step} {place}" for each in both for step, places in each.items() for place in places]


def live(crashes: Crashes, households: Sequence[Household]) -> None:
    """They buy, fall silent, and are about to be written to."""
    _publish(crashes.world, copies(households, Household.life))
    _advance_clock(crashes.world, days=_SILENT_FOR_DAYS)
    crashes.drain("resolve", "fold")
    crashes.drain("scoring", "notify", "outcomes")


def play_round(crashes: Crashes, households: Sequence[Household], turn: int, *, ends: int) -> None:
    """What of some is still to be routed when an erasure begins comes behind it on the person's key.

    In every second round those who were brought together are one, by their timelines too, before people decide.
    """
    _publish(crashes.world, copies([each for each in households if not each.is_late], Household.late))
    _publish(crashes.world, copies(households, Household.traffic))
    crashes.end("resolve", ends)
    crashes.drain("resolve", *(("fold",) if turn % 2 else ()))
    _publish(crashes.world, copies([each for each in households if each.is_late], Household.late))
    crashes.end_stored()
    for each in households:
        for asked in each.requests():
            _ask(crashes, asked, comes_back=each.number % 8 < 4)
    asyncio.run(_ask_for_erasures(crashes.world, households, "is erased over the interface"))
    crashes.end("requests", ends)
    asyncio.run(_are_forgotten(crashes.world))
    crashes.drain("requests", "resolve", "requests")
    _publish(crashes.world, copies(households, Household.aftermath))
    crashes.end("resolve", ends)
    crashes.drain("resolve")
    asyncio.run(retain(_settings(crashes.world), START + retention_of(turn)))
    for step in READERS[2:]:
        crashes.end(step, ends)
        crashes.drain(step)
    asyncio.run(_tombstones_are_due(crashes.world))
    asyncio.run(_ask_for_erasures(crashes.world, households, "was united by mistake"))


def come_to_rest(crashes: Crashes, turn: int) -> None:
    """What is left to do is done, and what is done once more some time later is done, too."""
    crashes.end("requests", len(crashes.waiting["requests"]))
    crashes.drain("requests")
    asyncio.run(retain(_settings(crashes.world), START + retention_of(turn) + timedelta(days=1)))
    crashes.drain(*READERS)
    asyncio.run(_tombstones_are_due(crashes.world))
    crashes.end("requests", len(crashes.waiting["requests"]))
    crashes.drain("requests")


def _ask(crashes: Crashes, told: Mapping[str, object], *, comes_back: bool) -> None:
    """Who was interrupted asks again, or leaves it to Fidelio where it was stored."""
    places = crashes.waiting["ask"]
    code = crashes.end_at("ask", places.popleft() if places else "-", told)
    if code == EXIT_CODE and (comes_back or not asyncio.run(_is_stored(crashes.world, str(told["request"])))):
        code = crashes.end_at("ask", "-", told)
    assert code in (0, EXIT_CODE), f"asking ended with {code}"


async def _is_stored(world: CrashWorld, request: str) -> bool:
    database = world.profile_database()
    found = await database.requests.count_documents({"_id": bytes.fromhex(request)})
    await database.client.close()
    return found > 0


async def _ask_for_erasures(world: CrashWorld, households: Iterable[Household], fate: Fate) -> None:
    """As if what was asked for before had been asked for just now, and might still be on its way."""
    database = world.profile_database()
    asked = [each.erasure() for each in households if each.fate == fate]
    await database.requests.update_many({}, {"$set": {"at": datetime.now(UTC)}})
    await MongoErasureStore(database).ask(asked, by="test", hold=timedelta(0))
    await database.client.close()


async def _are_forgotten(world: CrashWorld) -> None:
    """What nobody has published for a few seconds."""
    database = world.profile_database()
    await database.requests.update_many(
        {"published_at": None}, {"$set": {"at": datetime.now(UTC) - timedelta(seconds=10)}}
    )
    await database.client.close()


async def _tombstones_are_due(world: CrashWorld) -> None:
    database = world.profile_database()
    begun = {"step": {"$in": ["begun", "done"]}, "due_at": {"$exists": True}}
    await database.erasures.update_many(begun, {"$set": {"due_at": datetime.now(UTC)}})
    await database.client.close()


def _settings(world: CrashWorld) -> ProfileSettings:
    return ProfileSettings(kafka=KafkaSettings(bootstrap_servers=world.kafka), mongo_uri=SecretStr(world.mongo))


def _publish(world: CrashWorld, said: Sequence[Keyed]) -> None:
    asyncio.run(publish(world.kafka, "interactions", [each.record for each in said]))


def _advance_clock(world: CrashWorld, *, days: float) -> None:
    record = encode(ClockAdvanced(brand=BRAND, to=START + timedelta(days=days)))
    asyncio.run(publish(world.kafka, "clock", [(BRAND.encode(), record)]))
