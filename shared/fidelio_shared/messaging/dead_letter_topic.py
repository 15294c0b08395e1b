"""What is on `dead-letters` now, and the replay of a part of it."""

import heapq
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.topics import DEAD_LETTERS
from fidelio_shared.messaging.dead_letters import DeadLetter, read_dead_letter
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.replaying import NotReplayable, Selection, receipt, replayed, replayed_before
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.topic_reader import records_until_now

_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """`letters` from the oldest to the latest; `replayed` has the `ce_id` of each one that is back on its topic."""

    letters: tuple[DeadLetter, ...]
    replayed: frozenset[str]


@dataclass(slots=True)
class Replay:
    """`refused`: where it was, and why it stays here."""

    replayed: int = 0
    replayed_before: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


async def latest(kafka: KafkaSettings, selection: Selection, limit: int) -> Listing:
    """Each dead letter once, however often it was written."""
    seen: set[str] = set()
    done: set[str] = set()
    kept: list[tuple[Instant, int, DeadLetter]] = []
    async for record in records_until_now(kafka, DEAD_LETTERS.name):
        if proven := replayed_before(record):
            done.add(proven)
        letter = read_dead_letter(record)
        if letter is None or letter.about.ce_id in seen or not selection.takes(letter):
            continue
        seen.add(letter.about.ce_id)
        heapq.heappush(kept, (letter.at, len(seen), letter))
        if len(kept) > limit:
            heapq.heappop(kept)
    return Listing(tuple(letter for _, _, letter in sorted(kept)), frozenset(done))


async def replay(
    kafka: KafkaSettings, selection: Selection, publisher: Publisher, now: Callable[[], Instant]
) -> Replay:
    """A crash between a replay and its receipt repeats the replay: it is the same interaction, and counts once."""
    done = {
        proven async for record in records_until_now(kafka, DEAD_LETTERS.name) if (proven := replayed_before(record))
    }
    result, waiting = Replay(), list[DeadLetter]()
    async for letter in _selected(kafka, selection):
        if letter.about.ce_id in done:
            result.replayed_before += 1
            continue
        done.add(letter.about.ce_id)
        waiting.append(letter)
        if len(waiting) == _TOGETHER:
            await _publish(waiting, publisher, now(), result)
            waiting.clear()
    await _publish(waiting, publisher, now(), result)
    return result


async def _selected(kafka: KafkaSettings, selection: Selection) -> AsyncIterator[DeadLetter]:
    async for record in records_until_now(kafka, DEAD_LETTERS.name):
        letter = read_dead_letter(record)
        if letter is not None and selection.takes(letter):
            yield letter


async def _publish(letters: list[DeadLetter], publisher: Publisher, at: Instant, result: Replay) -> None:
    outcomes = [(letter, replayed(letter)) for letter in letters]
    result.refused += [(letter.position, why.why) for letter, why in outcomes if isinstance(why, NotReplayable)]
    going = [(letter, record) for letter, record in outcomes if not isinstance(record, NotReplayable)]
    await publisher.publish_all([record for _, record in going])
    await publisher.publish_all([receipt(letter, at=at) for letter, _ in going])
    result.replayed += len(going)
