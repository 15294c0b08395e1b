"""The same hostile records through a real broker and the real process, with good ones between them."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from fidelio_shared.contracts.ids import interaction_id
from fidelio_shared.contracts.operations import DeadLetterHeaders
from fidelio_shared.messaging.dead_letters import DeadLetter, read_dead_letter
from fidelio_shared.messaging.lag import OffsetReader, Offsets
from fidelio_shared.messaging.settings import KafkaSettings
from support.hostile import hostile_records
from support.raw_kafka import ODD_NAME, Sent, a_batch, send_batch
from support.running_ingest import TOPICS, all_is_ingested, rewind_ingest, running_ingest
from support.submissions import CANARY, a_submission, as_json
from support.topics import Record, read_topic

TOPIC = "channels.store"
PLACE = TopicPartition(TOPIC, 1)
HUGE = b'"' + b"x" * 4_000_000 + b'"'
PACKED = b" " * 20_000_000
HOSTILE = hostile_records()
CODECS = ("gzip", "snappy", "lz4", "zstd")

Position = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str
    sent: Sent


@dataclass(frozen=True, slots=True)
class Outcome:
    """`good`: the ids that must become interactions; `refused`: what must not, by its position."""

    good: frozenset[str]
    refused: Mapping[Position, Refused]
    interactions: list[Record]
    letters: list[Record]
    log: str


def read_all(letters: list[Record]) -> Iterator[DeadLetter]:
    for record in letters:
        letter = read_dead_letter(record)  # type: ignore[arg-type]  # a record of the test's own kind
        assert letter is not None
        yield letter


def place_of(letter: DeadLetter) -> Position:
    return letter.about.topic, letter.about.partition, letter.about.offset


def a_good_record(name: str) -> Sent:
    return Sent(b"good", as_json(a_submission(id=name)))


async def publish_all(bootstrap: str) -> tuple[frozenset[str], Mapping[Position, Refused]]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=8_000_000, linger_ms=50)
    await producer.start()
    try:
        good, refused = await _publish_table(producer)
        more_good, more_refused = await _publish_batches(producer)
        return good | more_good, refused | more_refused
    finally:
        await producer.stop()


async def _publish_table(producer: AIOKafkaProducer) -> tuple[frozenset[str], dict[Position, Refused]]:
    good, sending = set(), []
    for number, each in enumerate(HOSTILE):
        good.add(f"good {number}")
        between = a_good_record(f"good {number}")
        await producer.send(TOPIC, partition=PLACE.partition, key=between.key, value=between.value)
        sent = Sent(f"{number} {CANARY}".encode(), each.value, each.headers)
        topic, headers = f"channels.{each.channel}", list(sent.headers)
        future = await producer.send(topic, partition=PLACE.partition, key=sent.key, value=sent.value, headers=headers)
        sending.append((future, Refused(each.reason, sent)))
    return frozenset(good), {position_of(await future): refused for future, refused in sending}


def position_of(acknowledged: object) -> Position:
    return acknowledged.topic, acknowledged.partition, acknowledged.offset  # type: ignore[attr-defined]


async def _publish_batches(producer: AIOKafkaProducer) -> tuple[frozenset[str], dict[Position, Refused]]:
    """What only other clients send: all codecs, header names that are no text, monstrous values and keys."""
    good: set[str] = set()
    refused: dict[Position, Refused] = {}
    for codec in (None, *CODECS):
        odd, plain = a_good_record(f"odd {codec}"), a_good_record(f"plain {codec}")
        batch = [plain, Sent(odd.key, odd.value, ((ODD_NAME, b"1"),)), Sent(b"b", b"{", ((ODD_NAME, b"2"),))]
        offset = await send_batch(producer, TOPIC, PLACE.partition, a_batch(batch, codec), len(batch))
        good |= {f"odd {codec}", f"plain {codec}"}
        kept = Sent(b"b", b"{", (("x-\\xff\\xfe\\x80ker", b"2"),))
        refused[(TOPIC, PLACE.partition, offset + 2)] = Refused("not_json", kept)
    for sent, codec in ((Sent(None, HUGE), None), (Sent(b"k", PACKED), "lz4"), (Sent(PACKED, b"{"), "lz4")):
        offset = await send_batch(producer, TOPIC, PLACE.partition, a_batch([sent], codec), 1)
        reason = "not_json" if sent.value == b"{" else "too_large"
        refused[(TOPIC, PLACE.partition, offset)] = Refused(reason, sent)
    return frozenset(good), refused


async def _ingested(bootstrap: str, logs: Path) -> None:
    with running_ingest(bootstrap, logs):
        await all_is_ingested(bootstrap)


async def _ends(bootstrap: str) -> Offsets:
    offsets = OffsetReader(KafkaSettings(bootstrap_servers=bootstrap))
    try:
        return await offsets.ends([*TOPICS, "interactions", "dead-letters"])
    finally:
        await offsets.close()


def _is_about(before: Offsets, record: Record) -> bool:
    """Whether the dead letter's record was published here; other tests left theirs on the same channels."""
    place = TopicPartition(record.header("fidelio-topic"), int(record.header("fidelio-partition")))
    return int(record.header("fidelio-offset")) >= before[place]


async def _since(before: Offsets, bootstrap: str, topic: str) -> list[Record]:
    found = await read_topic(bootstrap, topic)
    return [each for each in found if each.offset >= before[TopicPartition(topic, each.partition)]]


@pytest.fixture(scope="module")
def outcome(own_kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return asyncio.run(_outcome(own_kafka, tmp_path_factory.mktemp("ingest-logs")))


async def _outcome(own_kafka: str, logs: Path) -> Outcome:
    before = await _ends(own_kafka)
    good, refused = await publish_all(own_kafka)
    await _ingested(own_kafka, logs)
    places = {TopicPartition(topic, partition) for topic, partition, _ in refused}
    await rewind_ingest(own_kafka, sorted(places))
    await _ingested(own_kafka, logs)
    return Outcome(
        good=good,
        refused=refused,
        interactions=await _since(before, own_kafka, "interactions"),
        letters=[each for each in await _since(before, own_kafka, "dead-letters") if _is_about(before, each)],
        log=(logs / "ingest.log").read_text(),
    )


def test_every_good_record_between_the_hostile_ones_becomes_an_interaction(outcome: Outcome) -> None:
    found = {json.loads(each.value or b"")["id"] for each in outcome.interactions}

    assert found == {interaction_id("shop.example/orders", name) for name in outcome.good}


def test_every_hostile_record_becomes_one_dead_letter_for_its_reason(outcome: Outcome) -> None:
    found = Counter((place_of(each), each.about.reason, each.about.ce_id) for each in read_all(outcome.letters))

    assert Counter((place, reason) for place, reason, _ in found) == Counter(
        (place, refused.reason) for place, refused in outcome.refused.items()
    )
    assert len({ce_id for _, _, ce_id in found}) == len(outcome.refused)


def test_a_batch_that_is_processed_twice_gives_the_same_bytes_twice(outcome: Outcome) -> None:
    for records in (outcome.interactions, outcome.letters):
        said = Counter((each.header("ce_id"), each.partition, each.key, each.value, each.headers) for each in records)
        assert set(said.values()) == {2}
        assert len({ce_id for ce_id, *_ in said}) == len(said)


def test_a_dead_letter_has_the_original_bytes_key_and_headers(outcome: Outcome) -> None:
    kept = {
        place_of(each): Sent(each.key, each.value, each.headers)
        for each in read_all(outcome.letters)
        if not each.is_cut
    }

    assert kept == {place: outcome.refused[place].sent for place in kept}
    assert len(outcome.refused) - len(kept) == 3


def test_of_a_monstrous_record_the_beginning_is_kept_and_the_rest_is_told(outcome: Outcome) -> None:
    told = {}
    for letter in read_all(outcome.letters):
        sent = outcome.refused[place_of(letter)].sent
        key, value = sent.key or b"", sent.value or b""
        assert value.startswith(letter.value or b"")
        assert key.startswith(letter.key or b"")
        if letter.is_cut:
            told[key[:9], value[:9]] = _cut(letter.about)

    assert told == {
        (b"", HUGE[:9]): (len(HUGE), hashlib.sha256(HUGE).hexdigest(), None),
        (b"k", PACKED[:9]): (len(PACKED), hashlib.sha256(PACKED).hexdigest(), None),
        (PACKED[:9], b"{"): (None, None, len(PACKED)),
    }


def _cut(about: DeadLetterHeaders) -> tuple[int | None, str | None, int | None]:
    return about.cut_from_bytes, about.sha256, about.key_cut_from_bytes


def test_neither_the_log_nor_what_is_told_of_a_record_repeats_it(outcome: Outcome) -> None:
    told = [
        (name, value)
        for each in outcome.letters
        for name, value in each.headers
        if not name.startswith("original-") and CANARY.encode() in value
    ]

    assert told == []
    assert CANARY not in outcome.log
    assert any(CANARY.encode() in (each.value or b"") for each in outcome.letters)
