"""Topics read to where they end now, and shown."""

import asyncio
from dataclasses import dataclass

import pytest

from fidelio_deploy.errors import StackError
from fidelio_deploy.kafka import Kafka
from fidelio_deploy.metrics import MetricsPage, parsed, total
from fidelio_deploy.tail import readable
from fidelio_deploy.topic_reader import TopicReader
from fidelio_deploy.topics import create_topics
from fidelio_shared.contracts.topics import Topic
from fidelio_shared.messaging.settings import KafkaSettings
from support.topics import publish


@dataclass(frozen=True)
class ARecord:
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    topic: str = "scores"
    partition: int = 3
    offset: int = 7
    timestamp: int = 0
    key: bytes | None = b"k"


@pytest.fixture
def a_topic(kafka: Kafka, request: pytest.FixtureRequest) -> str:
    name = f"read.{abs(hash(request.node.name))}"
    create_topics(kafka.bootstrap, [Topic(name, 2, keyed=False)])
    return name


async def values(reader: TopicReader) -> list[bytes | None]:
    return sorted([record.value async for record in reader.new_records()], key=lambda value: value or b"")


async def test_a_topic_is_read_to_its_end_and_later_only_what_is_new(kafka: Kafka, a_topic: str) -> None:
    await publish(kafka.bootstrap, a_topic, [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")])

    async with TopicReader(KafkaSettings(bootstrap_servers=kafka.bootstrap), a_topic) as reader:
        assert await values(reader) == [b"1", b"2", b"3"]
        assert await values(reader) == []
        await publish(kafka.bootstrap, a_topic, [(b"a", b"4")])
        assert await values(reader) == [b"4"]
        assert await reader.count() == 4


async def test_what_is_there_already_can_be_skipped(kafka: Kafka, a_topic: str) -> None:
    await publish(kafka.bootstrap, a_topic, [(b"a", b"1"), (b"b", b"2")])

    async with TopicReader(KafkaSettings(bootstrap_servers=kafka.bootstrap), a_topic) as reader:
        await reader.skip_to_end()
        await publish(kafka.bootstrap, a_topic, [(b"b", b"3")])
        assert await values(reader) == [b"3"]


async def test_an_unknown_topic_is_said_with_those_that_there_are(kafka: Kafka, a_topic: str) -> None:
    with pytest.raises(StackError, match=rf"there is no topic skores; there are: .*{a_topic}"):
        async with TopicReader(KafkaSettings(bootstrap_servers=kafka.bootstrap), "skores"):
            pass


def test_a_record_is_shown_with_where_it_is_and_what_it_says() -> None:
    record = ARecord(b'{"b": 1}', headers=(("ce_type", b"fidelio.score"), ("fidelio-reason", b"schema")))

    assert readable(record) == ('scores[3]@7  1970-01-01T00:00:00.000Z  key=k  fidelio.score  schema\n{\n  "b": 1\n}\n')


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "(no value: this key is gone)"), (b"\xffno json", "\ufffdno json")]
)
def test_what_is_no_json_is_shown_as_it_is(value: bytes | None, shown: str) -> None:
    assert readable(ARecord(value)).splitlines()[1] == shown


def test_counters_are_summed_over_their_labels() -> None:
    page = '# TYPE x_total counter\nx_total{channel="a b"} 2.0\nx_total{channel="c"} 3.0\nx_totals 7\n'

    assert total(parsed(page), "x_total") == 5
    assert total(parsed(page), "y_total") == 0


async def test_a_service_that_does_not_answer_has_no_samples_yet() -> None:
    page = MetricsPage("http://127.0.0.1:9")

    assert await asyncio.wait_for(page.read(), timeout=15) is None
