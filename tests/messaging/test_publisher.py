import itertools
from collections.abc import Awaitable, Callable

from fidelio_deploy.topics import ensure_topics
from fidelio_shared.contracts.topics import DEAD_LETTERS
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.messaging.settings import KafkaSettings
from support.topics import Record, read_topic

MakeTopic = Callable[[int], Awaitable[str]]
# What Java's org.apache.kafka.common.utils.Utils.murmur2 gives, by the test of that class.
JAVA_MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


def an_outgoing(topic: str, key: bytes, value: bytes | None = b"value") -> Outgoing:
    return Outgoing(topic, key, value, (("ce_id", b"1"),))


def values_by_key(records: list[Record]) -> dict[bytes | None, list[bytes | None]]:
    in_order = sorted(records, key=lambda each: (each.partition, each.offset))
    by_key = itertools.groupby(sorted(in_order, key=lambda each: each.key or b""), key=lambda each: each.key)
    return {key: [each.value for each in found] for key, found in by_key}


async def test_every_record_is_on_the_partition_where_java_would_put_it(
    publisher: Publisher, settings: KafkaSettings, a_topic: MakeTopic
) -> None:
    topic = await a_topic(12)

    await publisher.publish_all([an_outgoing(topic, key) for key in JAVA_MURMUR2])

    found = {each.key: each.partition for each in await read_topic(settings.bootstrap_servers, topic)}
    assert found == {key: (hashed & 0x7FFFFFFF) % 12 for key, hashed in JAVA_MURMUR2.items()}
    assert len(set(found.values())) > 1


async def test_the_order_of_each_key_is_kept_over_many_batches(
    publisher: Publisher, settings: KafkaSettings, a_topic: MakeTopic
) -> None:
    topic, filling = await a_topic(2), b"x" * 1500
    sent = [(b"%d" % (number % 5), b"%d %b" % (number, filling)) for number in range(600)]
    assert sum(len(value) for _, value in sent) > 6 * 131_072

    await publisher.publish_all([an_outgoing(topic, key, value) for key, value in sent])

    found = values_by_key(await read_topic(settings.bootstrap_servers, topic))
    assert found == {b"%d" % key: [value for other, value in sent if other == b"%d" % key] for key in range(5)}


async def test_key_value_and_headers_arrive_as_they_are_and_none_is_a_tombstone(
    publisher: Publisher, settings: KafkaSettings, a_topic: MakeTopic
) -> None:
    topic = await a_topic(1)
    headers = (("ce_id", b"1"), ("odd", b"\xff\x00"), ("odd", b"again"))

    await publisher.publish_all([Outgoing(topic, b"\xff", b"\x00", headers), an_outgoing(topic, b"gone", None)])

    whole, tombstone = await read_topic(settings.bootstrap_servers, topic)
    assert (whole.key, whole.value, whole.headers) == (b"\xff", b"\x00", headers)
    assert (tombstone.key, tombstone.value) == (b"gone", None)


async def test_nothing_to_publish_needs_no_broker() -> None:
    publisher = Publisher(KafkaSettings(bootstrap_servers="127.0.0.1:1"), ordinal=None)

    await publisher.publish_all([])


async def test_three_megabytes_pass_to_the_dead_letters(publisher: Publisher, settings: KafkaSettings) -> None:
    await ensure_topics(settings, [DEAD_LETTERS], partitions=4, replication=1, min_isr=1)
    value = bytes(range(256)) * (3 * 4096)
    headers = tuple((f"original-{number}", b"h" * 8192) for number in range(64))

    await publisher.publish_all([Outgoing(DEAD_LETTERS.name, b"large", value, headers)])

    found = [each for each in await read_topic(settings.bootstrap_servers, DEAD_LETTERS.name) if each.key == b"large"]
    assert [(each.value, each.headers) for each in found] == [(value, headers)]
