"""What every connection to Kafka is made with, asked of the objects that the services build."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.codec import has_lz4, lz4_decode, lz4_encode
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faststream import AckPolicy

from fidelio_ingest import app as ingest
from fidelio_ingest.metrics import make_metrics as ingest_metrics
from fidelio_notify import app as notify
from fidelio_profile import app as profile
from fidelio_profile.metrics import make_metrics as profile_metrics
from fidelio_scoring import app as scoring
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import topics_for
from fidelio_shared.messaging.connection import delivery_timeout_ms, make_observer, make_producer
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.process import Process, make_process
from fidelio_shared.messaging.settings import KafkaSettings

NOBODY: Any = None
HANDLERS: Any = SimpleNamespace(score_profiles=None, follow_news=None, route_interactions=None)
GROUPS = {"ingest.v1", "profile.resolve.v1", "profile.fold.v1", "profile.outcomes.v1", "scoring.v1", "notify.v1"}


def all_processes(ordinal: int | None) -> Iterator[Process]:
    """As the services wire them; nothing connects, since nothing is started."""
    of_ingest, of_profile, of_scoring, of_notify = (
        make_process(name, KafkaSettings(), ordinal=ordinal) for name in ("ingest", "profile", "scoring", "notify")
    )
    ingest.consume(of_ingest, NOBODY, read_channels(None), ingest_metrics(of_ingest.registry))
    metrics = profile_metrics(of_profile.registry)
    profile.consume_interactions(of_profile, HANDLERS, 500)
    profile.consume_timeline(of_profile, NOBODY, metrics, 500)
    profile.consume_outcomes(of_profile, NOBODY, NOBODY, 500)
    scoring.consume(of_scoring, HANDLERS, Ownership(), 500)
    notify.consume(of_notify, HANDLERS, Ownership(), 500)
    yield from (of_ingest, of_profile, of_scoring, of_notify)


def subscribers(ordinal: int | None) -> dict[str, Any]:
    found: list[Any] = [each for process in all_processes(ordinal) for each in process.broker.subscribers]
    by_group = {each.group_id: each for each in found}
    assert len(by_group) == len(found), "two subscribers share a group: a stuck one would stop the other"
    return by_group


async def test_every_consumer_group_of_the_design_has_its_subscriber() -> None:
    assert subscribers(0).keys() == GROUPS


async def test_every_topic_that_is_subscribed_to_is_declared() -> None:
    declared = {each.name for each in topics_for(read_channels(None))}
    subscribed = {topic for each in subscribers(0).values() for topic in each.topic_names}

    assert subscribed < declared
    assert {name for name in declared if name.startswith("channels.")} < subscribed


@pytest.mark.parametrize("group", sorted(GROUPS))
async def test_every_subscriber_keeps_what_it_could_not_settle_and_answers_nobody(group: str) -> None:
    subscriber = subscribers(0)[group]
    arguments = subscriber._connection_args

    assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR
    assert type(subscriber).__name__ == "BatchSubscriber"
    assert subscriber._no_reply is True
    assert isinstance(subscriber._listener, Ownership)
    assert arguments["auto_offset_reset"] == "earliest"
    assert arguments["enable_auto_commit"] is False
    assert arguments["partition_assignment_strategy"] == (RangePartitionAssignor,)
    assert arguments["max_poll_interval_ms"] == 300_000
    assert arguments["max_partition_fetch_bytes"] == 4 * 1024 * 1024


@pytest.mark.parametrize("group", sorted(GROUPS))
async def test_a_numbered_process_is_a_static_member_that_may_be_away_for_45_seconds(group: str) -> None:
    arguments = subscribers(3)[group]._connection_args

    assert arguments["group_instance_id"] == f"{group.removesuffix('.v1')}-3"
    assert arguments["session_timeout_ms"] == 45_000


@pytest.mark.parametrize("group", sorted(GROUPS))
async def test_a_process_without_a_number_is_gone_after_ten_seconds(group: str) -> None:
    arguments = subscribers(None)[group]._connection_args

    assert arguments["group_instance_id"] is None
    assert arguments["session_timeout_ms"] == 10_000


@pytest.mark.parametrize(("ordinal", "session_seconds"), [(0, 45), (None, 10)])
async def test_a_batch_that_may_still_be_published_is_delivered_before_its_partitions_could_move(
    ordinal: int | None, session_seconds: int
) -> None:
    oldest = {
        name: each.ownership.max_age_seconds for one in all_processes(ordinal) for name, each in one.steps.items()
    }
    assert oldest == dict.fromkeys(oldest, session_seconds / 3)
    assert session_seconds / 3 + delivery_timeout_ms(ordinal) / 1000 < session_seconds


async def test_brokers_never_create_topics() -> None:
    assert [each.broker.config.allow_auto_create_topics for each in all_processes(0)] == [False] * 4


@pytest.mark.parametrize(("ordinal", "session_seconds"), [(0, 45), (None, 10)])
async def test_a_producer_waits_for_all_replicas_and_gives_up_before_its_partitions_could_move(
    ordinal: int | None, session_seconds: int
) -> None:
    producer = make_producer(KafkaSettings(), ordinal=ordinal)
    try:
        assert producer._sender._acks == -1
        assert producer._txn_manager is not None, "not idempotent"
        assert producer._compression_type == "lz4"
        assert producer._max_request_size == 4 * 1024 * 1024
        assert producer._request_timeout_ms / 1000 < session_seconds / 2
        assert producer._message_accumulator._batch_ttl < session_seconds / 2
    finally:
        await producer.stop()


async def test_an_observer_belongs_to_no_group_and_commits_nothing() -> None:
    observer = make_observer(KafkaSettings())
    try:
        assert (observer._group_id, observer._enable_auto_commit) == (None, False)
    finally:
        await observer.stop()


def test_the_codec_of_the_topics_is_installed() -> None:
    """Without it a consumer of an lz4 topic waits for ever, in silence."""
    assert has_lz4()
    assert lz4_decode(lz4_encode(b"Leonore")) == b"Leonore"


async def test_a_producer_compresses_at_the_quick_level() -> None:
    producer = make_producer(KafkaSettings(), ordinal=0)
    try:
        text = b"".join(b'{"profile": "%032x", "revision": %d}' % (each**9, each) for each in range(500))
        assert lz4_encode(text) == lz4_encode(text, level=1) != lz4_encode(text, level=9)
    finally:
        await producer.stop()
