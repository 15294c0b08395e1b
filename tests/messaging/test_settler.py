import asyncio
from collections.abc import Callable

import pytest

from fidelio_shared.messaging.batch import Batch
from fidelio_shared.messaging.errors import Halted, Rejected, Stale, Unavailable
from support.settling import ARecord, Bench, a_bench, records

Handle = Callable[[Batch[str], list[str]], None]
SECRET = "ann@example.org"


def succeed(batch: Batch[str], effects: list[str]) -> None:
    """The log of effects is kept by the bench."""


def fail_with(error: Exception) -> Handle:
    def handle(batch: Batch[str], effects: list[str]) -> None:
        raise error

    return handle


def fail_at(value: str, error: Exception) -> Handle:
    """As a real handler does: the whole batch fails, because of one record."""

    def handle(batch: Batch[str], effects: list[str]) -> None:
        if value in batch.values:
            raise error

    return handle


async def test_a_batch_has_its_effect_and_is_done() -> None:
    bench = a_bench(succeed)

    await bench.settler.settle(records(b"one", b"two"))

    assert bench.effects == ["effect: one", "effect: two", "done up to 0:2"]
    assert bench.count("records_total", step="step") == 2


async def test_every_partition_of_a_batch_is_done_up_to_its_own_last_record() -> None:
    bench = a_bench(succeed)

    await bench.settler.settle([ARecord(b"one", partition=3, offset=7), ARecord(b"two", partition=1, offset=40)])

    assert bench.effects == ["effect: one", "effect: two", "done up to 3:8", "done up to 1:41"]


async def test_what_is_rejected_while_decoding_becomes_a_dead_letter_and_its_neighbours_have_their_effect() -> None:
    bench = a_bench(succeed)

    await bench.settler.settle(records(b"one", b"!broken", b"three"))

    assert bench.effects == ["effect: one", "effect: three", "dead letter: !broken", "done up to 0:3"]
    assert bench.count("dead_letters_total", reason="not_json") == 1


async def test_a_dead_letter_keeps_bytes_position_headers_and_reason() -> None:
    bench = a_bench(succeed)
    broken = ARecord(b"!\xff\x00", partition=2, offset=41, topic="channels.web", headers=(("x-sent-by", b"\xfe"),))

    await bench.settler.settle([broken])

    letter = bench.publisher.published[0]
    told = dict(letter.headers)
    assert (letter.key, letter.value) == (broken.key, broken.value)
    assert told["original-x-sent-by"] == b"\xfe"
    assert {name: told[f"fidelio-{name}"] for name in ("topic", "partition", "offset", "reason")} == {
        "topic": b"channels.web",
        "partition": b"2",
        "offset": b"41",
        "reason": b"not_json",
    }


async def test_a_tombstone_that_a_step_does_not_know_becomes_a_dead_letter_that_says_so() -> None:
    bench = a_bench(succeed)

    await bench.settler.settle([ARecord(None)])

    assert dict(bench.publisher.published[0].headers)["fidelio-is-tombstone"] == b"true"


async def test_a_batch_of_broken_records_only_never_reaches_the_handler() -> None:
    bench = a_bench(fail_with(AssertionError("called")))

    await bench.settler.settle(records(b"!1", b"!2"))

    assert bench.effects == ["dead letter: !1", "dead letter: !2", "done up to 0:2"]


async def test_what_a_handler_rejects_keeps_the_handlers_reason() -> None:
    bench = a_bench(fail_at("two", Rejected("beyond_limits", "too much; send less")))

    await bench.settler.settle(records(b"one", b"two", b"three"))

    assert bench.effects == ["effect: one", "effect: three", "dead letter: two", "done up to 0:3"]
    assert bench.count("dead_letters_total", reason="beyond_limits") == 1
    assert bench.count("dead_letters_total", reason="bug") == 0


async def test_nothing_is_done_where_a_dead_letter_cannot_be_published() -> None:
    bench = a_bench(succeed)
    bench.publisher.is_down = True

    with pytest.raises(Unavailable):
        await bench.settler.settle(records(b"one", b"!broken"))

    assert bench.effects == ["effect: one"]
    assert bench.count("dead_letters_total", reason="not_json") == 0


async def test_a_repeated_dead_letter_has_the_same_id() -> None:
    bench = a_bench(succeed)
    broken = records(b"!broken")

    await bench.settler.settle(broken)
    await bench.settler.settle(broken)

    first, second = bench.publisher.published
    assert first == second


async def test_an_outage_leaves_everything_as_it_is_and_is_named() -> None:
    bench = a_bench(fail_with(Unavailable("mongodb")))

    with pytest.raises(Unavailable):
        await bench.settler.settle(records(b"one", b"!broken"))

    assert bench.effects == []
    assert bench.health.is_waiting_for("mongodb")
    assert bench.count("retries_total", step="step", dependency="mongodb") == 1


async def test_the_pauses_of_an_outage_grow_up_to_five_seconds() -> None:
    bench = a_bench(fail_with(Unavailable("mongodb")))

    for _ in range(9):
        with pytest.raises(Unavailable):
            await bench.settler.settle(records(b"one"))

    assert bench.clock.slept == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]


async def test_after_an_outage_the_wait_is_over_and_the_next_pause_is_short_again() -> None:
    is_down = [True]

    def handle(batch: Batch[str], effects: list[str]) -> None:
        if is_down[0]:
            raise Unavailable("mongodb")

    bench = a_bench(handle)
    for down in (True, True, False, True):
        is_down[0] = down
        waited = bench.health.is_waiting_for("mongodb")
        if down:
            with pytest.raises(Unavailable):
                await bench.settler.settle(records(b"one"))
        else:
            await bench.settler.settle(records(b"one"))
            assert (waited, bench.health.is_waiting_for("mongodb")) == (True, False)

    assert bench.clock.slept == [0.2, 0.4, 0.2]


async def test_an_outage_while_a_broken_record_is_looked_for_keeps_the_whole_batch() -> None:
    def handle(batch: Batch[str], effects: list[str]) -> None:
        if len(batch.items) > 1:
            raise ValueError(SECRET)
        raise Unavailable("mongodb")

    bench = a_bench(handle)

    with pytest.raises(Unavailable):
        await bench.settler.settle(records(b"one", b"two"))

    assert (bench.effects, bench.publisher.published) == ([], [])


async def test_a_stale_batch_is_raised_so_that_it_is_fetched_again() -> None:
    bench = a_bench(fail_with(Stale("moved")))

    with pytest.raises(Stale):
        await bench.settler.settle(records(b"one", b"!broken"))

    assert (bench.effects, bench.clock.slept) == ([], [])
    assert bench.count("retries_total", step="step", dependency="stale") == 1


async def test_a_bug_in_one_record_is_isolated() -> None:
    bench = a_bench(fail_at("three", ValueError(SECRET)))

    await bench.settler.settle(records(b"one", b"two", b"three", b"four", b"five"))

    assert bench.effects == [
        *("effect: one", "effect: two", "effect: four", "effect: five"),
        "dead letter: three",
        "done up to 0:5",
    ]
    assert bench.count("dead_letters_total", reason="bug") == 1


async def test_the_record_of_a_bug_is_found_by_halves_since_a_batch_grows_old() -> None:
    calls = []

    def handle(batch: Batch[str], effects: list[str]) -> None:
        calls.append(len(batch.items))
        if "256" in batch.values:
            raise ValueError(SECRET)

    bench = a_bench(handle)

    await bench.settler.settle(records(*(str(number).encode() for number in range(512))))

    assert len(calls) == 19
    assert len(bench.effects) == 511 + 2


async def test_a_batch_of_large_records_is_handled_in_parts_of_eight_megabytes() -> None:
    sizes = []

    def handle(batch: Batch[str], effects: list[str]) -> None:
        sizes.append(batch.size_bytes)

    bench = a_bench(handle)

    await bench.settler.settle(records(*(b"x" * 1_000_000 for _ in range(20)), b"x" * 9_000_000))

    assert (sum(sizes), len(bench.effects)) == (29_000_000, 21 + 1)
    assert [each for each in sizes if each > 8 * 1024 * 1024] == [9_000_000]


async def test_a_bugs_dead_letter_tells_the_place_and_never_the_text() -> None:
    bench = a_bench(fail_with(ValueError(SECRET)))

    await bench.settler.settle([ARecord(b"one", headers=())])

    letter = bench.publisher.published[0]
    told = dict(letter.headers)["fidelio-error"].decode()
    assert told.startswith("Fidelio failed at ValueError at test_settler.py:")
    assert not any(SECRET in (content or b"").decode() for _, content in letter.headers)


def bugs(count: int) -> list[ARecord]:
    return records(*(b"bug %d" % number for number in range(count)))


async def test_twenty_bugs_a_minute_are_borne() -> None:
    bench = a_bench(fail_with(ValueError(SECRET)))

    await bench.settler.settle(bugs(20))

    assert len(bench.publisher.published) == 20
    assert bench.halts == []


async def test_more_than_twenty_bugs_a_minute_halt_the_process_and_nothing_of_the_batch_is_done() -> None:
    bench = a_bench(fail_with(ValueError(SECRET)))

    with pytest.raises(Halted):
        await bench.settler.settle(bugs(21))

    assert len(bench.halts) == 1
    assert bench.halts[0].startswith("more than 20 handler failures in a minute, the last at ValueError at test_")
    assert SECRET not in bench.halts[0]
    assert (bench.effects, bench.publisher.published) == ([], [])


async def test_bugs_of_more_than_a_minute_ago_are_forgotten() -> None:
    bench = a_bench(fail_with(ValueError(SECRET)))

    await bench.settler.settle(bugs(20))
    bench.clock.now += 60.1
    await bench.settler.settle(bugs(20))

    assert (len(bench.publisher.published), bench.halts) == (40, [])


async def test_a_refusal_of_the_database_halts_the_process_and_is_no_dead_letter() -> None:
    bench = a_bench(fail_with(Halted("MongoDB refused with code 13")))

    with pytest.raises(Halted):
        await bench.settler.settle(records(b"one", b"!broken"))

    assert (bench.effects, bench.halts) == ([], ["MongoDB refused with code 13"])


async def test_a_halted_process_touches_no_further_batch() -> None:
    bench = a_bench(succeed)
    bench.health.halted = "an operator should look"

    with pytest.raises(Halted):
        await bench.settler.settle(records(b"one"))

    assert bench.effects == []


async def settled_with_rebalance(bench: Bench) -> None:
    """A rebalance has the lock when the batch arrives, and changes the generation before it lets go."""
    await bench.ownership.lock.acquire()
    settling = asyncio.create_task(bench.settler.settle(records(b"one", b"!broken")))
    await asyncio.sleep(0)
    bench.ownership.generation += 1
    bench.ownership.lock.release()
    await settling


async def test_a_batch_fetched_before_a_rebalance_is_dropped() -> None:
    bench = a_bench(succeed)

    with pytest.raises(Stale):
        await settled_with_rebalance(bench)

    assert bench.effects == []


async def test_a_batch_that_waited_for_the_lock_without_a_rebalance_is_handled() -> None:
    bench = a_bench(succeed)

    async with bench.ownership.lock:
        settling = asyncio.create_task(bench.settler.settle(records(b"one")))
        await asyncio.sleep(0)
    await settling

    assert bench.effects == ["effect: one", "done up to 0:1"]


def publish_after(bench_clock: list[Bench], seconds: float) -> Handle:
    def handle(batch: Batch[str], effects: list[str]) -> None:
        bench_clock[0].clock.now += seconds
        batch.check_publishable()
        effects.append("published")

    return handle


@pytest.mark.parametrize(("seconds", "is_published"), [(14.9, True), (15.1, False)])
async def test_a_batch_older_than_fifteen_seconds_is_not_published(seconds: float, is_published: bool) -> None:
    benches: list[Bench] = []
    benches.append(a_bench(publish_after(benches, seconds)))
    bench = benches[0]

    if is_published:
        await bench.settler.settle(records(b"one"))
        assert bench.effects == ["published", "effect: one", "done up to 0:1"]
    else:
        with pytest.raises(Stale):
            await bench.settler.settle(records(b"one"))
        assert bench.effects == []


async def test_a_batch_whose_partitions_move_while_it_is_handled_is_not_published() -> None:
    benches: list[Bench] = []

    def handle(batch: Batch[str], effects: list[str]) -> None:
        benches[0].ownership.generation += 1
        batch.check_publishable()

    benches.append(a_bench(handle))

    with pytest.raises(Stale):
        await benches[0].settler.settle(records(b"one"))

    assert benches[0].effects == []
