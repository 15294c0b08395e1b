"""A bug that one record finds in a decoder concerns that record alone."""

import pytest

from fidelio_shared.messaging.batch import Batch
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.messaging.records import Incoming
from support.settling import Bench, a_bench, records
from support.submissions import CANARY


def decode_words(record: Incoming) -> str:
    word = (record.value or b"").decode()
    if CANARY in word:
        raise KeyError(word)
    return word


def a_step() -> Bench:
    def succeed(batch: Batch[str], effects: list[str]) -> None:
        """The log of effects is kept by the bench."""

    bench = a_bench(succeed)
    bench.settler.decode = decode_words
    return bench


async def test_the_record_becomes_a_dead_letter_and_its_neighbours_have_their_effect() -> None:
    step = a_step()

    await step.settler.settle(records(b"one", CANARY.encode(), b"three"))

    assert step.effects == ["effect: one", "effect: three", f"dead letter: {CANARY}", "done up to 0:3"]
    told = dict(step.publisher.published[0].headers)
    assert told["fidelio-reason"] == b"bug"
    assert CANARY.encode() not in (told["fidelio-error"] or b"")


async def test_more_than_twenty_in_a_minute_stop_the_process_and_nothing_is_done() -> None:
    step = a_step()

    with pytest.raises(Halted):
        await step.settler.settle(records(b"one", *[CANARY.encode()] * 21))

    assert step.effects == []
    assert len(step.halts) == 1


async def test_twenty_in_a_minute_do_not() -> None:
    step = a_step()

    await step.settler.settle(records(*[CANARY.encode()] * 20))

    assert step.effects[-1] == "done up to 0:20"
