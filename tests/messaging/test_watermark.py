"""W is never wrong, and arrives: readers may lag, crash and change, and Kafka need not always answer."""

from collections import Counter

import pytest
from aiokafka import TopicPartition
from hypothesis import Phase, find, given, settings

from fidelio_shared.messaging.stream_clock import wall_clock
from fidelio_shared.messaging.watermark import MOST_ROUNDS, Blocked, Watermark
from support.effort import CI, LONG
from support.pipeline import CHANNELS, HISTORY, OWN_GROUP, OWN_PARTITIONS, PARTITIONS, READERS, Pipeline
from support.watermark_check import Story, make_watermark, run, stories, violations
from support.watermark_mutants import MUTANTS, Mutant

PROPERTY = settings(CI, max_examples=500)
SEARCH = settings(CI, phases=(Phase.generate,), max_examples=4_000)
STORE = TopicPartition(CHANNELS[0], 0)

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@PROPERTY
@given(stories)
def test_everything_received_up_to_w_has_been_stored_and_w_arrives(story: Story) -> None:
    assert violations(make_watermark, story) == []


@pytest.mark.long
@settings(LONG, max_examples=20_000)
@given(stories)
def test_everything_received_up_to_w_has_been_stored_at_length(story: Story) -> None:
    assert violations(make_watermark, story) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_a_wrong_watermark_is_found_out(mutant: Mutant) -> None:
    find(stories, lambda story: mutant.fault in violations(mutant.make, story), settings=SEARCH)


def test_where_readers_are_at_the_end_a_round_ends_in_the_tick_that_began_it() -> None:
    pipeline, watermark = a_quiet_deployment()
    tick(watermark, pipeline)
    assert (watermark.value, watermark.rounds, watermark.age_seconds) == (pipeline.time_to_read, 0, 0.0)


def test_records_that_no_reader_ever_committed_hold_w() -> None:
    pipeline, watermark = a_quiet_deployment()
    pipeline.receive(STORE, 0, 0)
    tick(watermark, pipeline)
    tick(watermark, pipeline)
    assert watermark.value is None
    assert watermark.blocked == (Blocked("ingest", STORE.topic),)


@pytest.mark.parametrize("emptied", PARTITIONS, ids=lambda each: f"{each.topic}-{each.partition}")
def test_a_partition_that_retention_emptied_holds_nobody(emptied: TopicPartition) -> None:
    pipeline, watermark = a_quiet_deployment()
    pipeline.receive(STORE, 0, 0)
    pipeline.receive(STORE, 0, 1)
    for group in READERS:
        pipeline.work(group, most=10)
        if emptied.topic not in READERS[group]:
            pipeline.commit(group)
    pipeline.delete(emptied)
    pipeline.end_troubles()
    tick(watermark, pipeline)
    assert watermark.value == pipeline.time_to_read


def test_a_channel_that_is_exempt_holds_nobody_until_it_is_waited_for_again() -> None:
    pipeline, watermark = a_quiet_deployment()
    pipeline.receive(STORE, 0, 0)
    tick(watermark, pipeline)
    assert watermark.blocked == (Blocked("ingest", STORE.topic),)
    watermark.exempt = frozenset({STORE.topic})
    tick(watermark, pipeline)
    assert (watermark.value, watermark.rounds) == (pipeline.time_to_read, 0)
    watermark.exempt = frozenset()
    tick(watermark, pipeline)
    assert watermark.blocked == (Blocked("ingest", STORE.topic),)


def test_imported_history_is_not_waited_for() -> None:
    pipeline, watermark = a_quiet_deployment()
    pipeline.receive(TopicPartition(HISTORY, 0), 0, 0)
    tick(watermark, pipeline)
    assert watermark.value == pipeline.time_to_read


def test_a_reader_that_stands_still_is_named_and_costs_a_bounded_memory() -> None:
    pipeline, watermark = a_quiet_deployment()
    tick(watermark, pipeline)
    reached = watermark.value
    pipeline.receive(STORE, 0, 0)
    pipeline.work("ingest.v1", most=1)
    pipeline.commit("ingest.v1")
    for _ in range(10 * MOST_ROUNDS):
        tick(watermark, pipeline)
    assert (watermark.rounds, watermark.value) == (MOST_ROUNDS, reached)
    assert watermark.blocked == (Blocked("profile.resolve", "interactions"),)
    assert watermark.age_seconds == pytest.approx(10 * MOST_ROUNDS / 1000, abs=0.002)


@pytest.mark.parametrize("group", [None, *READERS, OWN_GROUP])
def test_a_tick_asks_no_more_however_many_rounds_wait(group: str | None) -> None:
    """`timeline` is asked twice for its ends: when a round comes there, and when what it waited for was read."""
    pipeline, watermark = a_quiet_deployment()
    pipeline.receive(STORE, 2, 0)
    for reader in READERS:
        if reader == group:
            break
        pipeline.work(reader, most=10)
        pipeline.commit(reader)
    for _ in range(20):
        tick(watermark, pipeline)
    pipeline.questions.clear()
    tick(watermark, pipeline)
    assert {each: times for each, times in Counter(pipeline.questions).items() if times > 1}.keys() <= {
        ("ends", ("timeline",))
    }
    assert max(Counter(pipeline.questions).values()) <= 2


def test_between_ticks_rounds_go_on_and_none_begins() -> None:
    pipeline, watermark = a_quiet_deployment()
    pipeline.receive(STORE, 0, 0)
    tick(watermark, pipeline)
    began_at = pipeline.time_to_read
    pipeline.end_troubles()
    pipeline.pass_time()
    run(watermark.advance())
    assert (watermark.value, watermark.rounds) == (began_at, 0)


def test_without_partitions_there_is_no_w_and_nothing_is_asked() -> None:
    pipeline, watermark = a_quiet_deployment()
    pipeline.assign(frozenset())
    pipeline.questions.clear()
    tick(watermark, pipeline)
    assert (watermark.value, watermark.age_seconds, pipeline.questions) == (None, 0.0, [])


def test_without_w_its_age_counts_from_the_assignment() -> None:
    pipeline, watermark = a_quiet_deployment()
    pipeline.receive(STORE, 0, 0)
    pipeline.milliseconds += 61_000
    assert watermark.age_seconds == pytest.approx(61, abs=0.002)


async def test_the_wall_clock_tells_the_last_millisecond_that_is_over_for_the_broker_too() -> None:
    read = await wall_clock(100, lambda: 1_700_000_000_123_999_999)()
    assert read is not None
    assert read.timestamp() == pytest.approx(1_700_000_000.022, abs=1e-7)
    assert read.microsecond == 22_000


def a_quiet_deployment() -> tuple[Pipeline, Watermark]:
    pipeline = Pipeline(iter(()))
    watermark = make_watermark(pipeline)
    pipeline.assign(OWN_PARTITIONS)
    return pipeline, watermark


def tick(watermark: Watermark, pipeline: Pipeline) -> None:
    pipeline.pass_time()
    run(watermark.tick())
